"""What becomes of a line that was decided: every account, right, keeper and owner once, on its day."""

from dataclasses import replace
from datetime import date

import pytest

from iam.record.columns import canonical_json
from iam.review.campaigns import Line, Right
from iam.review.closing.agreed import result
from iam.review.closing.agreed.planned import Way, planned, way_of
from iam.review.deciding.verdicts import Outcome
from iam.review.words import Part, Verdict
from iam.sync.actual.reconcile import Sorting

TODAY, LAST = date(2026, 5, 1), date(2026, 5, 31)


def right(code: str) -> Right:
    return Right(code, code, "none", "", "", "", "", privileged=False)


LINE = Line(
    id=1, campaign_id=1, system="gw", native_id="uid=a", login="a", comparable="a", link="0000001",
    sorting=Sorting.LINKED, account_id=1, kind="personal", state="active", person_id=7, keeper_id=None, enabled=True,
    rights=(right("mail"), right("edit")), created_at=None, used_at=None, used_where="", former="", findings=0,
    asked=Part.OWNER, digest="",
)  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "way", "rows"),
    [
        (Outcome(Verdict.KEEP), Way.OWN, []),
        (Outcome(Verdict.REMOVE), Way.OWN, ["account 5/1 7"]),
        (Outcome(Verdict.REMOVE), Way.ERRAND, ["account 5/1", "right mail 5/1", "right edit 5/1"]),
        (Outcome(Verdict.REMOVE), Way.HAND, ["entry 5/1"]),
        # Whoever leaves on a day that is told goes on the day after; one that has passed is today.
        (Outcome(Verdict.REMOVE, until=LAST), Way.OWN, ["account 6/1 7"]),
        (Outcome(Verdict.LAPSE, until=date(2026, 4, 1)), Way.OWN, ["account 5/1 7"]),
        (Outcome(Verdict.LAPSE, until=LAST), Way.ERRAND, ["account 6/1", "right mail 6/1", "right edit 6/1"]),
        (Outcome(Verdict.REDUCE, ("edit",), LAST), Way.OWN, ["right edit 5/1 7", "account 6/1 7"]),
        (Outcome(Verdict.REDUCE, ("edit",)), Way.HAND, ["entry edit 5/1"]),
        (Outcome(Verdict.KEEPER, keeper=9), Way.ERRAND, ["keeper 5/1 9"]),
        (Outcome(Verdict.REASSIGN, owner=9, rights=("mail",)), Way.ERRAND, ["right mail 5/1", "owner 5/1 9"]),
        (Outcome(Verdict.LAPSE, until=LAST, keeper=9), Way.HAND, ["entry 6/1", "keeper 5/1 9"]),
    ],
)
def test_what_was_decided_becomes_rows(outcome: Outcome, way: Way, rows: list[str]) -> None:
    found = [
        " ".join(filter(None, (each.what, each.entitlement, f"{each.due_on.month}/{each.due_on.day}",
                               str(each.person_id or ""))))
        for each in planned(LINE, outcome, way, TODAY)
    ]  # fmt: skip
    assert found == rows


@pytest.mark.parametrize(
    ("line", "linked", "entry", "way"),
    [
        (LINE, True, False, Way.OWN),
        (replace(LINE, sorting=Sorting.MISSING), True, False, Way.OWN),
        # Under a protection, or under a number that is not theirs, the sync does not write.
        (LINE, False, False, Way.ERRAND),
        (replace(LINE, sorting=Sorting.PROTECTED), True, False, Way.ERRAND),
        (replace(LINE, account_id=None, sorting=Sorting.UNLINKED), True, False, Way.ERRAND),
        (replace(LINE, person_id=None, kind="shared"), True, False, Way.ERRAND),
        (replace(LINE, kind="privileged", person_id=None), True, False, Way.ERRAND),
        (replace(LINE, account_id=None, person_id=None, kind="entry", sorting=Sorting.ROGUE), True, True, Way.HAND),
    ],
)
def test_the_way_to_an_account_is_the_one_that_reaches_it(line: Line, way: Way, *, linked: bool, entry: bool) -> None:
    assert way_of(line, linked=linked, entry=entry) is way


@pytest.mark.parametrize("silent", [True, False])
def test_a_line_that_stays_is_hashed_alike_however_it_is_worked_out(*, silent: bool) -> None:
    line = replace(LINE, digest="0f" * 32)
    slowly = canonical_json(result._told(line, Outcome(Verdict.KEEP, silent=silent))).encode() + b"\n"  # noqa: SLF001
    assert result._KEPT % (line.id, line.digest.encode(), b"true" if silent else b"false") == slowly  # noqa: SLF001
