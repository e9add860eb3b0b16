"""What becomes of terminals: written into the register, changed, lent, brought back, lost, found, retired.

The one law: *a terminal is with one person or with nobody* (OITA-S7.4.1.1): every
move is one conditional statement on where it is now, so of two officers who lend
the same one, one is refused; and every move is in the audit.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Final, Self

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError as ConstraintBroken

from iam.access.model import AccessModel
from iam.access.places.marks import address_of, certificate_of, mac_of
from iam.access.places.terminals import Terminal, TerminalKind, TerminalState, terminal, terminal_table
from iam.errors import Conflict, NotFound, SheetError
from iam.people.ledger import person_table
from iam.policy.profile import Profile
from iam.record.act import Act
from iam.record.columns import jst_day

LONGEST: Final = 100
"""Characters of an asset number, a name or a note."""

MARKS: Final = {"certificate": "証明書", "mac": "MACアドレス", "address": "IPアドレス"}
"""What a terminal is known by, with the word for it."""

LABELS: Final[Mapping[str, str]] = {
    "code": "管理番号", "name": "名称", "kind": "種別", "zone": "領域", "tasks": "専用の業務", **MARKS,
    "outside": "庁外への持出し", "note": "備考",
}  # fmt: skip
"""The word for each field."""

_FORMS: Final = {"certificate": certificate_of, "mac": mac_of, "address": address_of}
_KEPT: Final = frozenset({TerminalState.IN_STOCK, TerminalState.IN_USE})


@dataclass(frozen=True, slots=True)
class Known:
    """What the body knows that a terminal may belong to: zones and systems, code to name."""

    zones: Mapping[str, str]
    systems: Mapping[str, str]

    @classmethod
    def of(cls, profile: Profile, model: AccessModel) -> Self:
        """As profile and access model say."""
        zones = {zone.code: zone.label for zone in profile.zones}
        return cls(zones, {code: system.name for code, system in model.systems.items()})


@dataclass(frozen=True, slots=True)
class Particulars:
    """What the register says of a terminal, as somebody wrote it; the marks in any spelling.

    `zone`: its code, "" in a body without zones.  `tasks`: codes of the systems that it is set apart for.
    """

    code: str
    name: str
    kind: TerminalKind = TerminalKind.PC
    zone: str = ""
    tasks: tuple[str, ...] = ()
    certificate: str = ""
    mac: str = ""
    address: str = ""
    outside: bool = False
    note: str = ""

    @classmethod
    def of(cls, found: Terminal) -> Self:
        """What stands in the register."""
        return cls(**{each.name: getattr(found, each.name) for each in fields(cls)})


@dataclass(frozen=True, slots=True)
class Loss:
    """A terminal that was lost, and who had it (person id): whoever reports it ends that person's sessions."""

    terminal: Terminal
    person_id: int | None


def mistakes(given: Particulars, known: Known) -> dict[str, str]:
    """What is wrong in it, by field, each in one sentence; whether others have the same marks is `taken`'s to say."""
    found = {name: "空にはできません。" for name in ("code", "name") if not getattr(given, name).strip()}
    for name in ("code", "name", "note"):
        text = _plain(getattr(given, name))
        if len(text) > LONGEST:
            found[name] = f"{LONGEST}文字までにしてください。"
        elif not text.isprintable():
            found[name] = "改行や制御文字は使えません。"
    for name, form in _FORMS.items():
        try:
            form(getattr(given, name))
        except ValueError as error:
            found[name] = str(error)
    found |= _wrong_zone(given.zone, known)
    if unknown := [code for code in given.tasks if code not in known.systems]:
        found["tasks"] = f"情報システム「{unknown[0]}」はありません。{'、'.join(known.systems)} から選んでください。"
    return found


def _wrong_zone(zone: str, known: Known) -> dict[str, str]:
    if zone in known.zones or (not zone and not known.zones):
        return {}
    if not known.zones:
        return {"zone": "この団体に領域の区分はありません。空にしてください。"}
    said = f"領域「{zone}」はありません" if zone else "領域がありません"
    return {"zone": f"{said}。{'、'.join(known.zones)} のいずれかにしてください。"}


def normal(given: Particulars) -> Particulars:
    """The same with every mark in the register's spelling.

    Raises:
        ValueError: for a mark that `mistakes` tells of.
    """
    return replace(
        given,
        code=_plain(given.code),
        name=_plain(given.name),
        note=_plain(given.note),
        certificate=certificate_of(given.certificate),
        mac=mac_of(given.mac),
        address=address_of(given.address),
        tasks=tuple(dict.fromkeys(given.tasks)),
    )


