"""A person's states over time, and what each rests on."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from iam.access.model import AccessModel
from iam.access.wanted import Rules
from iam.people.feed import AppointmentKind, Gives
from iam.people.ledger import Entry, LedgerChange, Person, Told
from iam.sync.dossier import Dossier
from web.cli.people.timeline import announced, entry_words, state_on, states

TODAY = date(2026, 11, 20)
MODEL = AccessModel.parse(
    """
    [systems.gw]
    name = "グループウェア"
    owner = "総務課"
    [[birthright]]
    id = "全職員"
    clause = "baseline"
    system = "gw"
    """,
    "access.toml",
)
RULES = Rules(MODEL, {"": (30, "baseline")}, {"jinji": 3}, lambda _code, _day: ("", ""), lapsed_grace_days=60)


def told(gives: Gives, since: date, until: date = date.max, announce: date | None = None) -> Told:
    kind = {Gives.POST: AppointmentKind.HIRE, Gives.LEAVE: AppointmentKind.LEAVE, Gives.END: AppointmentKind.RETIRE}
    return Told(gives, kind[gives], "0101", "総務課", "", "主事", "regular", False, since, until, announce)


def a_dossier(*said: Told, absent: int = 0) -> Dossier:
    known = datetime(2026, 1, 1, tzinfo=UTC)
    entries: Sequence[Entry] = [
        Entry(number, "jinji", each, LedgerChange.NEW, known, f"jinji.csv {number}行目", 1)
        for number, each in enumerate(said, 1)
    ]
    person = Person(1, "0001", "jinji", "山田　太郎", "", "", "", absent, TODAY if absent else None, tuple(entries))
    return Dossier(person, ["0001"], [], entries, [], {}, [], [], [], [])


def lines(found: Dossier) -> list[tuple[str, str, bool | None]]:
    """Since when, which status, and whether the groupware is on."""
    return [
        (str(state.since), str(state.standing.status), state.wanted["gw"].enabled if "gw" in state.wanted else None)
        for state in states(found, RULES, TODAY)
    ]


def test_a_career_has_a_line_for_every_turn() -> None:
    found = a_dossier(
        told(Gives.POST, date(2020, 4, 1)),
        told(Gives.LEAVE, date(2025, 6, 1), date(2026, 5, 31)),
        told(Gives.END, date(2027, 3, 31), date(2027, 3, 31)),
    )
    assert lines(found) == [
        ("2020-04-01", "in_service", True),
        ("2025-06-01", "on_leave", False),
        ("2026-06-01", "in_service", True),
        ("2027-04-01", "left", None),
    ]


def test_a_term_that_ends_is_waited_for_and_then_over() -> None:
    found = a_dossier(told(Gives.POST, date(2026, 4, 1), date(2027, 3, 31)))
    assert lines(found) == [
        ("2026-04-01", "in_service", True),
        ("2027-04-01", "lapsed", False),
        ("2027-05-31", "lapsed", None),
    ]


def test_silence_begins_today_and_not_before() -> None:
    found = a_dossier(told(Gives.POST, date(2020, 4, 1)), absent=3)
    assert lines(found) == [("2020-04-01", "in_service", True), (str(TODAY), "absent", False)]


def test_a_state_names_its_row() -> None:
    state = state_on(a_dossier(told(Gives.POST, date(2020, 4, 1))), RULES, TODAY, TODAY)
    assert state.standing.cause
    assert (state.standing.cause.place, state.wanted["gw"].why.rule) == ("jinji.csv 1行目", "全職員")
    assert entry_words(state.standing.cause) == "採用 総務課 主事 2020-04-01〜"


def test_what_is_not_announced_is_not_there_until_its_day() -> None:
    found = a_dossier(
        told(Gives.POST, date(2020, 4, 1)),
        told(Gives.END, date(2027, 3, 31), date(2027, 3, 31), announce=date(2027, 3, 24)),
    )
    assert [status for _, status, _ in lines(announced(found, TODAY))] == ["in_service"]
    later = announced(found, date(2027, 3, 24))
    assert [status for _, status, _ in lines(later)] == ["in_service", "left"]
    assert announced(replace(found, versions=[]), TODAY).versions == []
