"""What every `Source` promises."""

from collections.abc import Container

import pytest

from iam.errors import SourceError
from iam.ports import Fingerprint, Source, SourceRow, Unreadable
from tests.contract.cases import SourceCase

PEOPLE = [
    {"staff_number": f"00{number}", "name": name, "category": "01", "org_code": "1010", "valid_from": "2026-04-01"}
    for number, name in enumerate(["山田 太郎", "佐藤 花子", "髙橋 一郎", "渡邉 ひろみ", "Smith John"], start=1)
]


def read(source: Source, known: Container[Fingerprint] = ()) -> tuple[list[Fingerprint], list[SourceRow | Unreadable]]:
    batches = list(source.read(known))
    return [mark for batch in batches for mark in batch.unchanged], [row for batch in batches for row in batch.rows]


def rows_of(source: Source) -> list[SourceRow]:
    return [row for row in read(source)[1] if isinstance(row, SourceRow)]


def test_every_row_comes_with_its_fields_and_its_place(source_case: SourceCase) -> None:
    source = source_case.holding(PEOPLE)

    rows = sorted(rows_of(source), key=lambda row: row.fields["staff_number"])

    assert [{name: row.fields[name] for name in PEOPLE[0]} for row in rows] == PEOPLE
    assert len({row.place for row in rows}) == len(PEOPLE)
    assert source.name


def test_fingerprints_are_sixteen_bytes_and_each_row_has_its_own(source_case: SourceCase) -> None:
    rows = rows_of(source_case.holding(PEOPLE))

    assert {len(row.fingerprint) for row in rows} == {16}
    assert len({row.fingerprint for row in rows}) == len(PEOPLE)


def test_what_is_known_comes_as_unchanged_and_nothing_else(source_case: SourceCase) -> None:
    source = source_case.holding(PEOPLE)
    known = {row.fingerprint for row in rows_of(source)}

    unchanged, rows = read(source, known)

    assert (sorted(unchanged), rows) == (sorted(known), [])


def test_only_what_changed_is_decoded(source_case: SourceCase) -> None:
    known = {row.fingerprint for row in rows_of(source_case.holding(PEOPLE))}
    changed = [*PEOPLE[:2], {**PEOPLE[2], "org_code": "2020"}, *PEOPLE[3:]]

    unchanged, rows = read(source_case.holding(changed), known)

    assert len(unchanged) == len(PEOPLE) - 1
    assert [row.fields["org_code"] for row in rows if isinstance(row, SourceRow)] == ["2020"]


def test_someone_who_left_is_neither_unchanged_nor_new(source_case: SourceCase) -> None:
    before = {row.fields["staff_number"]: row.fingerprint for row in rows_of(source_case.holding(PEOPLE))}

    unchanged, rows = read(source_case.holding(PEOPLE[:-1]), set(before.values()))

    assert rows == []
    assert set(before.values()) - set(unchanged) == {before["005"]}


def test_a_row_that_cannot_be_read_is_told_and_costs_no_other(source_case: SourceCase) -> None:
    _, rows = read(source_case.holding_unreadable(PEOPLE, "099"))

    (bad,) = (row for row in rows if isinstance(row, Unreadable))
    assert bad.staff_number == "099"
    assert bad.place
    assert bad.reason
    assert len(rows) == len(PEOPLE) + 1


def test_an_unreadable_row_is_known_by_its_fingerprint_too(source_case: SourceCase) -> None:
    source = source_case.holding_unreadable(PEOPLE, "099")
    _, rows = read(source)

    unchanged, again = read(source, {row.fingerprint for row in rows})

    assert (len(unchanged), again) == (len(PEOPLE) + 1, [])


def test_the_same_statement_read_twice_is_of_one_edition(source_case: SourceCase) -> None:
    source = source_case.holding(PEOPLE)
    read(source)
    first = source.edition

    read(source)

    assert source.edition == first


def test_another_statement_is_of_another_edition_or_the_source_is_live(source_case: SourceCase) -> None:
    source = source_case.holding(PEOPLE)
    read(source)
    first = source.edition

    later = source_case.holding(PEOPLE[:-1])
    read(later)

    assert first == later.edition == "" or (first and later.edition and first != later.edition)


def test_a_reading_that_is_cut_off_never_ends_normally(source_case: SourceCase) -> None:
    source = source_case.cut_off(PEOPLE)

    with pytest.raises(SourceError) as caught:
        read(source)

    assert str(caught.value).endswith("。")


def test_a_source_that_is_away_says_where_it_should_be(source_case: SourceCase) -> None:
    source = source_case.away()

    with pytest.raises(SourceError) as caught:
        read(source)

    assert str(caught.value).endswith("。")
