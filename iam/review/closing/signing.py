"""Signing a review: the general officer and 人事, two persons, over the very result that each of them saw.

The one law: *two persons, one result* (R10, OITA-S3.7.1): a signature names the hash of every line's merged verdict;
any later answer takes it away, and that the two are not one person is a constraint of the database.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, update

from iam.errors import Conflict, Forbidden
from iam.policy.clauses import own_clause
from iam.record.act import Act
from iam.record.columns import jst_day
from iam.review.books import UNSIGNED, campaign_table
from iam.review.campaigns import Campaign, CampaignSystem, campaign, systems_of
from iam.review.closing.agreed.result import Tally, tally
from iam.review.closing.agreed.writing import CLAUSE, write_planned
from iam.review.deciding.counting.progress import undecided
from iam.review.deciding.reviewers import reviewer
from iam.review.deciding.taking.writing import held_open
from iam.review.words import CampaignState, Part, Verdict
from iam.signin.door import Door

LONGEST_REASON: Final = 300

_BY: Final = {Part.GENERAL: "general", Part.HR: "hr"}
_NOT_YOURS: Final = "棚卸に「{part}」として署名できる役割がありません。統括と人事の担当者が、一人ずつ署名します。"
_TWICE: Final = "もう一方の署名をした方は、署名できません。別の方が署名してください。"
_CHANGED: Final = "内容が、開いたときから変わっています。画面を開き直し、確かめてから署名してください。"
_OPEN: Final = "まだ判定のないものが{total}件あります（ID {lines}件、職員 {persons}人、「確認中」の職員 {unknown}人）。"
_UNREAD: Final = "読めなかったシステム（{names}）があります。読み直すか、理由を書いて一部未完了として署名してください。"
_DONE: Final = "「{part}」の署名は、すでに済んでいます。"


@dataclass(frozen=True, slots=True)
class Result:
    """What a signature is about.  `hash`: of every line's merged verdict, in the order of the lines (`result.tally`).

    `undecided`: lines and persons without an answer.  `unread`: systems whose target was not read.
    `verdicts`: how many lines got which verdict.
    """

    hash: str
    revision: int
    undecided: int
    unread: tuple[CampaignSystem, ...]
    verdicts: Mapping[Verdict, int]


@dataclass(frozen=True, slots=True)
class Signature:
    """Somebody signs.  `part`: GENERAL or HR.  `seen_hash`: `Result.hash` as their page showed it.

    `partial_reason`: why it is closed though a target was not read; "" otherwise.
    """

    campaign_id: int
    part: Part
    by: int
    seen_hash: str
    partial_reason: str = ""


def result(connection: Connection, campaign: Campaign) -> Result:
    """What would be signed now."""
    found = tally(connection, campaign)
    missing = undecided(connection, campaign.id).total
    return Result(found.hash, campaign.revision, missing, _unread(connection, campaign), Counter(found.verdicts))


def why_not_sign(connection: Connection, door: Door, campaign: Campaign, part: Part, by: int, *, at: datetime) -> str:
    """Why this person may not sign for this part at `at`, whatever was decided, in one sentence; "" when they may."""
    if campaign.state is not CampaignState.OPEN:
        return f"この棚卸は「{campaign.state.label_ja}」のため、署名できません。"
    if part not in _BY or part not in reviewer(connection, door, by, at).parts:
        return _NOT_YOURS.format(part=part.label_ja)
    other = campaign.hr_by if part is Part.GENERAL else campaign.general_by
    return _TWICE if other == by else ""


def sign(act: Act, door: Door, wish: Signature) -> Campaign:
    """Sign; with the second signature the review is SIGNED, and what it changes is written down (`removals`).

    A signature over another result than this one is void: it goes, and that is recorded.

    Raises:
        Forbidden: they may not (`why_not_sign`).
        Conflict: something is undecided, a target was not read and no reason is given, or what they saw has changed.
    """
    of = held_open(act, wish.campaign_id)
    if refusal := why_not_sign(act.connection, door, of, wish.part, wish.by, at=act.at):
        raise Forbidden(refusal)
    found = tally(act.connection, of, plan_on=jst_day(act.at))
    reason = _see_signable(act.connection, of, wish, found)
    if of.result_hash not in ("", found.hash):
        of = _voided(act, of)
    _written(act, of, wish, found, reason)
    signed = _closed_by_both(act, campaign(act.connection, of.id))
    if signed.state is CampaignState.SIGNED:
        write_planned(act, signed, found.planned, own_clause(door.profile, CLAUSE))
    return signed


def withdraw(act: Act, door: Door, campaign_id: int, part: Part, by: int) -> Campaign:  # noqa: ARG001 - as `sign`
    """Take back one's own signature while the other is missing.

    Raises:
        Conflict: it is not there, is somebody else's, or both have signed.
    """
    of, name = held_open(act, campaign_id), _BY[part]
    columns = campaign_table.c
    mine = columns.id == of.id, columns.state == CampaignState.OPEN, columns[f"{name}_by"] == by
    gone = {f"{name}_by": None, f"{name}_at": None, "result_hash": "", "partial_reason": ""}
    if not act.connection.execute(update(campaign_table).where(*mine).values(**gone)).rowcount:
        raise Conflict("取り消せる自分の署名がありません。")
    act.record("review.signature_withdrawn", of.subject, {"part": part, "by": by})
    return campaign(act.connection, of.id)


def _unread(connection: Connection, of: Campaign) -> tuple[CampaignSystem, ...]:
    return tuple(each for each in systems_of(connection, of.id) if each.unread)


def _see_signable(connection: Connection, of: Campaign, wish: Signature, found: Tally) -> str:
    """See that this is what they saw, and all of it decided; answers the reason for signing it incomplete."""
    missing = undecided(connection, of.id)
    if missing.total:
        raise Conflict(
            _OPEN.format(
                total=missing.total, lines=missing.lines, persons=missing.persons, unknown=missing.unknown
            )
        )  # fmt: skip
    if found.hash != wish.seen_hash:
        raise Conflict(_CHANGED)
    unread, reason = _unread(connection, of), wish.partial_reason.strip()[:LONGEST_REASON]
    if unread and not (reason or of.partial_reason):
        raise Conflict(_UNREAD.format(names="、".join(each.name for each in unread)))
    return (reason or of.partial_reason) if unread else ""


def _voided(act: Act, of: Campaign) -> Campaign:
    act.connection.execute(update(campaign_table).where(campaign_table.c.id == of.id).values(**UNSIGNED))
    signed = {"general": of.general_by, "hr": of.hr_by}
    act.record("review.signatures_cleared", of.subject, {"revision": of.revision, "signed": signed})
    return campaign(act.connection, of.id)


def _written(act: Act, of: Campaign, wish: Signature, found: Tally, reason: str) -> None:
    """The one signature, unless somebody signed for this part, answered or closed it meanwhile."""
    columns, name = campaign_table.c, _BY[wish.part]
    fresh = (
        columns.id == of.id, columns.state == CampaignState.OPEN, columns.revision == of.revision,
        columns[f"{name}_by"].is_(None),
    )  # fmt: skip
    values = {f"{name}_by": wish.by, f"{name}_at": act.at, "result_hash": found.hash, "partial_reason": reason}
    if not act.connection.execute(update(campaign_table).where(*fresh).values(**values)).rowcount:
        raise Conflict(_DONE.format(part=wish.part.label_ja))
    detail = {"part": wish.part, "by": wish.by, "hash": found.hash, "revision": of.revision}
    act.record("review.signed", of.subject, detail | ({"partial": reason} if reason else {}))


def _closed_by_both(act: Act, of: Campaign) -> Campaign:
    columns = campaign_table.c
    both = columns.general_by.is_not(None), columns.hr_by.is_not(None), columns.state == CampaignState.OPEN
    values = {"state": CampaignState.SIGNED, "signed_at": act.at, "complete": not of.partial_reason}
    done = act.connection.execute(update(campaign_table).where(columns.id == of.id, *both).values(**values))
    if not done.rowcount:
        return of
    act.record("review.agreed", of.subject, {"hash": of.result_hash, "general": of.general_by, "hr": of.hr_by})
    return campaign(act.connection, of.id)
