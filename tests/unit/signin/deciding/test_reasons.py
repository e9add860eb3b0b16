"""Each reason: the one thing that leads to it, what it leads to, by which clause; and where users read of it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from iam.access.places.networks import Origin, Place
from iam.access.places.terminals import TerminalKind, TerminalState
from iam.policy.entry.systems import Unregistered
from iam.signin.deciding.decision import Asked, Outcome, decide
from iam.signin.kinds import Method
from tests.unit.signin.deciding.given import AT, DAY, OTHER, TODAY, held, office, permission, question, terminal

GUIDE = Path(__file__).parents[4] / "docs/接続手引き.md"
DENY, STEP, ALLOW = Outcome.DENY, Outcome.STEP_UP, Outcome.ALLOW
HOUR = timedelta(hours=1)
OUT = Place("203.0.113.5", Origin.OUTSIDE, "std", "在宅")
NOWHERE = Place("198.51.100.7", Origin.UNKNOWN)
BOTH = (Method.PASSWORD, Method.TOTP)
LENT = terminal("std", state=TerminalState.LENT, person_id=OTHER)
WAIVED = {"signin": replace(question().signin, second_factor=False), "waiver": "移行中、2027-03-31まで"}
STEP_UP_RULE = question().entry
CLOSED = question(zone="mnu").entry

CASES: list[tuple[str, dict[str, Any], Outcome, str]] = [
    ("standing", {"standing": "suspended"}, DENY, "OITA-S8.2.1.2a"),
    ("in-service", {}, ALLOW, "OITA-S8.2.1.2a"),
    ("no-right", {"rights": None}, DENY, "OITA-S8.2.1.1"),
    ("no-entitlement", {"asked": Asked(entitlement="edit")}, DENY, "OITA-S8.2.1.1"),
    ("right", {}, ALLOW, "OITA-S8.2.1.1"),
    ("terminal", {}, ALLOW, "OITA-S8.2.3"),
    ("unregistered", {"terminal": None, "entry": CLOSED}, DENY, "OITA-S8.1.19.1"),
    ("unregistered", {"terminal": None, "held": held(Method.PASSWORD, zone="std")}, STEP, "OITA-S8.1.19.1"),
    ("unregistered", {"terminal": None}, ALLOW, "OITA-S8.1.19.1"),
    ("unregistered", {"terminal": None, "entry": replace(STEP_UP_RULE, unregistered=Unregistered.ALLOW)}, ALLOW,
     "OITA-S8.1.19.1"),
    ("terminal-lost", {"terminal": terminal("std", state=TerminalState.LOST)}, DENY, "OITA-S6.4.1"),
    ("terminal-retired", {"terminal": terminal("std", state=TerminalState.RETIRED)}, DENY, "OITA-S6.4.1"),
    ("terminal-in-stock", {"terminal": terminal("std", state=TerminalState.IN_STOCK)}, DENY, "OITA-S6.4.1"),
    ("terminal-device", {"terminal": terminal("std", kind=TerminalKind.DEVICE)}, DENY, "OITA-S8.2.3"),
    ("terminal-lent", {"terminal": LENT}, DENY, "OITA-S8.2.2.5"),
    ("terminal-overdue", {"terminal": replace(LENT, person_id=7, lent_until=TODAY - DAY)}, DENY, "OITA-S8.2.2.5"),
    ("terminal-elsewhere", {"terminal": terminal("internet")}, DENY, "OITA-S8.1.19.2"),
    ("terminal-zone", {"terminal": terminal("internet"), "place": NOWHERE, "permission": permission(public=True)}, DENY,
     "OITA-S8.1.19.2"),
    ("terminal-other-task", {"terminal": terminal("std", tasks=("jumin",))}, DENY, "OITA-S5.1.1"),
    ("not-dedicated", {"dedicated": True}, DENY, "OITA-S5.1.1"),
    ("not-dedicated", {"dedicated": True, "terminal": None}, DENY, "OITA-S5.1.1"),
    ("place", {}, ALLOW, "OITA-S8.1.8"),
    ("address-missing", {"place": Place("", Origin.UNKNOWN), "permission": permission(public=True)}, DENY,
     "OITA-S8.1.8"),
    ("no-flow", {"place": office("internet"), "flow": "", "terminal": None}, DENY, "OITA-S8.1.8"),
    ("flow", {"place": office("internet"), "flow": "OITA-S5.2.1", "terminal": terminal("internet")}, ALLOW,
     "OITA-S5.2.1"),
    ("outside-closed", {"place": OUT, "entry": CLOSED}, DENY, "OITA-K6.3.1"),
    ("public-closed", {"place": NOWHERE, "entry": CLOSED}, DENY, "OITA-K6.3.1"),
    ("outside-no-permission", {"place": OUT}, DENY, "OITA-S8.2.2.1"),
    ("outside-no-permission", {"place": OUT, "permission": permission(valid_until=TODAY - DAY)}, DENY, "OITA-S8.2.2.1"),
    ("outside-no-permission", {"place": OUT, "permission": permission(person_id=OTHER)}, DENY, "OITA-S8.2.2.1"),
    ("public-no-permission", {"place": NOWHERE, "permission": permission()}, DENY, "OITA-S8.2.2.7"),
    ("outside-terminal", {"place": OUT, "permission": permission(), "terminal": None}, DENY, "OITA-S8.2.2.5"),
    ("outside-terminal", {"place": OUT, "permission": permission(terminal_id=2)}, DENY, "OITA-S8.2.2.5"),
    ("outside-terminal", {"place": OUT, "permission": permission(terminal_id=1),
                          "terminal": terminal("std", outside=False)}, DENY, "OITA-S8.2.2.5"),
    ("outside-terminal", {"place": OUT, "permission": permission(), "terminal": terminal("std", outside=False)}, DENY,
     "OITA-S8.2.2.5"),
    ("permission", {"place": OUT, "permission": permission()}, ALLOW, "OITA-S7.1.1.3"),
    ("sign-in", {"held": None}, STEP, "OITA-S8.2.2.3"),
    ("signed-in", {}, ALLOW, "OITA-S8.2.2.3"),
    ("locked", {"held": held(*BOTH, zone="std", locked=True)}, STEP, "OITA-S8.2.4"),
    ("duty-password", {"held": held(*BOTH, zone="std", duty="password")}, STEP, "OITA-S8.2.2.3"),
    ("duty-enrol", {"held": held(*BOTH, zone="std", duty="enrol")}, STEP, "OITA-S8.2.2.3"),
    ("idle", {"held": held(*BOTH, zone="std", seen_at=AT - HOUR)}, STEP, "OITA-S8.2.4"),
    ("idle", {"held": held(*BOTH, zone="std", idle=timedelta(seconds=60))}, STEP, "OITA-S8.2.4"),
    ("overall", {"held": held(*BOTH, zone="std", proved_at=AT - 10 * HOUR)}, STEP, "OITA-S8.2.4"),
    ("overall", {"held": held(*BOTH, zone="std", ends_at=AT)}, STEP, "OITA-S8.2.4"),
    ("asked-age", {"asked": Asked(max_age=HOUR)}, STEP, "OITA-S8.2.4"),
    ("session-zone", {"held": held(*BOTH, zone="internet"), "via": ""}, DENY, "OITA-S8.1.8"),
    ("session-zone", {"held": None, "portal": "internet", "via": ""}, DENY, "OITA-S8.1.8"),
    ("two-kinds", {"held": held(Method.TOTP, Method.TOKEN, zone="std")}, STEP, "OITA-S6.4.2"),
    ("two-kinds", {}, ALLOW, "OITA-S6.4.2"),
    ("resistant", {"signin": replace(question().signin, phishing_resistant=True)}, STEP, "baseline"),
    ("outside-kinds", {"place": OUT, "permission": permission(), "held": held(Method.KEY, zone="std"), **WAIVED}, STEP,
     "OITA-S8.2.2.3"),
    ("asked-kinds", {"held": held(Method.PASSWORD, zone="std"), "asked": Asked(kinds=2), **WAIVED}, STEP,
     "OITA-S8.2.2.3"),
    ("asked-resistant", {"asked": Asked(resistant=True)}, STEP, "OITA-S8.2.2.3"),
    ("waiver", WAIVED, ALLOW, "OITA-S6.4.2"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "said", "outcome", "clause"), CASES)
def test_one_thing_leads_to_one_reason(code: str, said: dict[str, Any], outcome: Outcome, clause: str) -> None:
    answer = decide(question(**said))
    found = {reason.code: reason for reason in answer.reasons}
    assert (answer.outcome, found[code].outcome, found[code].clause) == (outcome, outcome, clause)


def test_a_reason_against_stands_alone_where_one_thing_is_wrong() -> None:
    for code, said, outcome, _ in CASES:
        if outcome is not ALLOW and code not in {"sign-in", "unregistered", "not-dedicated", "session-zone"}:
            assert decide(question(**said)).codes == (code,), code


def test_the_guide_tells_of_every_reason() -> None:
    told = GUIDE.read_text(encoding="utf-8")
    assert [code for code, *_ in CASES if f"`{code}`" not in told] == []
