"""Silence: what becomes of what nobody answered in time.

The one law: *silence has the effect that the policy names, and never on persons* (absence is not 退職), nor on those
without whom nobody could put it right.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, exists, select, update

from iam.access.accounts import AccountKind
from iam.access.kept.register import KeptKind
from iam.errors import Conflict
from iam.office.roles import bearers
from iam.policy.entry.review import Silence
from iam.record.act import Act
from iam.record.columns import jst_day
from iam.record.store import bulk_insert
from iam.review.books import campaign_answer_table, campaign_line_table, campaign_person_table, campaign_table
from iam.review.campaigns import Campaign
from iam.review.deciding.taking.passing import pass_on_orphans, passed
from iam.review.deciding.taking.refusing import ownerless
from iam.review.deciding.taking.writing import held_open, raised
from iam.review.deciding.verdicts import without_verdict
from iam.review.words import How, Part, Verdict
from iam.signin.door import PRIVILEGED, Door
from iam.sync.actual.reconcile import Sorting

REASON: Final = "期限までに回答がなかったため"
"""Stands where the reason of an answer would."""

_COLUMNS: Final = (
    "campaign_id", "part", "line_id", "person_id", "concerns_id", "keeper_id", "verdict", "rights", "reason", "how",
    "answered_at", "revision",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Silenced:
    """What silence did: lines that go, lines that stay, lines that were passed to the general officer, persons of whom
    nobody said anything (shown as UNKNOWN)."""

    removed: int
    kept: int
    passed: int
    unknown: int


def let_silence_speak(act: Act, door: Door, campaign_id: int) -> Silenced:
    """Give every owner's line that nobody answered the effect of `campaign.terms.silence`, once.

    SUSPEND: REMOVE, answered by nobody.  KEEP: KEEP where nothing was found, else the general officer is asked.
    Lines of general officers, approvers and operators, privileged IDs, IDs of systems and protected ones, lines that no
    owner may answer, and lines that are asked of the general officer anyway, wait for the general officer.
    Persons that 人事 has not answered become UNKNOWN by silence, which takes nothing from anybody.

    Raises:
        Conflict: when the campaign is not open, its day for answers is not over, or silence has spoken already;
        NotFound: when there is none.
    """
    of = _held_late(act, campaign_id)
    handed = pass_on_orphans(act, door, campaign_id) + passed(act, of, _waiting(act, door, of), REASON)
    removes = of.terms.silence is Silence.SUSPEND
    verdict = Verdict.REMOVE if removes else Verdict.KEEP
    lines, persons = _open_lines(act.connection, of), _unanswered(act.connection, of)
    revision = raised(act, of)
    bulk_insert(act.connection, campaign_answer_table, _COLUMNS, (
        (of.id, Part.OWNER, row.id, None, row.person_id, row.keeper_id, verdict, [], REASON, How.SILENCE, act.at,
         revision) for row in lines
    ))  # fmt: skip
    bulk_insert(act.connection, campaign_answer_table, _COLUMNS, (
        (of.id, Part.HR, None, id_, id_, None, Verdict.UNKNOWN, [], REASON, How.SILENCE, act.at, revision)
        for id_ in persons
    ))  # fmt: skip
    act.connection.execute(update(campaign_table).where(campaign_table.c.id == of.id).values(silenced_at=act.at))
    found = Silenced(len(lines) if removes else 0, 0 if removes else len(lines), handed, len(persons))
    act.record("review.silence_spoke", of.subject, {**asdict(found), "silence": of.terms.silence, "persons": persons})
    act.record_many(
        ("review.answered", f"{of.subject} line {row.id}", {"verdict": verdict, "how": How.SILENCE}) for row in lines
    )
    return found


def _held_late(act: Act, campaign_id: int) -> Campaign:
    of = held_open(act, campaign_id)
    if jst_day(act.at) <= of.due_on:
        raise Conflict(f"回答の期限（{of.due_on}）がまだ過ぎていません。")
    if of.silenced_at is not None:
        raise Conflict("回答のなかったものの扱いは、すでに決まっています。")
    return of


def _open_lines(connection: Connection, of: Campaign) -> Sequence[Row[Any]]:
    """Lines that were asked of an owner and have no verdict."""
    columns = campaign_line_table.c
    query: Select[Any] = select(
        columns.id, columns.person_id, columns.keeper_id, columns.kind, columns.sorting, columns.findings
    ).where(columns.campaign_id == of.id, columns.asked == Part.OWNER, without_verdict())  # fmt: skip
    return connection.execute(query.order_by(columns.id)).all()


def _waiting(act: Act, door: Door, of: Campaign) -> list[int]:
    """Of the open lines those that silence must not decide: line ids."""
    lines = _open_lines(act.connection, of)
    if of.terms.silence is Silence.KEEP:
        return [row.id for row in lines if row.findings or ownerless(row)]
    # Whoever decides over others' access must not lose their own because nobody spoke: then nobody could undo it.
    heads = bearers(act.connection, door.offices, PRIVILEGED, jst_day(act.at))
    return [row.id for row in lines if row.person_id in heads or _of_the_machinery(row)]


def _of_the_machinery(row: Row[Any]) -> bool:
    """Whether systems, and the way back into them, live by this ID: privileged (break-glass among them), of a system,
    or under a protection, as what a connector signs in with."""
    kept = row.kind in set(KeptKind)
    return row.kind in _NEVER or (row.sorting == Sorting.PROTECTED and not kept)


_NEVER: Final = frozenset({AccountKind.PRIVILEGED.value, KeptKind.SERVICE.value})


def _unanswered(connection: Connection, of: Campaign) -> Sequence[int]:
    """Persons with an account about whom 人事 has said nothing."""
    person, answer = campaign_person_table.c, campaign_answer_table.c
    said = exists().where(answer.campaign_id == person.campaign_id, answer.person_id == person.person_id)
    query = select(person.person_id).where(person.campaign_id == of.id, person.accounts > 0, ~said)
    return connection.execute(query.order_by(person.person_id)).scalars().all()
