"""A whole list of terminals, as an asset management system writes it.

The one law: *a list comes in whole or not at all*, with everything that is wrong in it told at once;
what it does not name stays as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError as ConstraintBroken

from iam.access.places.register import (
    LABELS,
    MARKS,
    Known,
    Particulars,
    columns_of,
    differences,
    mistakes,
    normal,
    row_of,
    told,
)
from iam.access.places.terminals import Terminal, TerminalState, terminal_table, terminals_by_code
from iam.errors import Conflict, SheetError
from iam.record.act import Act
from iam.record.columns import among
from iam.record.store import bulk_insert

COLUMNS = (
    "code", "name", "kind", "zone", "tasks", *MARKS, "state", "person_id", "lent_until", "outside", "note",
    "registered_at", "changed_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list, and where it stands ("3行目")."""

    place: str
    given: Particulars


@dataclass(frozen=True, slots=True)
class TakenIn:
    """How many of a list were new, how many said something else, how many nothing new."""

    registered: int
    changed: int
    unchanged: int


def why_not_take_in(connection: Connection, known: Known, lines: Sequence[Line]) -> list[str]:
    """Everything that stands against the list, each in one sentence that begins with its place."""
    sound: list[Line] = []
    problems: list[str] = []
    for line in lines:
        if wrong := mistakes(line.given, known):
            problems += [f"{line.place}: {LABELS[name]}: {sentence}" for name, sentence in wrong.items()]
        else:
            sound.append(Line(line.place, normal(line.given)))
    return [*problems, *_twice(sound), *_taken(connection, sound)]


def _twice(lines: Sequence[Line]) -> list[str]:
    seen: dict[tuple[str, str], str] = {}
    problems = []
    for line in lines:
        for name in ("code", *MARKS):
            mark = getattr(line.given, name)
            first = seen.setdefault((name, mark), line.place)
            if mark and first != line.place:
                problems.append(
                    f"{line.place}: {LABELS[name]}「{mark}」が{first}にもあります。どちらかを直してください。"
                )
    return problems


def _taken(connection: Connection, lines: Sequence[Line]) -> list[str]:
    """Marks that a terminal has which the list does not name."""
    codes = {line.given.code for line in lines}
    columns = terminal_table.c
    problems = []
    for name, label in MARKS.items():
        marks = {mark: line.place for line in lines if (mark := getattr(line.given, name))}
        query = select(columns.code, columns[name].label("mark")).where(among(columns[name], list(marks)))
        problems += [
            f"{marks[row.mark]}: {label}「{row.mark}」は、管理番号「{row.code}」の端末に登録されています。"
            for row in connection.execute(query)
            if row.code not in codes
        ]
    return problems


def take_in(act: Act, known: Known, lines: Sequence[Line], *, in_use: bool = True) -> TakenIn:
    """Write the list: new asset numbers are registered, what is said otherwise of known ones is changed.

    Raises:
        SheetError: with everything that stands against it; Conflict: somebody else registered one meanwhile.
    """
    if problems := why_not_take_in(act.connection, known, lines):
        raise SheetError(problems)
    given = {each.code: each for each in (normal(line.given) for line in lines)}
    there = terminals_by_code(act.connection, given)
    changed = _change(act, given, there)
    state = TerminalState.IN_USE if in_use else TerminalState.IN_STOCK
    new = [each for code, each in given.items() if code not in there]
    rows = (row_of(each, state, act) for each in new)
    try:
        bulk_insert(act.connection, terminal_table, COLUMNS, (tuple(row[name] for name in COLUMNS) for row in rows))
    except ConstraintBroken as error:
        raise Conflict("同じ端末が、いま別の担当者に登録されました。もう一度取り込んでください。") from error
    act.record_many(("terminal.registered", f"terminal {each.code}", {**told(each), "state": state}) for each in new)
    return TakenIn(len(new), changed, len(there) - changed)


def _change(act: Act, given: Mapping[str, Particulars], there: Mapping[str, Terminal]) -> int:
    different = {
        code: found for code, before in there.items() if (found := differences(Particulars.of(before), given[code]))
    }
    columns = terminal_table.c
    # Two may have exchanged their marks: all let go of theirs before any takes its new ones.
    free = dict.fromkeys(MARKS, None)
    for code in different:
        act.connection.execute(update(terminal_table).where(columns.id == there[code].id).values(**free))
    for code, found in different.items():
        values = {**columns_of(given[code]), "changed_at": act.at}
        act.connection.execute(update(terminal_table).where(columns.id == there[code].id).values(**values))
        act.record("terminal.changed", f"terminal {code}", found)
    return len(different)
