"""Accounts of the register of privileged IDs: no night touches them, and nobody's own ID is made of one."""

from collections.abc import Iterator

import pytest

from iam.errors import Conflict
from iam.sync.actual.reconcile import Sorting, link, sort_accounts
from tests.bodies import DAY, Body, row, rules
from tests.errands import PRIVILEGED_MODEL, ROOT, register
from tests.functional.sync.conftest import SqliteBody


@pytest.fixture
def body(sqlite_body: SqliteBody) -> Iterator[Body]:
    """Three IDs in the register: one like others, one under a person's number, one that the target does not have."""
    made = sqlite_body(of=rules(PRIVILEGED_MODEL))
    made.say(row(1), row(2))
    made.targets["gw"].place("kanri", enabled=False, rights=[ROOT])
    made.targets["gw"].place("kanri-yamada", "0000001", rights=[ROOT, "mail"])
    for login in ("kanri", "kanri-yamada", "0000002"):
        register(made, "gw", login)
    yield made
    made.store.dispose()


def test_no_night_touches_them_and_nobody_gets_their_login(body: Body) -> None:
    gw = body.targets["gw"]
    before = [gw.find("kanri"), gw.find("kanri-yamada")]

    first, *rest = [body.night(body.today + DAY) for _ in range(4)]

    assert {change.login for change in first.changes} == {"0000001", "00000022"}
    assert [(each.changes, each.disputes) for each in (first, *rest)][1:] == [([], [])] * 3
    assert first.disputes == []
    assert [gw.find("kanri"), gw.find("kanri-yamada")] == before
    assert (gw.rights_of("kanri"), gw.rights_of("kanri-yamada")) == ({ROOT}, {ROOT, "mail"})
    assert (body.login(1), body.login(2)) == ("0000001", "00000022")


def test_they_are_shown_as_the_registers_and_cannot_be_linked_to_a_person(body: Body) -> None:
    body.night()
    gw = body.targets["gw"]
    with body.store.read() as connection:
        (batch,) = gw.read(())
        found = {each.login: each for each in sort_accounts(connection, "gw", batch.accounts, batch.groups, body.today)}
    theirs = gw.find("kanri-yamada")
    assert theirs

    with body.store.act("unyou") as act, pytest.raises(Conflict, match="特権ID台帳"):
        link(act, "gw", theirs, body.today)

    assert {login: found[login].sorting for login in ("kanri", "kanri-yamada", "0000002", "0000001")} == {
        "kanri": Sorting.PROTECTED, "kanri-yamada": Sorting.PROTECTED, "0000002": Sorting.MISSING,
        "0000001": Sorting.LINKED,
    }  # fmt: skip
    assert all("特権ID台帳" in found[login].words for login in ("kanri", "kanri-yamada", "0000002"))
    assert "root" in found["kanri"].words
