"""A password is nowhere: not in the database, the audit, an error or a printed value."""

import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from iam.errors import Busy, Conflict, IntegrityError
from iam.record.store import metadata
from iam.signin.passwords.hashing import Hasher
from iam.signin.passwords.judging import judge, words_of
from iam.signin.passwords.kept import Why, note_used, require_change, rewrap, set_own
from tests.cheap import CHEAP
from tests.functional.signin.passwords.conftest import YAMADA, Desk

CANARIES = ("kanarienvogel-gelb-41", "kanarienvogel-blau-42", "kanarienvogel-rot-43")


def everything(desk: Desk) -> str:
    """Every cell of every table, as text; what is sealed also as it looks opened."""
    cells: list[str] = []
    with desk.store.read() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)):
                cells += [cell.decode("latin-1") if isinstance(cell, bytes) else str(cell) for cell in row]
    return "\n".join(cells)


def test_a_password_appears_in_no_table_whatever_happens_to_it(desk: Desk) -> None:
    first, second, third = CANARIES
    desk.sets(first)
    desk.is_issued(second)
    kept = desk.kept()
    with desk.store.act("door") as act:
        assert note_used(act, kept)
        assert rewrap(act, kept, desk.hasher.wrap(YAMADA, second))
    desk.sets(third)
    with desk.store.act("staff:9") as act:
        require_change(act, YAMADA, Why.LEAK)
    dump = everything(desk)
    assert "password.issued" in dump
    for canary in CANARIES:
        assert canary not in dump
        assert canary.encode().hex() not in dump
        assert desk.hasher.verify(YAMADA, desk.kept().sealed, canary) == (canary == third)


def test_no_hash_lies_open_in_the_database(desk: Desk) -> None:
    desk.sets(CANARIES[0])
    desk.sets(CANARIES[1])
    assert "argon2" not in everything(desk)


def test_errors_and_printed_values_hold_no_password_and_no_hash(desk: Desk) -> None:
    desk.sets(CANARIES[0])
    kept = desk.kept()
    said = [repr(kept), repr(desk.hasher), repr(desk.hasher.parameters)]
    full = Hasher(desk.store.keys, CHEAP, at_once=1, waiting=0)
    with full._turn(), pytest.raises(Busy) as busy:  # noqa: SLF001 - a hash that is under way
        full.verify(YAMADA, kept.sealed, CANARIES[0])
    with pytest.raises(IntegrityError) as forged:
        full.verify(YAMADA + 1, kept.sealed, CANARIES[0])
    with pytest.raises(Conflict) as late, desk.store.act("staff:1") as act:
        set_own(act, YAMADA, full.wrap(YAMADA, CANARIES[1]), was=None, history=1)
    said += ["".join(traceback.format_exception(each.value)) for each in (busy, forged, late)]
    for text in said:
        assert "kanarienvogel" not in text
        assert str(kept.sealed) not in text


@given(st.text(min_size=3, max_size=40))
def test_no_problem_repeats_a_piece_of_the_password(password: str) -> None:
    words = words_of(names=[password], body=[password])
    for problem in judge(password, minimum=100, words=words, listed=lambda _: True):
        assert not {"password", "text"} & problem.values.keys()
        assert all(not isinstance(value, str) or value in {"name", "body"} for value in problem.values.values())