def _plain(text: str) -> str:
    return text.replace("\u3000", " ").strip()


def taken(connection: Connection, given: Particulars) -> dict[str, str]:
    """The marks that another terminal has already, by field, each in one sentence; `given` is `normal`."""
    columns = terminal_table.c
    found = {}
    for name, label in MARKS.items():
        mark = getattr(given, name)
        query = select(columns.code).where(columns[name] == mark, columns.code != given.code)
        if mark and (other := connection.execute(query).scalar()) is not None:
            found[name] = f"この{label}は、管理番号「{other}」の端末に登録されています。どちらかを直してください。"
    return found


def register(act: Act, known: Known, given: Particulars, *, in_use: bool = True) -> Terminal:
    """Write a new terminal into the register, in use at once or kept for later.

    Raises:
        SheetError: with every mistake in it; Conflict: its asset number, or one of its marks, is taken.
    """
    given = _sound(act.connection, known, given)
    columns = terminal_table.c
    if act.connection.execute(select(columns.id).where(columns.code == given.code)).first():
        raise Conflict(f"管理番号「{given.code}」の端末は、すでに台帳にあります。")
    state = TerminalState.IN_USE if in_use else TerminalState.IN_STOCK
    try:
        act.connection.execute(terminal_table.insert().values(row_of(given, state, act)))
    except ConstraintBroken as error:
        raise _overtaken(given.code) from error
    act.record("terminal.registered", f"terminal {given.code}", {**told(given), "state": state})
    return terminal(act.connection, given.code)


def change(act: Act, known: Known, given: Particulars) -> Terminal:
    """Say something else of the terminal with this asset number; where it is stays as it was.

    Raises:
        NotFound: the register has none; SheetError: with every mistake in it; Conflict: one of its marks is taken.
    """
    before = terminal(act.connection, _plain(given.code))
    given = _sound(act.connection, known, given)
    different = differences(Particulars.of(before), given)
    if not different:
        return before
    try:
        act.connection.execute(
            update(terminal_table)
            .where(terminal_table.c.id == before.id)
            .values(**columns_of(given), changed_at=act.at)
        )
    except ConstraintBroken as error:
        raise _overtaken(given.code) from error
    act.record("terminal.changed", f"terminal {given.code}", different)
    return terminal(act.connection, given.code)


def lend(act: Act, code: str, person_id: int, until: date | None = None) -> Terminal:
    """Lend it to somebody until a day (inclusive), or until it is brought back.

    Raises:
        NotFound: no such terminal or person; Conflict: it is neither kept nor in use, or the day is over.
    """
    if until is not None and until < jst_day(act.at):
        raise Conflict("返却期限は、今日以降の日にしてください。")
    if act.connection.execute(select(person_table.c.id).where(person_table.c.id == person_id)).first() is None:
        raise NotFound("その職員は台帳にいません。職員番号を確かめてください。")
    _moved(act, code, _KEPT, TerminalState.LENT, person_id=person_id, lent_until=until)
    act.record("terminal.lent", f"terminal {code}", {"person": person_id, "until": until})
    return terminal(act.connection, code)


def prolong(act: Act, code: str, until: date | None) -> Terminal:
    """Lend it for longer or shorter to whoever has it.

    Raises:
        NotFound: no such terminal; Conflict: it is not lent, or the day is over.
    """
    if until is not None and until < jst_day(act.at):
        raise Conflict("返却期限は、今日以降の日にしてください。")
    before = _moved(act, code, {TerminalState.LENT}, TerminalState.LENT, lent_until=until)
    act.record("terminal.prolonged", f"terminal {code}", {"person": before.person_id, "until": until})
    return terminal(act.connection, code)


def give_back(act: Act, code: str) -> Loss:
    """It was brought back and is kept; whoever had it.

    Raises:
        NotFound: no such terminal; Conflict: it is not lent.
    """
    before = _moved(act, code, {TerminalState.LENT}, TerminalState.IN_STOCK)
    act.record("terminal.returned", f"terminal {code}", {"person": before.person_id})
    return Loss(terminal(act.connection, code), before.person_id)


def report_lost(act: Act, code: str, reason: str) -> Loss:
    """It is lost, by whoever has it or from its place: it lets nobody in from here on.

    The caller ends the sessions of whoever had it, in the same act (OITA-S6.4.1).

    Raises:
        NotFound: no such terminal; Conflict: it was lost before, or is retired.
    """
    before = _moved(act, code, {*_KEPT, TerminalState.LENT}, TerminalState.LOST)
    act.record("terminal.lost", f"terminal {code}", {"person": before.person_id, "reason": reason})
    return Loss(terminal(act.connection, code), before.person_id)


