"""The register of terminals: what names one, where each goes, and lists that come in whole."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest

from iam.access.places import register as books
from iam.access.places.register import Known, Particulars
from iam.access.places.taking_in import Line, take_in, why_not_take_in
from iam.access.places.terminals import (
    Sought,
    Terminal,
    TerminalKind,
    TerminalState,
    how_many,
    states,
    terminal,
    terminal_of,
    terminals,
)
from iam.errors import Conflict, NotFound, SheetError
from iam.record.act import Act
from tests.offices import Office

KNOWN = Known({"inner": "奥", "outer": "手前"}, {"juki": "住民記録"})
DIGEST, OTHER = "ab" * 32, "cd" * 32
MAC = "02:00:5e:10:00:01"
FIRST = Particulars(
    "PC-1",
    "窓口　1",
    zone="inner",
    tasks=("juki",),
    certificate=DIGEST.upper(),
    mac="02-00-5E-10-00-01",
    address="10.1.1.1",
)
SECOND = Particulars("PC-2", "窓口2", zone="inner", mac="0200.5e10.0002")


def did(office: Office, deed: Callable[[Act], Any]) -> Any:  # noqa: ANN401 - whatever the deed gives
    with office.store.act("staff:0000001") as act:
        return deed(act)


def registered(office: Office, *given: Particulars) -> None:
    for each in given:
        did(office, partial(books.register, known=KNOWN, given=each))


def named(office: Office, **marks: Any) -> str:  # noqa: ANN401 - as terminal_of
    with office.store.read() as connection:
        found = terminal_of(connection, **marks)
    return found.code if found else ""


def named_where_asked(office: Office, **marks: Any) -> str:  # noqa: ANN401 - as above
    """The same where a certificate is asked for."""
    with office.store.read() as connection:
        found = terminal_of(connection, checked=True, **marks)
    return found.code if found else ""


def found(office: Office, code: str) -> Terminal:
    with office.store.read() as connection:
        return terminal(connection, code)


def test_a_terminal_is_known_by_certificate_mac_address_and_number_in_any_spelling(office: Office) -> None:
    registered(office, FIRST, SECOND)

    assert (found(office, "PC-1").name, found(office, "PC-1").mac, found(office, "PC-1").certificate) == (
        "窓口 1", MAC, DIGEST,
    )  # fmt: skip
    for marks in (
        {"certificate": ":".join([DIGEST[:32], DIGEST[32:]]).upper()},
        {"mac": "02005E100001"},
        {"address": "::ffff:10.1.1.1"},
        {"code": "PC-1"},
        {"certificate": DIGEST, "mac": MAC, "address": "10.1.1.1", "code": "PC-1"},
        {"certificate": DIGEST, "address": "203.0.113.5"},
    ):
        assert named(office, **marks) == "PC-1", marks


def test_what_names_two_terminals_or_contradicts_the_register_names_nobody(office: Office) -> None:
    registered(office, FIRST, SECOND)

    for marks in (
        {},
        {"mac": ""},
        {"certificate": DIGEST, "mac": "02-00-5E-10-00-02"},
        {"address": "10.1.1.1", "mac": "02-00-5E-10-00-02"},
        {"certificate": OTHER, "address": "10.1.1.1"},
        {"mac": "02-00-5E-10-00-09", "address": "10.1.1.1"},
        {"certificate": "no certificate", "address": "10.1.1.1"},
        {"mac": "junk\0", "code": "PC-9\0\ud800"},
    ):
        assert named(office, **marks) == "", marks


def test_where_certificates_are_asked_for_an_address_does_not_stand_for_one(office: Office) -> None:
    registered(office, FIRST, replace(SECOND, address="10.1.1.2"))

    assert named_where_asked(office, address="10.1.1.1") == ""
    assert named_where_asked(office, address="10.1.1.1", certificate=DIGEST) == "PC-1"
    assert named_where_asked(office, address="10.1.1.1", mac=MAC) == "PC-1"
    assert named_where_asked(office, code="PC-1") == "PC-1", "an officer asks"
    assert named_where_asked(office, address="10.1.1.2") == "PC-2", "it has no certificate"
    did(office, lambda act: books.report_lost(act, "PC-1", "電車に置き忘れた"))
    assert named_where_asked(office, address="10.1.1.1") == "PC-1", "lost, whatever it shows"


def test_a_mark_is_of_one_terminal_and_every_mistake_is_told(office: Office) -> None:
    registered(office, FIRST)
    twice = Particulars("PC-3", "別の端末", zone="inner", mac=MAC)
    with pytest.raises(Conflict, match="管理番号「PC-1」の端末に登録されています"):
        registered(office, twice)
    with pytest.raises(Conflict, match="すでに台帳にあります"):
        registered(office, FIRST)
    wrong = Particulars(" ", "x" * 101, zone="nowhere", tasks=("gone",), certificate="12", mac="zz", address="pc")
    assert set(books.mistakes(wrong, KNOWN)) == {"code", "name", "zone", "tasks", "certificate", "mac", "address"}
    with pytest.raises(SheetError, match="領域「nowhere」はありません。inner、outer のいずれか"):
        registered(office, wrong)
    undivided = Known({}, {})
    assert books.mistakes(Particulars("A", "a"), undivided) == {}
    assert set(books.mistakes(Particulars("A", "a", zone="inner"), undivided)) == {"zone"}
    assert set(books.mistakes(Particulars("A", "a"), KNOWN)) == {"zone"}
    assert len(office.hall.audited("terminal.registered")) == 1


def test_a_terminal_goes_from_hand_to_hand_and_every_move_is_recorded(office: Office) -> None:
    registered(office, FIRST, SECOND)
    yamada, until = office.person(1), office.today + timedelta(days=30)

    lent = did(office, lambda act: books.lend(act, "PC-1", yamada.id, until))
    assert (lent.state, lent.person_id, lent.lent_until, lent.lets_in) == (TerminalState.LENT, yamada.id, until, True)
    assert did(office, lambda act: books.prolong(act, "PC-1", None)).lent_until is None
    lost = did(office, lambda act: books.report_lost(act, "PC-1", "電車"))
    assert (lost.person_id, lost.terminal.state, lost.terminal.person_id) == (yamada.id, TerminalState.LOST, None)
    assert (named(office, mac=MAC), lost.terminal.lets_in) == ("PC-1", False)
    did(office, lambda act: books.found_again(act, "PC-1", "届いた"))
    did(office, lambda act: books.put_to_use(act, "PC-1"))
    did(office, lambda act: books.restock(act, "PC-1"))
    did(office, lambda act: books.lend(act, "PC-1", yamada.id))
    assert did(office, lambda act: books.give_back(act, "PC-1")).person_id == yamada.id
    gone = did(office, lambda act: books.retire(act, "PC-1", "古い"))
    assert (gone.state, gone.address, named(office, certificate=DIGEST)) == (TerminalState.RETIRED, "", "PC-1")

    verbs = ("lent", "prolonged", "lost", "found", "used", "restocked", "lent", "returned", "retired")
    assert {verb: len(office.hall.audited(f"terminal.{verb}")) for verb in verbs} == {
        **dict.fromkeys(verbs, 1), "lent": 2,
    }  # fmt: skip
    with office.store.read() as connection:
        assert states(connection) == {TerminalState.RETIRED: 1, TerminalState.IN_USE: 1}


def test_a_move_from_where_it_is_not_is_refused(office: Office) -> None:
    registered(office, FIRST)
    yamada, yesterday = office.person(1), office.today - timedelta(days=1)
    did(office, lambda act: books.retire(act, "PC-1", "古い"))

    refused: list[tuple[Callable[[Act], object], type[Exception]]] = [
        (lambda act: books.lend(act, "PC-1", yamada.id), Conflict),
        (lambda act: books.lend(act, "PC-1", yamada.id, yesterday), Conflict),
        (lambda act: books.lend(act, "PC-1", 999_999), NotFound),
        (lambda act: books.give_back(act, "PC-1"), Conflict),
        (lambda act: books.prolong(act, "PC-1", None), Conflict),
        (lambda act: books.report_lost(act, "PC-1", "x"), Conflict),
        (lambda act: books.found_again(act, "PC-1", "x"), Conflict),
        (lambda act: books.put_to_use(act, "PC-1"), Conflict),
        (lambda act: books.restock(act, "PC-1"), Conflict),
        (lambda act: books.retire(act, "PC-1", "x"), Conflict),
        (lambda act: books.retire(act, "PC-9", "x"), NotFound),
        (lambda act: books.change(act, KNOWN, Particulars("PC-9", "x", zone="inner")), NotFound),
    ]
    for deed, kind in refused:
        with pytest.raises(kind):
            did(office, deed)


def test_of_two_officers_who_lend_the_same_terminal_at_once_one_is_refused(office: Office) -> None:
    registered(office, FIRST)
    people, ready = [office.person(1), office.person(2)], Barrier(2)

    def lends(person_id: int) -> Terminal | Conflict:
        ready.wait(20)
        try:
            lent: Terminal = did(office, lambda act: books.lend(act, "PC-1", person_id))
        except Conflict as refused:
            return refused
        return lent

    with ThreadPoolExecutor() as pool:
        done = list(pool.map(lends, [who.id for who in people]))

    (lent,) = [each for each in done if isinstance(each, Terminal)]
    assert sum(isinstance(each, Conflict) for each in done) == 1
    assert found(office, "PC-1").person_id == lent.person_id


def test_a_list_registers_what_is_new_changes_what_differs_and_swaps_marks(office: Office) -> None:
    registered(office, FIRST, SECOND)
    third = Particulars("PC-3", "タブレット", TerminalKind.TABLET, zone="outer", outside=True)
    swapped = (
        Particulars("PC-1", "窓口 1", zone="inner", mac=SECOND.mac),
        Particulars("PC-2", "窓口2", zone="inner", mac=MAC),
    )
    lines = [Line(f"{at}行目", each) for at, each in enumerate((*swapped, third), start=2)]

    first = did(office, lambda act: take_in(act, KNOWN, lines))
    again = did(office, lambda act: take_in(act, KNOWN, lines))

    assert (first.registered, first.changed, first.unchanged) == (1, 2, 0)
    assert (again.registered, again.changed, again.unchanged) == (0, 0, 3)
    assert (named(office, mac=MAC), named(office, certificate=DIGEST), found(office, "PC-3").outside) == (
        "PC-2",
        "",
        True,
    )
    (one, two) = [detail for _, _, detail in office.hall.audited("terminal.changed")]
    assert ("mac" in one, "certificate" in one, "certificate" in two) == (True, True, False)


def test_a_list_with_a_mistake_changes_nothing_and_names_every_line(office: Office) -> None:
    registered(office, FIRST)
    lines = [
        Line("2行目", Particulars("PC-1", "新しい名", zone="inner")),
        Line("3行目", Particulars("PC-7", "x", zone="inner", mac="0200.5e10.0007")),
        Line("4行目", Particulars("PC-8", "x", zone="inner", mac="02-00-5E-10-00-07")),
        Line("5行目", Particulars("PC-9", "", zone="nowhere")),
    ]
    with pytest.raises(SheetError) as told:
        did(office, lambda act: take_in(act, KNOWN, lines))
    assert told.value.problems == (
        "5行目: 名称: 空にはできません。",
        "5行目: 領域: 領域「nowhere」はありません。inner、outer のいずれかにしてください。",
        "4行目: MACアドレス「02:00:5e:10:00:07」が3行目にもあります。どちらかを直してください。",
    )
    with office.store.read() as connection:
        taken = why_not_take_in(connection, KNOWN, [Line("2行目", Particulars("PC-5", "x", zone="inner", mac=MAC))])
    assert taken == [f"2行目: MACアドレス「{MAC}」は、管理番号「PC-1」の端末に登録されています。"]
    assert (found(office, "PC-1").name, len(office.hall.audited("terminal.changed"))) == ("窓口 1", 0)


def test_terminals_are_found_by_any_word_and_by_what_they_are(office: Office) -> None:
    registered(office, FIRST, SECOND, Particulars("TB-1", "貸出 100%", TerminalKind.TABLET, zone="outer", outside=True))
    yamada = office.person(1)
    did(office, lambda act: books.lend(act, "TB-1", yamada.id))

    def codes(sought: Sought) -> list[str]:
        with office.store.read() as connection:
            listed = terminals(connection, sought)
            assert how_many(connection, sought) == len(listed)
            return [each.terminal.code for each in listed]

    assert codes(Sought()) == ["PC-1", "PC-2", "TB-1"]
    for words in ("tb-1", "貸出", yamada.number, "100% 貸出"):
        assert codes(Sought(words)) == ["TB-1"], words
    assert (codes(Sought("0200.5E10.0001")), codes(Sought("10.1.1")), codes(Sought("1%5"))) == (["PC-1"], ["PC-1"], [])
    assert codes(Sought(zone="inner", state=TerminalState.IN_USE)) == ["PC-1", "PC-2"]
    assert codes(Sought(kind=TerminalKind.TABLET, person_id=yamada.id)) == ["TB-1"]
    with office.store.read() as connection:
        (page,) = terminals(connection, Sought(), skip=2, limit=1)
    assert (page.terminal.code, page.staff_number) == ("TB-1", yamada.number)
