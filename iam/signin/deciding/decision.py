"""The decision: allow, step up or deny, always with reasons, clauses and what the asker can do.

The one law: *a pure function* of everything it is told, so that every door gives
the same answer, and the strictest of several rules wins.  What is not known is
taken for the strictest of what it could be.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from itertools import chain

from iam.record.columns import JST, jst_day
from iam.signin.deciding.question import (
    NOTHING_MORE,
    Asked,
    Decision,
    Held,
    Needs,
    Outcome,
    Question,
    Reason,
)
from iam.signin.deciding.rules.place import place
from iam.signin.deciding.rules.proof import needs, proof, turns
from iam.signin.deciding.rules.right import right, standing
from iam.signin.deciding.rules.terminal import terminal

__all__ = ["NOTHING_MORE", "Asked", "Decision", "Held", "Needs", "Outcome", "Question", "Reason", "decide"]

_RULES = (standing, right, terminal, place, proof)


def decide(question: Question) -> Decision:
    """The answer to `question`: that of its strictest reason; those of the answer itself come first."""
    found = list(chain.from_iterable(rule(question) for rule in _RULES))
    outcome = max((reason.outcome for reason in found), key=lambda each: each.strictness)
    return Decision(
        outcome=outcome,
        reasons=tuple(sorted(found, key=lambda reason: -reason.outcome.strictness)),
        needs=needs(question) if outcome is Outcome.STEP_UP else Needs(),
        until=min(_turns(question)),
        rights=question.rights if outcome is Outcome.ALLOW and question.rights is not None else frozenset(),
        idle=question.signin.idle,
        overall=question.signin.overall,
        day_ends=_midnight(question),
    )


def _midnight(question: Question) -> datetime:
    """When everything that is dated turns: rights, standing, lending, permissions and waivers last whole days."""
    return datetime.combine(jst_day(question.at) + timedelta(days=1), time(), JST)


def _turns(question: Question) -> Iterator[datetime]:
    """The instants to come at which time alone could change the answer."""
    yield _midnight(question)
    yield from (turn for turn in turns(question) if turn > question.at)
