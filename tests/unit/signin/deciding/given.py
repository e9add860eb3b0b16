"""Questions as a body's profile would ask them, with whatever a test wants otherwise."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from iam.access.places.networks import Origin, Place
from iam.access.places.permissions import Permission
from iam.access.places.terminals import Terminal, TerminalKind, TerminalState
from iam.policy.loading import load
from iam.signin.deciding.decision import Held, Question
from iam.signin.deciding.setting import Setting, own_clauses
from iam.signin.kinds import Method, Proofs

AT = datetime(2026, 4, 6, 1, 0, tzinfo=UTC)
"""Ten in the morning in Japan."""

TODAY = date(2026, 4, 6)
DAY = timedelta(days=1)
ME, OTHER = 7, 8
SYSTEM = "zeimu"


def proofs(*methods: Method) -> Proofs:
    """One authenticator for each method."""
    found = Proofs()
    for number, method in enumerate(methods):
        found = found.plus(method, number)
    return found


def held(*methods: Method, zone: str = "", **said: Any) -> Held:  # noqa: ANN401 - whichever field a test wants otherwise
    """Somebody who signed in an hour ago and was seen a minute ago."""
    hour, minute = AT - timedelta(hours=1), AT - timedelta(minutes=1)
    return replace(Held(proofs(*methods), zone, hour, hour, minute), **said)


def terminal(zone: str = "", **said: Any) -> Terminal:  # noqa: ANN401 - as above
    """A terminal in use that may be taken along."""
    made = Terminal(
        1, "PC-0001", "税務課1", TerminalKind.PC, zone, (), "", "", "", TerminalState.IN_USE, None, None,
        outside=True, note="", registered_at=AT - 9 * DAY, changed_at=AT - 9 * DAY,
    )  # fmt: skip
    return replace(made, **said)


def permission(**said: Any) -> Permission:  # noqa: ANN401 - as above
    """Leave to come in from outside, with any terminal that may be taken along."""
    made = Permission(
        1, ME, terminal_id=None, public=False, reason="在宅勤務", clause="OITA-S7.1.1.3", valid_from=TODAY - DAY,
        valid_until=TODAY + DAY, case_id=None, given_at=AT - DAY, withdrawn_at=None,
    )  # fmt: skip
    return replace(made, **said)


def office(zone: str = "") -> Place:
    """An address in the office."""
    return Place("192.0.2.10", Origin.OFFICE, zone, "本庁")


def question(profile: str = "oita", zone: str = "std", **said: Any) -> Question:  # noqa: ANN401 - as above
    """Somebody who may come in: in service, with a right, two kinds, in the office, at a terminal of the register."""
    return replace(_usual(profile, zone), **said)


@cache
def _usual(profile: str, zone: str) -> Question:
    rules, setting = load(profile), Setting()
    signin, waiver = setting.signin(rules, zone, (), privileged=False, on=TODAY)
    return Question(
        at=AT, person_id=ME, standing="", system=SYSTEM, system_name="税務システム", zone=zone,
        zone_label=rules.zone(zone).label, dedicated=False, rights=frozenset({"view"}),
        held=held(Method.PASSWORD, Method.TOTP, zone=zone), place=office(zone), flow="baseline",
        terminal=terminal(zone), presented=False, permission=None, signin=signin,
        entry=setting.entry(rules, zone, ()), rules="1", portal=zone, via="baseline",
        because=("2024-04-01 異動 税務課", "OITA-S8.2.1.1"), waiver=waiver, clauses=own_clauses(rules),
    )  # fmt: skip
