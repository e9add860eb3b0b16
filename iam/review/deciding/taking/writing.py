"""Writing answers: the rows, the campaign's revision, and the record.

The one law: *an answer that is replaced is in the audit* with what it said; and one after a signature clears it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select, update

from iam.errors import Conflict
from iam.people.ledger import chunks
from iam.record.act import Act
from iam.record.columns import among
from iam.record.store import bulk_insert
from iam.review.books import UNSIGNED, campaign_answer_table, campaign_table
from iam.review.campaigns import Campaign, Line, campaign
from iam.review.deciding.taking.wishes import Answering, Wish
from iam.review.deciding.verdicts import Answer
from iam.review.words import CampaignState, How, Part

_COLUMNS: Final = (
    "campaign_id", "part", "line_id", "person_id", "concerns_id", "keeper_id", "verdict", "rights", "until", "given_to",
    "reason", "how", "sheet_id", "answered_by", "answered_at", "revision",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fresh:
    """An answer to be written: about a line or, `line` None, about a person.  `was`: what it replaces."""

    wish: Wish
    line: Line | None
    was: Answer | None = None


def held_open(act: Act, campaign_id: int) -> Campaign:
    """The campaign, which nobody else answers, signs or closes until this act ends.

    Raises:
        NotFound: when there is none; Conflict: when it takes no answers.
    """
    columns = campaign_table.c
    act.connection.execute(select(columns.id).where(columns.id == campaign_id).with_for_update()).all()
    found = campaign(act.connection, campaign_id)
    if found.state is not CampaignState.OPEN:
        raise Conflict(f"この棚卸は「{found.state.label_ja}」のため、いまは回答を受け付けていません。")
    return found


def write(act: Act, of: Campaign, who: Answering, fresh: Sequence[Fresh]) -> int:
    """Write these answers over what stood there, and over what silence said of the same; answers the new revision."""
    revision = raised(act, of)
    columns, about = campaign_answer_table.c, who.part is Part.HR
    for part in chunks(fresh):
        mine = columns.campaign_id == of.id, columns.part == who.part
        if about:
            theirs = [each.wish.person_id for each in part]
            act.connection.execute(delete(campaign_answer_table).where(*mine, among(columns.person_id, theirs)))
            continue
        lines = among(columns.line_id, [each.wish.line_id for each in part])
        said = (columns.part == who.part) | (columns.how == How.SILENCE)
        act.connection.execute(delete(campaign_answer_table).where(lines, said))
    bulk_insert(act.connection, campaign_answer_table, _COLUMNS, (_row(act, who, each, revision) for each in fresh))
    return revision


def raised(act: Act, of: Campaign) -> int:
    """The campaign's next revision; signatures over an earlier one are cleared, and that is recorded."""
    values = {**UNSIGNED, "revision": of.revision + 1}
    act.connection.execute(update(campaign_table).where(campaign_table.c.id == of.id).values(**values))
    signed = {name: by for name, by in (("general", of.general_by), ("hr", of.hr_by)) if by is not None}
    if signed:
        act.record("review.signatures_cleared", of.subject, {"revision": of.revision + 1, "signed": signed})
    return of.revision + 1


def _row(act: Act, who: Answering, fresh: Fresh, revision: int) -> tuple[object, ...]:
    wish, line = fresh.wish, fresh.line
    # Whom it concerns is what the constraints hold against whoever answers: always as frozen, never left out.
    concerns, keeper = (line.person_id, line.keeper_id) if line else (wish.person_id, None)
    by = None if who.how is How.SILENCE else who.by
    return (
        who.campaign_id, who.part, wish.line_id, wish.person_id, concerns, keeper, wish.verdict,
        sorted(set(wish.rights)), wish.until, wish.given_to, wish.reason.strip(), who.how, who.sheet_id, by, act.at,
        revision,
    )  # fmt: skip


def record_one(act: Act, who: Answering, fresh: Fresh) -> None:
    """The record of a single answer."""
    act.record("review.answered", subject_of(who.campaign_id, fresh), _detail(who, fresh))


def record_many(act: Act, of: Campaign, who: Answering, fresh: Sequence[Fresh], refused: int) -> None:
    """One record of what was done, and a short one of each line or person; the reason stands once where it is one."""
    reasons = {each.wish.reason.strip() for each in fresh}
    one = next(iter(reasons)) if len(reasons) == 1 else None
    verdicts = Counter(each.wish.verdict.value for each in fresh)
    told = {
        "part": who.part, "by": who.by, "how": who.how, "sheet": who.sheet_id, "verdicts": dict(verdicts),
        "refused": refused, "reason": one,
    }  # fmt: skip
    act.record("review.answered_in_bulk", of.subject, _without_blanks(told))
    act.record_many(
        ("review.answered", subject_of(of.id, each), _detail(who, each, brief=one is not None)) for each in fresh
    )


def subject_of(campaign_id: int, fresh: Fresh) -> str:
    """How records name what was answered about."""
    if fresh.line:
        return fresh.line.subject
    return f"campaign {campaign_id} person {fresh.wish.person_id}"


def _detail(who: Answering, fresh: Fresh, *, brief: bool = False) -> Mapping[str, object]:
    wish, was = fresh.wish, fresh.was
    told: dict[str, object] = {
        "part": who.part, "verdict": wish.verdict, "rights": sorted(set(wish.rights)), "until": wish.until,
        "given_to": wish.given_to, "reason": "" if brief else wish.reason.strip(),
    }  # fmt: skip
    if not brief:
        told |= {"by": who.by, "how": who.how, "sheet": who.sheet_id}
    if was is not None:
        told["was"] = _without_blanks(
            {"verdict": was.verdict, "by": was.answered_by, "reason": was.reason, "rights": list(was.rights),
             "until": was.until, "given_to": was.given_to, "revision": was.revision}
        )  # fmt: skip
    return _without_blanks(told)


def _without_blanks(told: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in told.items() if value not in (None, "", [])}


__all__ = ["Fresh", "held_open", "raised", "record_many", "record_one", "subject_of", "write"]
