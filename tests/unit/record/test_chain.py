"""The canonical form and the chain."""

import json
from datetime import UTC, datetime
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from iam.record.audit.chain import GENESIS, Chain, Entry, Head, Raw, canonical
from iam.record.columns import canonical_json, instant_text

AT = datetime(2026, 4, 1, tzinfo=UTC)

texts = st.text(st.characters(exclude_categories=["Cs"]))
details = st.dictionaries(texts, st.none() | st.booleans() | st.integers() | texts | st.lists(texts), max_size=4)
records = st.tuples(
    st.integers(1, 2**63 - 1), st.just(AT), texts, texts, texts, texts, details.map(canonical_json), texts, st.just("")
)


def members_of(record: Raw) -> dict[str, object]:
    number, _, actor, on_behalf, action, subject, detail, previous, _ = record
    return {
        "number": number,
        "previous": previous,
        "at": instant_text(AT),
        "actor": actor,
        "on_behalf": on_behalf,
        "action": action,
        "subject": subject,
        "detail": json.loads(detail),
    }


@given(records)
def test_the_canonical_line_is_one_line_of_json_that_says_every_member(record: Raw) -> None:
    line = canonical(record, instant_text(AT))
    assert b"\n" not in line
    assert json.loads(line) == members_of(record)


@given(records, records)
def test_different_records_have_different_lines(one: Raw, other: Raw) -> None:
    same_line = canonical(one, instant_text(AT)) == canonical(other, instant_text(AT))
    assert same_line == (one == other)


@given(st.lists(st.tuples(texts, texts), min_size=1))
def test_a_boundary_between_members_cannot_be_moved(pairs: list[tuple[str, str]]) -> None:
    lines = {
        canonical((1, AT, actor, "", "x.done", subject, "{}", GENESIS, ""), instant_text(AT))
        for actor, subject in pairs
    }
    assert len(lines) == len(set(pairs))


def test_the_canonical_line_is_this_very_text() -> None:
    # Hashes of years ago depend on every byte of it.
    record = (7, AT, "tanaka", "", "account.disabled", "gyosei/u1", '{"理由":"退職"}', "ab", "")
    assert canonical(record, instant_text(AT)).decode() == (
        '{"number":7,"previous":"ab","at":"2026-04-01T00:00:00.000000Z","actor":"tanaka","on_behalf":"",'
        '"action":"account.disabled","subject":"gyosei/u1","detail":{"理由":"退職"}}'
    )


def test_each_row_carries_the_hash_of_the_one_before() -> None:
    chain = Chain(Head(0, GENESIS))
    rows = list(chain.rows(AT, "tanaka", "", [Entry("a.done", str(number), "{}") for number in range(3)]))
    assert [row[0] for row in rows] == [1, 2, 3]
    assert [row[7] for row in rows] == [GENESIS, rows[0][8], rows[1][8]]
    assert rows[0][8] == sha256(canonical(rows[0], instant_text(AT))).hexdigest()
    assert chain.head == Head(3, rows[2][8])
