"""`iam review open` and `iam review read`: a review is opened, and what could not be read is read at last.

The one law: *what could not be read is said*, with what to do about it, and by the exit code.
"""

import sys
from datetime import date
from typing import Final

import click

from iam.errors import Busy
from iam.jobs.reviews.opening import Opened, open_review, read_again
from iam.people.japanese import wareki
from iam.review.campaigns import campaign, systems_of
from iam.review.opening.plan import Opening
from iam.review.words import CampaignKind, FindingKind
from web.body.job import ground_of, review_page
from web.cli.exits import Exit
from web.cli.japanese import DAY, as_json_option
from web.cli.night.progress import Progress
from web.cli.review.naming import number_or_latest
from web.cli.table import say, say_json, say_table
from web.cli.wiring import Desk

_PERHAPS_OPEN: Final = "ワーカーがこの棚卸を始めているところかもしれません。iam review status で確かめられます。"


@click.command("open")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in CampaignKind]),
    default=CampaignKind.QUARTERLY.value,
    show_default=True,
    metavar="種類",
    help="quarterly（四半期）、april（4月の発令後）、extra（臨時）。",
)
@click.option(
    "--system", "systems", multiple=True, metavar="システム", help="このシステムだけ（臨時の棚卸）。何度でも。"
)
@click.option("--due", type=DAY, metavar="日付", help="回答の期限。省くと、ポリシーの開庁日数で決めます。")
@click.option("--title", default="", metavar="題名", help="題名。省くと、年度と四半期で付けます。")
@as_json_option
@click.pass_context
def open_command(
    context: click.Context, *, kind: str, systems: tuple[str, ...], due: date | None, title: str, as_json: bool
) -> None:
    """各システムの利用者IDを読み、状態を固定して、棚卸を始めます。

    四半期の棚卸と4月の棚卸は、同じ時期に一度だけ始められます（ワーカーも日が来ると自動で始めます）。
    読めないシステムがあっても始め、終了コード 4 で知らせます。あとで iam review read で読みます。
    途中で止まったときは、もう一度実行してください。

    \b
    例:
      iam review open                                   今四半期の棚卸
      iam review open --kind extra --system finance --title "更新前の確認"
    """
    desk: Desk = context.obj
    desk.refuse_unsettled()
    desk.refuse_unconfirmed()
    with Progress(sys.stderr) as progress:
        wish = Opening(CampaignKind(kind), systems, due, title)
        try:
            opened = open_review(desk.job(progress), ground_of(desk.deployment), wish)
        except Busy as busy:
            raise Busy(f"{busy}{_PERHAPS_OPEN}") from None
    _tell(desk, opened, as_json=as_json)
    context.exit(Exit.FAILED if opened.unread else Exit.SETTLED)


@click.command("read")
@click.argument("number", metavar="[番号]", type=int, required=False)
@as_json_option
@click.pass_context
def read_command(context: click.Context, *, number: int | None, as_json: bool) -> None:
    """棚卸を始めたときに読めなかったシステムを読み直します。番号を省くと最新の棚卸です。

    前に読んだときと同じIDへの回答は残ります。違っていたIDは、もう一度回答が要ります。
    """
    desk: Desk = context.obj
    desk.refuse_unsettled()
    id_ = number_or_latest(desk, number)
    if not as_json and not _unread(desk, id_):
        say(f"棚卸 {id_} に、読めなかったシステムはありません。")
        return
    with Progress(sys.stderr) as progress:
        opened = read_again(desk.job(progress), ground_of(desk.deployment), id_)
    _tell(desk, opened, as_json=as_json)
    context.exit(Exit.FAILED if opened.unread else Exit.SETTLED)


def _unread(desk: Desk, id_: int) -> bool:
    with desk.store.read() as connection:
        return any(each.unread for each in systems_of(connection, campaign(connection, id_).id))


def _tell(desk: Desk, opened: Opened, *, as_json: bool) -> None:
    if as_json:
        say_json(_json(opened))
        return
    campaign = opened.campaign
    for id_ in opened.put_away:
        say(f"途中で止まっていた棚卸 {id_} を片付けました。")
    say(f"■ 棚卸 {campaign.id} {campaign.title}", f"  基準日 {campaign.wareki}  回答の期限 {wareki(campaign.due_on)}")
    say_table([_row(each.name, each.lines, each.missing, unread=each.unread) for each in opened.systems], "  ")
    if found := [(kind, count) for kind in FindingKind if (count := opened.findings[kind])]:
        say("■ 指摘")
        say_table([(kind.label_ja, f"{count:,}件") for kind, count in found], "  ")
    for each in opened.unread:
        say(
            f"■ {each.name}を読めませんでした。{each.trouble}",
            f"  行は前に読んだときのものです。直ったら iam review read {campaign.id} を実行してください。",
        )
    page = review_page(desk.deployment, campaign.id) or "ポータルの棚卸の画面"
    say(f"次に、{page} で回答します。進み具合は iam review status で見られます。")


def _row(name: str, lines: int, missing: int, *, unread: bool) -> tuple[str, str, str]:
    words = ["前に読んだときの内容"] if unread else []
    if missing:
        words.append(f"うちシステムにないID {missing:,}件")
    return name, f"{lines:,}件", "、".join(words)


def _json(opened: Opened) -> dict[str, object]:
    campaign = opened.campaign
    return {
        "campaign": campaign.id, "title": campaign.title, "kind": campaign.kind, "day": campaign.day,
        "due_on": campaign.due_on, "snapshot_hash": campaign.snapshot_hash, "people_hash": campaign.people_hash,
        "systems": [
            {"system": each.system, "connected": each.connected, "on_target": each.on_target, "missing": each.missing,
             "lines": each.lines, "unread": each.trouble if each.unread else ""} for each in opened.systems
        ],
        "findings": {kind.value: count for kind, count in opened.findings.items()}, "put_away": opened.put_away,
    }  # fmt: skip
