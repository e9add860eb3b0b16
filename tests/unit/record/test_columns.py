"""What instants and JSON look like when they are stored."""

from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Dialect, Integer, MetaData, Table, make_url, or_, select

from iam.record.columns import INSTANT_WIDTH, Instant, among, canonical_json, instant_text, local_text

JST = timezone(timedelta(hours=9))
AT = datetime(2026, 4, 1, tzinfo=UTC)
LITE, POSTGRES = (make_url(f"{name}://").get_dialect()() for name in ("sqlite", "postgresql+psycopg"))
CENTURIES = timedelta(days=365 * 300) // timedelta(microseconds=1)
instants = st.builds(
    lambda microseconds, zone: (AT + timedelta(microseconds=microseconds)).astimezone(zone),
    st.integers(-CENTURIES, CENTURIES),
    st.sampled_from([UTC, JST]),
)


class Colour(StrEnum):
    RED = "red"


@given(instants)
def test_an_instant_comes_back_as_it_went(at: datetime) -> None:
    text = Instant().process_bind_param(at, LITE)
    back = Instant().process_result_value(text, LITE)
    assert back == at
    assert back is not None
    assert back.tzinfo is UTC


@given(instants, instants)
def test_instants_as_text_sort_as_instants(one: datetime, other: datetime) -> None:
    assert (instant_text(one) < instant_text(other)) == (one < other)
    assert len(instant_text(one)) == INSTANT_WIDTH


@pytest.mark.parametrize("dialect", [LITE, POSTGRES])
def test_a_naive_instant_is_refused(dialect: Dialect) -> None:
    with pytest.raises(ValueError, match="zone"):
        Instant().process_bind_param(datetime(2026, 4, 1), dialect)  # noqa: DTZ001 - the point of the test


def test_people_read_instants_in_japanese_time() -> None:
    assert local_text(datetime(2026, 3, 31, 15, 0, tzinfo=UTC)) == "2026-04-01 00:00"


def test_json_has_one_text_whatever_the_order() -> None:
    assert canonical_json({"b": 1, "a": "山田"}) == canonical_json({"a": "山田", "b": 1}) == '{"a":"山田","b":1}'


def test_json_understands_the_values_of_the_domain() -> None:
    value = {
        "date": date(2026, 4, 1),
        "at": datetime(2026, 4, 1, tzinfo=JST),
        "set": frozenset({"b", "a"}),
        "tuple": (1, 2),
        "mapping": MappingProxyType({"x": Colour.RED}),
    }
    assert canonical_json(value) == (
        '{"at":"2026-03-31T15:00:00.000000Z","date":"2026-04-01","mapping":{"x":"red"},"set":["a","b"],"tuple":[1,2]}'
    )


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        canonical_json({"x": float("nan")})
    with pytest.raises(TypeError, match="object has no JSON form"):
        canonical_json({"x": object()})


@pytest.mark.parametrize("dialect", [LITE, POSTGRES])
def test_one_of_many_values_can_be_looked_up_in_an_index(dialect: Dialect) -> None:
    """SQLite holds `(x IN …) = 1` against every row of the table."""
    number = Table("thing", MetaData(), Column("number", Integer)).c.number
    one = among(number, [1, 2])
    for condition in (one, or_(one, number == 3)):
        assert "= 1" not in str(select(number).where(condition).compile(dialect=dialect))
