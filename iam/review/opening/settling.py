"""Settling: what was frozen is counted against what the targets hold, hashed, and opened; or put away half done.

The one law: *a campaign opens whole or not at all* (R09): accounts on the target and accounts missing there are all its
lines, or it does not open; what a killed run left is put away.
"""

from sqlalchemy import delete, func, select, update

from iam.errors import Conflict
from iam.record.act import Act
from iam.review.books import (
    UNSIGNED,
    campaign_finding_table,
    campaign_line_table,
    campaign_person_table,
    campaign_system_table,
    campaign_table,
)
from iam.review.campaigns import Campaign, CampaignSystem, campaign, campaigns, systems_of
from iam.review.opening.freezing import Refrozen
from iam.review.opening.hashes import Hashing, kept_digests, people_hash, sealed_hash
from iam.review.words import CampaignState

_LEFT_HALF = "準備の途中で処理が止まったため、片付けました。"


def settle(act: Act, id_: int, of_lines: Hashing) -> Campaign:
    """OPENING becomes OPEN, with its hashes.  `of_lines`: of the digests as they were written.

    Raises:
        Conflict: the lines are not what the targets hold, or it is not OPENING any more.
    """
    found = campaign(act.connection, id_)
    systems = systems_of(act.connection, id_)
    _see_complete(act, systems)
    people = people_hash(act.connection, id_)
    values = {"people_hash": people, "snapshot_hash": sealed_hash(act.connection, found, people, of_lines)}
    _move(act, id_, CampaignState.OPENING, state=CampaignState.OPEN, **values)
    detail = {
        **values, "title": found.title, "day": found.day, "due_on": found.due_on,
        "lines": {each.system: each.lines for each in systems},
        "unread": {each.system: each.trouble for each in systems if each.unread},
    }  # fmt: skip
    act.record("campaign.opened", found.subject, detail)
    return campaign(act.connection, id_)


def settle_again(act: Act, id_: int, became: dict[str, Refrozen]) -> Campaign:
    """After systems were read at last: new hashes; what was signed was signed over something else.

    Raises:
        Conflict: the lines are not what the targets hold, or it is not OPEN any more.
    """
    before = campaign(act.connection, id_)
    _see_complete(act, systems_of(act.connection, id_))
    people, of_lines = people_hash(act.connection, id_), kept_digests(act.connection, id_)
    values = {"people_hash": people, "snapshot_hash": sealed_hash(act.connection, before, people, of_lines)}
    _move(act, id_, CampaignState.OPEN, revision=campaign_table.c.revision + 1, **UNSIGNED, **values)
    told = {
        system: {"same": each.same, "changed": each.changed, "new": each.fresh, "gone": each.gone, "void": each.void}
        for system, each in became.items()
    }
    act.record("campaign.read_again", before.subject, {**values, "before": before.snapshot_hash, "systems": told})
    return campaign(act.connection, id_)


def put_away(act: Act) -> list[int]:
    """Abandon whatever a killed run left OPENING, and drop its rows; their ids.  For whoever holds the lock of runs."""
    half = [each.id for each in campaigns(act.connection, states=[CampaignState.OPENING])]
    for id_ in half:
        lines = select(campaign_line_table.c.id).where(campaign_line_table.c.campaign_id == id_)
        act.connection.execute(
            delete(campaign_finding_table).where(campaign_finding_table.c.line_id.in_(lines))
        )  # fmt: skip
        for table in (campaign_line_table, campaign_person_table, campaign_system_table):
            act.connection.execute(delete(table).where(table.c.campaign_id == id_))
        _move(
            act, id_, CampaignState.OPENING, state=CampaignState.ABANDONED, abandoned_by=act.actor,
            abandon_reason=_LEFT_HALF,
        )  # fmt: skip
        act.record("campaign.abandoned", f"campaign {id_}", {"reason": _LEFT_HALF})
    return half


def _see_complete(act: Act, systems: list[CampaignSystem]) -> None:
    """What stands in the books now is counted, and held against what the targets were read to hold."""
    line = campaign_line_table.c
    query = select(line.system, func.count()).where(line.campaign_id == systems[0].campaign_id).group_by(line.system)
    lines = {row[0]: row[1] for row in act.connection.execute(query)}
    wrong = [
        each for each in systems
        if each.lines != lines.get(each.system, 0) or (each.connected and each.on_target + each.missing != each.lines)
    ]  # fmt: skip
    if wrong:
        told = "、".join(
            f"{each.name}（{each.on_target:,}＋{each.missing:,}件、行{lines.get(each.system, 0):,}）" for each in wrong
        )
        raise Conflict(f"読み取ったIDの数と棚卸の行の数が合わないため、始めません: {told}。もう一度実行してください。")


def _move(act: Act, id_: int, before: CampaignState, **values: object) -> None:
    columns = campaign_table.c
    query = update(campaign_table).where(columns.id == id_, columns.state == before).values(**values)
    if act.connection.execute(query).rowcount != 1:
        raise Conflict("棚卸の状態が変わりました。iam review status で確かめてください。")