def found_again(act: Act, code: str, reason: str) -> Terminal:
    """It was found and looked at, and is kept again.

    Raises:
        NotFound: no such terminal; Conflict: it was not lost.
    """
    _moved(act, code, {TerminalState.LOST}, TerminalState.IN_STOCK)
    act.record("terminal.found", f"terminal {code}", {"reason": reason})
    return terminal(act.connection, code)


def put_to_use(act: Act, code: str) -> Terminal:
    """It stands at its place and is used by whoever works there.

    Raises:
        NotFound: no such terminal; Conflict: it is not kept.
    """
    _moved(act, code, {TerminalState.IN_STOCK}, TerminalState.IN_USE)
    act.record("terminal.used", f"terminal {code}")
    return terminal(act.connection, code)


def restock(act: Act, code: str) -> Terminal:
    """It is taken from its place and kept.

    Raises:
        NotFound: no such terminal; Conflict: it is not in use.
    """
    _moved(act, code, {TerminalState.IN_USE}, TerminalState.IN_STOCK)
    act.record("terminal.restocked", f"terminal {code}")
    return terminal(act.connection, code)


def retire(act: Act, code: str, reason: str) -> Terminal:
    """It is out of use for good.  Certificate and MAC stay known, so that it lets nobody in; its address is free.

    Raises:
        NotFound: no such terminal; Conflict: it is lent, or retired already.
    """
    before = _moved(act, code, {*_KEPT, TerminalState.LOST}, TerminalState.RETIRED, address=None)
    act.record("terminal.retired", f"terminal {code}", {"was": before.state, "reason": reason})
    return terminal(act.connection, code)


def _moved(act: Act, code: str, places: Collection[TerminalState], to: TerminalState, **values: object) -> Terminal:
    """Move a terminal if it is in one of `places`; answers what it was before."""
    before = terminal(act.connection, code)
    columns = terminal_table.c
    values = {"person_id": before.person_id if to is TerminalState.LENT else None, "lent_until": None, **values}
    moved = act.connection.execute(
        update(terminal_table)
        .where(
            columns.id == before.id,
            columns.state == before.state,
            columns.state.in_(places),
            columns.person_id.is_not_distinct_from(before.person_id),
        )
        .values(state=to, changed_at=act.at, **values)
    )
    if moved.rowcount != 1:
        now = terminal(act.connection, code).state.label_ja
        raise Conflict(f"管理番号「{code}」の端末はいま「{now}」のため、この操作はできません。")
    return before


def columns_of(given: Particulars) -> dict[str, Any]:
    """What the row holds of it; `given` is `normal`."""
    marks = {name: getattr(given, name) or None for name in MARKS}
    return {
        "name": given.name, "kind": given.kind.value, "zone": given.zone, "tasks": list(given.tasks),
        "outside": given.outside, "note": given.note, **marks,
    }  # fmt: skip


def row_of(given: Particulars, state: TerminalState, act: Act) -> dict[str, Any]:
    """A new row; `given` is `normal`."""
    return {
        **columns_of(given), "code": given.code, "state": state.value, "person_id": None, "lent_until": None,
        "registered_at": act.at, "changed_at": act.at,
    }  # fmt: skip


def told(given: Particulars) -> dict[str, Any]:
    """What the audit holds of it."""
    return {each.name: getattr(given, each.name) for each in fields(given) if each.name != "code"}


def differences(was: Particulars, now: Particulars) -> dict[str, Any]:
    """What is said otherwise, by field."""
    before, after = told(was), told(now)
    return {name: {"from": before[name], "to": after[name]} for name in after if before[name] != after[name]}


def _sound(connection: Connection, known: Known, given: Particulars) -> Particulars:
    """`given` in the register's spelling, when nothing is wrong in it and its marks are free."""
    if wrong := mistakes(given, known):
        raise SheetError([f"{LABELS[name]}: {sentence}" for name, sentence in wrong.items()])
    given = normal(given)
    if held := taken(connection, given):
        raise Conflict(next(iter(held.values())))
    return given


def _overtaken(code: str) -> Conflict:
    return Conflict(f"管理番号「{code}」の端末か、その証明書・MAC・IPアドレスが、いま別の担当者に登録されました。")
