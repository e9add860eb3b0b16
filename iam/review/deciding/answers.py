"""Answers: taking them in, one or ten thousand, from pages, sheets and commands alike.

The one law: *an answer names what its giver saw* (the campaign's revision): of two reviewers at once the second is told
who answered what and when, and nothing is lost; and an answer after a signature clears the signature.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Final

from iam.errors import IamError, SheetError
from iam.record.act import Act
from iam.review.deciding.taking.ground import Ground, ground_of
from iam.review.deciding.taking.wishes import Answering, Refused, Taken, Wish
from iam.review.deciding.taking.writing import Fresh, held_open, record_many, record_one, write
from iam.review.deciding.verdicts import Answer, answer_given
from iam.signin.door import Door

__all__ = ["MOST", "Answering", "Refused", "Taken", "Wish", "answer", "answer_many"]

MOST: Final = 10_000
"""Answers in one act."""


def answer(act: Act, door: Door, who: Answering, wish: Wish) -> Answer:
    """Take one answer in; it replaces what this part said before.  The same again changes nothing.

    Raises:
        Conflict: when somebody else answered after `seen` (names who, what and when), or the campaign is not open;
        Forbidden: when `who.by` may not; NotFound: no such line or person; SheetError: what is missing in the answer.
    """
    of = held_open(act, who.campaign_id)
    ground = ground_of(act, door, of, who, [wish])
    judged = ground.judge(wish)
    if isinstance(judged, IamError):
        raise judged
    if judged is not None:
        write(act, of, who, [judged])
        record_one(act, who, judged)
    return answer_given(act.connection, who.campaign_id, who.part, line_id=wish.line_id, person_id=wish.person_id)


def answer_many(act: Act, door: Door, who: Answering, wishes: Iterable[Wish], *, all_or_none: bool = False) -> Taken:
    """Take up to 10,000 answers in one act.  Every one is checked; those refused are named and the others taken, or
    with `all_or_none` nothing is written while one is refused.

    Raises:
        Conflict: when the campaign is not open; NotFound: no such campaign; SheetError: for more than 10,000.
    """
    asked = list(islice(wishes, MOST + 1))
    if len(asked) > MOST:
        raise SheetError([f"一度に回答できるのは{MOST:,}件までです。条件で絞ってから、やり直してください。"])
    of = held_open(act, who.campaign_id)
    fresh, same, refused = _judged(ground_of(act, door, of, who, asked), asked)
    if not fresh or (all_or_none and refused):
        return Taken(0, same, tuple(refused), of.revision)
    revision = write(act, of, who, fresh)
    record_many(act, of, who, fresh, len(refused))
    return Taken(len(fresh), same, tuple(refused), revision)


def _judged(ground: Ground, asked: Iterable[Wish]) -> tuple[list[Fresh], int, list[Refused]]:
    """What is to be written, how many stand already, and what is refused."""
    fresh, same, refused = list[Fresh](), 0, list[Refused]()
    for wish in asked:
        judged = ground.judge(wish)
        if isinstance(judged, IamError):
            refused.append(Refused(wish, judged))
        elif judged is None:
            same += 1
        else:
            fresh.append(judged)
    return fresh, same, refused
