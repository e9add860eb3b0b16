"""A line in words: what was found, how 人事 knows its owner, where it was used, what was answered.

The one law: *every word comes from what was frozen*, or from an answer; the page adds none of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask_babel import gettext
from sqlalchemy import Connection

from iam.people.ledger import Person
from iam.people.standing import Status
from iam.review.campaigns import CampaignPerson, Finding, Line
from iam.review.deciding.verdicts import Answer, Outcome
from iam.review.findings import said
from iam.review.words import How
from web.officer.privilege.bounds import called, names_of
from web.site.face.language import day


@dataclass(frozen=True)
class Found:
    """One finding.  `sentences`: its evidence."""

    label: str
    sentences: Sequence[str]
    clause: str


@dataclass(frozen=True)
class Said:
    """One answer.  `detail`: rights, day or person that goes with it."""

    answer: Answer
    by: str
    detail: str


def evidence(findings: Iterable[Finding]) -> list[Found]:
    """What was found, in sentences."""
    return [Found(gettext(each.kind.label_ja), said(each.kind, each.evidence), each.clause) for each in findings]


def standing(person: CampaignPerson | None) -> str:
    """How 人事 knew the owner on the day of the snapshot."""
    if person is None:
        return ""
    word = gettext(Status(person.status).label_ja)
    since = gettext("%(day)sから", day=day(person.since, weekday=False)) if person.since else ""
    return "　".join(filter(None, (word, since, person.appointment)))


def answered(connection: Connection, line: Line | None, answers: Sequence[Answer]) -> list[Said]:
    """Each answer with who gave it."""
    names = names_of(connection, [id_ for each in answers for id_ in (each.answered_by, each.given_to)])
    return [Said(each, _by(each, names), detail(each, line, names)) for each in answers]


def detail(answer: Answer | Outcome, line: Line | None, names: dict[int, Person]) -> str:
    """What goes with a verdict: the rights, the last day, the person."""
    rights = {each.right: each.name for each in line.rights} if line else {}
    given = (answer.keeper or answer.owner) if isinstance(answer, Outcome) else answer.given_to
    parts = [
        "、".join(rights.get(each, each) for each in answer.rights),
        gettext("%(day)sまで", day=day(answer.until, weekday=False)) if answer.until else "",
        called(names, given) if given else "",
    ]
    return "　".join(filter(None, parts))


def _by(answer: Answer, names: dict[int, Person]) -> str:
    return gettext(How.SILENCE.label_ja) if answer.answered_by is None else called(names, answer.answered_by)
