"""`iam review status`: how far a review is, by system and part, and what waits.

The one law: *exit code 0 says that nothing waits*: every line and person answered, every system read.
"""

import click

from iam.people.japanese import wareki
from iam.review.campaigns import Campaign, CampaignSystem, campaign, systems_of
from iam.review.deciding.counting.progress import By, Progress, Undecided, progress, undecided
from iam.review.words import CampaignState, Part
from web.cli.exits import Exit
from web.cli.japanese import as_json_option
from web.cli.review.naming import number_or_latest
from web.cli.table import say, say_json, say_table
from web.cli.wiring import Desk


@click.command("status")
@click.argument("number", metavar="[番号]", type=int, required=False)
@as_json_option
@click.pass_context
def status_command(context: click.Context, *, number: int | None, as_json: bool) -> None:
    """棚卸の進み具合を、システムと回答者ごとに見ます。番号を省くと最新の棚卸です。

    \b
    終了コード: 0 すべて回答済み、1 回答待ちか、読めていないシステムがある
    """
    desk: Desk = context.obj
    id_ = number_or_latest(desk, number)
    with desk.store.read() as connection:
        found, systems = campaign(connection, id_), systems_of(connection, id_)
        by_system, by_part = (progress(connection, id_, by) for by in (By.SYSTEM, By.PART))
        waits = undecided(connection, id_)
    if as_json:
        say_json(_json(found, systems, by_system, waits))
    else:
        _say(found, systems, by_system, by_part)
        _say_waiting(found, systems, waits)
    unread = any(each.unread for each in systems)
    open_ = found.state in {CampaignState.OPENING, CampaignState.OPEN}
    context.exit(Exit.DIFFERS if open_ and (waits.total or unread) else Exit.SETTLED)


def _say(found: Campaign, systems: list[CampaignSystem], by_system: list[Progress], by_part: list[Progress]) -> None:
    say(
        f"■ 棚卸 {found.id} {found.title}（{found.state.label_ja}）",
        f"  基準日 {found.wareki}  回答の期限 {wareki(found.due_on)}",
        f"  固定した内容のハッシュ {found.snapshot_hash}",
    )
    far = {each.key: each for each in by_system}
    say_table([(each.name, *_cells(far.get(each.system)), _words(each)) for each in systems], "  ")
    say_table([(f"{Part(each.key).label_ja}への質問", *_cells(each)) for each in by_part], "  ")


def _cells(far: Progress | None) -> tuple[str, str]:
    if far is None:
        return "0件", ""
    return f"{far.lines:,}件", f"回答済み {far.decided:,}" if far.open else "すべて回答済み"


def _words(system: CampaignSystem) -> str:
    return f"読めていません: {system.trouble}" if system.unread else ""


def _say_waiting(found: Campaign, systems: list[CampaignSystem], waits: Undecided) -> None:
    if found.state not in {CampaignState.OPENING, CampaignState.OPEN}:
        return
    if any(each.unread for each in systems):
        say(f"読めていないシステムがあります。直ったら iam review read {found.id} を実行してください。")
    if waits.total:
        unknown = f"、人事が確認中の職員 {waits.unknown:,}人" if waits.unknown else ""
        say(f"回答待ち: ID {waits.lines:,}件、職員 {waits.persons:,}人{unknown}")
    else:
        say("すべて回答済みです。統括と人事の二人が署名すると、結果を反映します。")


def _json(
    found: Campaign, systems: list[CampaignSystem], by_system: list[Progress], waits: Undecided
) -> dict[str, object]:
    far = {each.key: each for each in by_system}
    return {
        "campaign": found.id, "title": found.title, "state": found.state, "day": found.day, "due_on": found.due_on,
        "snapshot_hash": found.snapshot_hash, "complete": found.complete,
        "waiting": {"lines": waits.lines, "persons": waits.persons, "unknown": waits.unknown},
        "systems": [
            {"system": each.system, "lines": each.lines, "unread": each.trouble if each.unread else "",
             "decided": far[each.system].decided if each.system in far else 0} for each in systems
        ],
    }  # fmt: skip
