"""`iam review remind` and `iam review close`: whoever still has to answer is written to, and what was signed is done.

The one law: *the console signs nothing*: two persons sign in the portal; here it is said what is missing, or what they
signed is carried out and read back.
"""

import sys

import click

from iam.jobs.reviews.tending import Tended, carry_out
from iam.people.ledger import people
from iam.record.columns import jst_day
from iam.review.campaigns import Campaign, campaign, systems_of
from iam.review.closing.removals import Removal, removals
from iam.review.deciding.counting.progress import Undecided, undecided
from iam.review.timing.reminding import Reminded, remind_now, would_remind
from iam.review.words import CampaignState
from web.body.job import review_page
from web.cli.exits import Exit
from web.cli.japanese import as_json_option
from web.cli.night.progress import Progress
from web.cli.review.naming import door_of_reviews, number_or_latest
from web.cli.running.reviews.round import lines_of
from web.cli.table import say, say_json, say_table
from web.cli.wiring import Desk


@click.command("remind")
@click.argument("number", metavar="[番号]", type=int, required=False)
@click.option("--dry", is_flag=True, help="送らずに、だれに何件残っているかを見ます。")
@as_json_option
@click.pass_context
def remind_command(context: click.Context, *, number: int | None, dry: bool, as_json: bool) -> None:
    """回答が残っている担当者に、メールとポータルで知らせます。番号を省くと最新の棚卸です。

    同じ日に同じ人へは一度だけ、開庁日だけに送ります。決まった日の催促は、ワーカーが自動で送ります。

    \b
    終了コード: 0 送った、または送る相手がいない、1 閉庁日などのため送らなかった
    """
    desk: Desk = context.obj
    door, id_ = door_of_reviews(desk), number_or_latest(desk, number)
    with desk.store.read() as connection:
        found = campaign(connection, id_)
        would = would_remind(connection, door, found, desk.store.clock())
        names = {each.id: (each.staff_number, each.name) for each in people(connection, would.open)}
    if not dry and not would.why_not:
        with desk.store.act(desk.actor) as act:
            would = remind_now(act, door, found)
    if as_json:
        say_json({"campaign": id_, "sent": would.told, "why_not": would.why_not, "open": [
            {"staff_number": names[person][0], "open": count} for person, count in would.open.items() if count
        ]})  # fmt: skip
    else:
        _say_reminded(would, names, dry=dry)
    context.exit(Exit.DIFFERS if would.why_not else Exit.SETTLED)


def _say_reminded(found: Reminded, names: dict[int, tuple[str, str]], *, dry: bool) -> None:
    left = [(*names[person], f"残り{count:,}件") for person, count in sorted(found.open.items()) if count]
    say_table(left, "  ")
    if dry or found.why_not:
        say(f"{len(left):,}人に残りがあります。" if left else "回答が残っている人はいません。")
    if found.why_not or not dry:
        say(found.why_not or f"{found.told:,}人に知らせました。")


@click.command("close")
@click.argument("number", metavar="[番号]", type=int, required=False)
@as_json_option
@click.pass_context
def close_command(context: click.Context, *, number: int | None, as_json: bool) -> None:
    """署名が済んだ棚卸の結果を反映し、システムを読み直して確かめます。番号を省くと最新の棚卸です。

    署名は、統括と人事の担当者がポータルで行います。済んでいなければ、足りないものを示します。
    反映はワーカーも自動で行うので、すぐに終えたいときに使います。

    \b
    終了コード: 0 完了、1 回答か署名が足りない、3 ガードが保留した、
      4 まだ確かめられないものがある
    """
    desk: Desk = context.obj
    door, id_ = door_of_reviews(desk), number_or_latest(desk, number)
    with desk.store.read() as connection:
        found = campaign(connection, id_)
    done = Tended()
    if found.state in (CampaignState.SIGNED, CampaignState.CLOSED):
        desk.refuse_unsettled()
        with Progress(sys.stderr) as progress:
            done = carry_out(desk.job(progress), door, id_)
    with desk.store.read() as connection:
        found, waits = campaign(connection, id_), undecided(connection, id_)
        left = _due(removals(connection, id_, undone=True), desk)
        unread = [each.name for each in systems_of(connection, id_) if each.unread]
    if as_json:
        say_json(_json(found, waits, left, done))
    else:
        _say(desk, found, waits, left, unread)
        say(*lines_of(done))
    context.exit(_exit(found, left, done))


def _due(rows: list[Removal], desk: Desk) -> list[Removal]:
    today = jst_day(desk.store.clock())
    return [each for each in rows if each.due_on <= today]


def _say(desk: Desk, found: Campaign, waits: Undecided, left: list[Removal], unread: list[str]) -> None:
    say(f"■ 棚卸 {found.id} {found.title}（{found.state.label_ja}）")
    if found.state is CampaignState.OPEN:
        missing = [name for name, by in (("統括", found.general_by), ("人事", found.hr_by)) if by is None]
        if waits.total:
            say(f"  回答待ち: ID {waits.lines:,}件、職員 {waits.persons:,}人、確認中の職員 {waits.unknown:,}人")
        if unread:
            say(f"  読めていないシステム: {'、'.join(unread)}（iam review read {found.id}、または理由を書いて署名）")
        page = review_page(desk.deployment, found.id) or "ポータルの棚卸の画面"
        say(f"  署名待ち: {'、'.join(missing)}", f"  {page} で署名します。")
    if left:
        say(f"  まだ確かめられないもの {len(left):,}件")
        say_table(
            [(each.system, each.login, each.what.label_ja, each.entitlement, each.trouble) for each in left], "    "
        )
    if found.state is CampaignState.CLOSED:
        say(
            "  決まったことは、すべて反映し、読み直して確かめました。"
            if not left
            else "  期日が来たものを反映しています。"
        )


def _json(found: Campaign, waits: Undecided, left: list[Removal], done: Tended) -> dict[str, object]:
    return {
        "campaign": found.id, "state": found.state, "complete": found.complete,
        "waiting": {"lines": waits.lines, "persons": waits.persons, "unknown": waits.unknown},
        "signed": {"general": found.general_at, "hr": found.hr_at}, "put": done.put, "verified": done.verified,
        "left": [
            {"system": each.system, "login": each.login, "what": each.what, "entitlement": each.entitlement,
             "trouble": each.trouble} for each in left
        ],
        "troubles": done.troubles,
    }  # fmt: skip


def _exit(found: Campaign, left: list[Removal], done: Tended) -> Exit:
    if found.state not in (CampaignState.SIGNED, CampaignState.CLOSED):
        return Exit.DIFFERS
    if done.held:
        return Exit.HELD
    return Exit.FAILED if left or found.state is CampaignState.SIGNED else Exit.SETTLED
