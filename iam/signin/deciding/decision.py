"""The decision: allow, step up or deny, always with reasons, clauses and what the asker can do.

The one law: *a pure function* of everything it is told, so that every door gives
the same answer, and the strictest of several rules wins.  What is not known is
taken for the strictest of what it could be.
"""

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

__all__ = ["NOTHING_MORE", "Asked", "Decision", "Held", "Needs", "Outcome", "Question", "Reason", "decide"]


def decide(question: Question) -> Decision:
    """The answer to `question`."""
    raise NotImplementedError
