"""What a new reading of one person changes: new, corrected, cancelled, ended, or history."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from iam.intake.revise import Revision, revise
from iam.people.feed import Gives
from iam.people.ledger import Entry, LedgerChange
from iam.people.standing import Status, standing
from tests.bodies import Row, concurrent, fiscal, leaver, mover, on_leave, row
from tests.values import entries, entry, said

TODAY = date(2026, 4, 10)


def after(held: list[Entry], revision: Revision) -> list[Entry]:
    """The ledger once `revision` is written."""
    closed = {closing.entry.id for closing in revision.closings}
    opened = [entry(a.told, 100 + n, change=a.change) for n, a in enumerate(revision.additions)]
    return sorted([e for e in held if e.id not in closed] + opened, key=lambda e: (e.told.valid_from, e.id))


def status_after(held: list[Entry], *rows: Row | list[Row], on: date = TODAY) -> Status:
    return standing(after(held, revise(held, said(*rows), TODAY)), on).status


def closings(revision: Revision) -> list[tuple[Gives, LedgerChange]]:
    return [(closing.entry.told.gives, closing.why) for closing in revision.closings]


def test_saying_the_same_again_changes_nothing() -> None:
    rows = [row(1), concurrent(row(1), "0202", "2026-04-01")]
    assert not revise(entries(*rows), said(*rows), TODAY)


def test_a_new_row_is_added_whether_it_begins_today_before_or_later() -> None:
    for begins in ("2026-04-10", "2025-10-01", "2026-07-01"):
        revision = revise(entries(row(1)), said(row(1), concurrent(row(1), "0202", begins)), TODAY)
        assert [(a.change, a.told.valid_from) for a in revision.additions] == [
            (LedgerChange.NEW, date.fromisoformat(begins))
        ]
        assert not revision.closings


def test_a_corrected_detail_closes_one_version_and_opens_another() -> None:
    held = entries(row(1, title="主事"))
    revision = revise(held, said(row(1, title="主任")), TODAY)
    (addition,) = revision.additions
    assert (addition.change, addition.supersedes, addition.told.title) == (LedgerChange.CORRECTED, held[0], "主任")
    assert closings(revision) == [(Gives.POST, LedgerChange.CORRECTED)]


def test_a_unit_put_right_is_a_correction_of_the_same_beginning() -> None:
    revision = revise(entries(row(1, "0101")), said(row(1, "0102")), TODAY)
    assert [a.change for a in revision.additions] == [LedgerChange.CORRECTED]


def test_a_first_day_put_right_is_a_correction() -> None:
    revision = revise(entries(row(1, since="2026-04-01")), said(row(1, since="2026-04-02")), TODAY)
    assert [a.change for a in revision.additions] == [LedgerChange.CORRECTED]


def test_a_first_day_moved_into_the_future_never_locks_the_holder_out() -> None:
    held = entries(row(1, since="2020-04-01"))
    for begins in ("2026-04-11", "2026-10-01"):
        assert status_after(held, row(1, since=begins)) is Status.IN_SERVICE


def test_a_row_dropped_before_it_began_was_cancelled() -> None:
    held = entries(mover(row(1), "0202", "2026-07-01"))
    revision = revise(held, said(row(1)), TODAY)
    assert closings(revision) == [(Gives.POST, LedgerChange.CANCELLED)]
    assert not revision.additions


def test_a_row_dropped_after_its_end_is_history() -> None:
    held = entries(row(1, valid_until="2026-03-31"), row(1, since="2026-04-01"))
    assert not revise(held, said(row(1, since="2026-04-01")), TODAY)


def test_a_row_dropped_in_its_middle_ended_yesterday() -> None:
    held = entries(row(1), concurrent(row(1), "0202", "2025-04-01"))
    revision = revise(held, said(row(1)), TODAY)
    (addition,) = revision.additions
    assert (addition.change, addition.row) == (LedgerChange.ENDED, None)
    assert (addition.told.concurrent, addition.told.valid_until) == (True, TODAY - timedelta(days=1))


def test_a_row_dropped_on_its_first_day_was_cancelled_too() -> None:
    for beginning in (concurrent(row(1), "0202", "2026-04-10"), on_leave(row(1), "2026-04-10", "2027-03-31")):
        held = entries(row(1), beginning)
        revision = revise(held, said(row(1)), TODAY)
        assert [why for _, why in closings(revision)] == [LedgerChange.CANCELLED]
        assert status_after(held, row(1)) is Status.IN_SERVICE


def test_a_row_that_comes_back_is_open_again() -> None:
    rows = [row(1), concurrent(row(1), "0202", "2025-04-01")]
    held = entries(*rows)
    ended = after(held, revise(held, said(row(1)), TODAY))
    back = revise(ended, said(*rows), TODAY + timedelta(days=1))
    assert [(a.change, a.told.valid_until) for a in back.additions] == [(LedgerChange.CORRECTED, date.max)]


def test_an_open_post_whose_row_the_next_one_replaced_lasts_until_that_one() -> None:
    held = entries(row(1, "0101"))
    revision = revise(held, said(row(1, "0202", "2026-07-01")), TODAY)
    assert not revision.closings
    now = after(held, revision)
    assert standing(now, date(2026, 6, 30)).posts[0].entry.told.org_code == "0101"
    assert standing(now, date(2026, 7, 1)).posts[0].entry.told.org_code == "0202"


def test_a_term_whose_row_the_renewal_replaced_lasts_to_its_end() -> None:
    held = entries(fiscal(1, 2025))
    now = after(held, revise(held, said(fiscal(1, 2026)), date(2026, 3, 20)))
    for day in (date(2026, 3, 20), date(2026, 3, 31), date(2026, 4, 1)):
        assert standing(now, day).status is Status.IN_SERVICE


def test_a_term_cut_short_by_the_next_post_ends_the_day_before_it() -> None:
    held = entries(fiscal(1, 2026))
    for begins in ("2026-04-08", "2026-07-01"):
        now = after(held, revise(held, said(fiscal(1, 2026, "0301", valid_from=begins)), TODAY))
        first = date.fromisoformat(begins)
        assert [p.entry.told.org_code for p in standing(now, first - timedelta(days=1)).posts] == ["0201"]
        assert [p.entry.told.org_code for p in standing(now, first).posts] == ["0301"]


def test_a_concurrent_post_whose_row_its_renewal_replaced_lasts_to_its_end() -> None:
    held = entries(row(1), concurrent(row(1), "0202", "2025-07-01", "2026-06-30"))
    now = after(held, revise(held, said(row(1), concurrent(row(1), "0202", "2026-07-01")), TODAY))
    for day in (TODAY, date(2026, 6, 30), date(2026, 7, 1)):
        assert len(standing(now, day).posts) == 2


def test_a_concurrent_post_is_not_kept_by_another_one_to_come() -> None:
    held = entries(row(1), concurrent(row(1), "0202", "2025-07-01"))
    now = after(held, revise(held, said(row(1), concurrent(row(1), "0301", "2026-07-01")), TODAY))
    assert len(standing(now, TODAY).posts) == 1


def test_a_leave_whose_row_is_gone_is_over() -> None:
    held = entries(row(1), on_leave(row(1), "2026-04-01", "2027-03-31"))
    assert standing(held, TODAY).status is Status.ON_LEAVE
    assert status_after(held, row(1)) is Status.IN_SERVICE


def test_a_cancellation_withdraws_the_row_that_it_names() -> None:
    moved = mover(row(1, "0101"), "0202", "2026-04-01")
    held = entries(moved)
    void = {**moved[1], "kind": "cancellation"}
    for rows in ([*moved, void], [moved[0], void]):
        revision = revise(held, said(*rows), TODAY)
        assert closings(revision) == [(Gives.POST, LedgerChange.CANCELLED)]
        assert standing(after(held, revision), TODAY).posts[0].entry.told.org_code == "0101"


def test_a_cancelled_retirement_in_the_past_brings_the_person_back() -> None:
    held = entries(leaver(row(1), "2026-03-31"))
    assert standing(held, TODAY).status is Status.LEFT
    assert status_after(held, row(1)) is Status.IN_SERVICE


def test_a_retirement_withdrawn_on_the_last_day_itself_was_never_one() -> None:
    retire = {**row(1), "kind": "retire", "valid_from": TODAY.isoformat()}
    held = entries(row(1), retire)
    assert status_after(held, row(1), on=TODAY + timedelta(days=1)) is Status.IN_SERVICE


def test_a_retirement_put_right_to_a_later_day_counts_from_there() -> None:
    events = [row(1), {**row(1), "kind": "retire", "valid_from": "2026-03-31"}]
    held = entries(*events)
    assert standing(held, TODAY).status is Status.LEFT
    later = [row(1), {**row(1), "kind": "retire", "valid_from": "2026-04-30"}]
    assert status_after(held, *later) is Status.IN_SERVICE
    assert status_after(held, *later, on=date(2026, 5, 1)) is Status.LEFT


def test_a_retirement_that_is_merely_no_longer_told_is_over_and_stays() -> None:
    retire = {**row(1), "kind": "retire", "valid_from": "2026-03-31"}
    held = entries(row(1), retire)
    assert status_after(held, row(1)) is Status.LEFT
    assert status_after(held, row(1, title="主任")) is Status.LEFT


def test_the_end_of_a_first_employment_is_not_moved_by_that_of_the_second() -> None:
    first = leaver(row(1, since="2010-04-01"), "2015-03-31")
    held = entries(first, row(1, since="2020-04-01"))
    revision = revise(held, said(leaver(row(1, since="2020-04-01"), "2027-03-31")), TODAY)
    assert LedgerChange.CANCELLED not in [why for _, why in closings(revision)]
    assert [e.told.valid_from for e in after(held, revision) if e.told.gives is Gives.END] == [
        date(2015, 3, 31),
        date(2027, 3, 31),
    ]


_BEGINS = st.dates(date(2026, 3, 1), date(2026, 5, 31))
_ENDS = st.none() | st.integers(0, 60)


@st.composite
def _rows(draw: st.DrawFn) -> list[Row]:
    rows: list[Row] = []
    begins = sorted(draw(st.sets(_BEGINS, max_size=3)))
    for n, first in enumerate(begins):
        following = begins[n + 1] if n + 1 < len(begins) else None
        length = draw(_ENDS)
        last = None if length is None else first + timedelta(days=length)
        if last is not None and following is not None:
            last = min(last, following - timedelta(days=1))
        org = draw(st.sampled_from(["0101", "0202"]))
        rows.append(row(1, org, first.isoformat(), valid_until=last.isoformat() if last else ""))
    if draw(st.booleans()):
        since = draw(_BEGINS)
        rows.append(concurrent(row(1), "0301", since.isoformat(), (since + timedelta(days=20)).isoformat()))
    away: bool = draw(st.booleans())
    if rows and away:
        rows.append(on_leave(row(1), draw(_BEGINS).isoformat(), ""))
    return rows


@given(st.lists(_rows(), min_size=1, max_size=4), st.integers(0, 40))
def test_whatever_was_said_before_saying_it_again_changes_nothing(history: list[list[Row]], offset: int) -> None:
    held: list[Entry] = []
    today = date(2026, 3, 15) + timedelta(days=offset)
    for rows in history:
        held = after(held, revise(held, said(*rows), today))
        held = [entry(e.told, n, change=e.change) for n, e in enumerate(held, 1)]
        assert not revise(held, said(*rows), today)
        today += timedelta(days=1)


@given(_rows(), _rows(), st.integers(0, 40))
def test_the_past_of_a_post_that_is_over_never_changes_because_it_is_no_longer_said(
    first: list[Row], second: list[Row], offset: int
) -> None:
    today = date(2026, 3, 15) + timedelta(days=offset)
    held = entries(*first)
    over = [e for e in held if e.told.valid_until < today]
    revision = revise(held, said(*second), today)
    # A correction may rewrite it, silence may not.
    silenced = [c.entry for c in revision.closings if c.why is not LedgerChange.CORRECTED]
    assert not [e for e in over if e in silenced]
