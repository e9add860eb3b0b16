"""An assertion for a request is remembered on both databases: given once, found again by whom it was given to."""

import threading
from collections.abc import Iterator

import pytest

from iam.signin import sessions
from iam.signin.asserting import given
from iam.signin.sessions import Present
from iam.signin.tokens.clients import Client, ClientKind
from tests.bodies import Body
from tests.clients import a_client
from tests.entrance import Entrance, an_entrance


@pytest.fixture
def place(body: Body) -> Iterator[Entrance]:
    made = an_entrance(body)
    yield made
    made.store.dispose()


def a_system(place: Entrance, code: str) -> Client:
    detail = {"entity_id": f"https://{code}.city.example/sp", "acs": [f"https://{code}.city.example/acs"]}
    return a_client(place.store, ClientKind.SAML, "groupware", detail, code=code)[0]


def present(place: Entrance, which: int = 1) -> Present:
    found = place.look(place.staff(which, app=True).signs_in().token)
    assert isinstance(found, Present)
    return found


def test_of_two_who_bring_the_same_request_one_is_answered(place: Entrance) -> None:
    client, who, answers, gate = a_system(place, "a"), present(place), list[bool](), threading.Barrier(2)

    def bring() -> None:
        gate.wait(20)
        with place.store.act("test") as act:
            answers.append(given.give(act, client, "_r1", who.session, given.new_index()))

    two = [threading.Thread(target=bring) for _ in range(2)]
    for each in two:
        each.start()
    for each in two:
        each.join()
    assert sorted(answers) == [False, True]


def test_what_was_given_is_found_by_whom_it_was_given_to(place: Entrance) -> None:
    one, other = a_system(place, "a"), a_system(place, "b")
    who, else_ = present(place), present(place, 2)
    indexes = [given.new_index() for _ in range(3)]
    with place.store.act("test") as act:
        assert given.give(act, one, "_r1", who.session, indexes[0])
        assert given.give(act, other, "_r1", who.session, indexes[1]), "another system counts for itself"
        assert given.give(act, one, "_r2", else_.session, indexes[2])
    with place.store.read() as connection:
        mine = given.Given(indexes[0], who.session.id, who.entrant.person_id)
        assert given.given_to(connection, one, indexes[:2]) == [mine]
        assert given.given_for(connection, one, who.entrant.person_id) == [mine]
        assert given.told_besides(connection, one, {who.session.id})
        assert not given.told_besides(connection, one, {else_.session.id})
    with place.store.act("test") as act:
        assert sessions.end(act, who.session.id, "signed_out")
        assert given.given_for(act.connection, one, who.entrant.person_id) == []
        assert given.given_to(act.connection, one, indexes[:1]) == [mine], "an end is answered again"
