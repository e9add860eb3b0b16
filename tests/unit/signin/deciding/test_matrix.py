"""The matrix: zone × place × terminal × kinds × right × standing × session, every cell with its answer and clauses.

What is expected stands in tables that were written from the policies, not from the code: for each body what each
value of each dimension leads to, as (outcome, clause); a cell's answer is the strictest of them, by all the clauses
that lead to it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import pytest

from iam.access.places.networks import Origin, Place
from iam.access.places.terminals import TerminalState
from iam.signin.deciding.decision import Outcome, decide
from iam.signin.kinds import Method
from tests.unit.signin.deciding.given import DAY, OTHER, SYSTEM, TODAY, held, office, permission, question, terminal

Lead = tuple[Outcome, str] | None
STEP, DENY = Outcome.STEP_UP, Outcome.DENY
ORDER = [Outcome.ALLOW, STEP, DENY]

# --- what each word of the matrix means, for a system in a zone; `far` is another zone of the body


def places(zone: str, far: str) -> Mapping[str, Mapping[str, Any]]:
    """Where somebody comes from."""
    outside, public = (
        Place("203.0.113.5", Origin.OUTSIDE, zone, "在宅"),
        Place("203.0.113.9", Origin.PUBLIC, zone, "公衆"),
    )
    whole = permission(public=True)
    return {
        "office": {"place": office(zone)},
        "office, other zone": {"place": office(far), "flow": ""},
        "office, listed flow": {"place": office(far), "flow": "OITA-S5.1.1"},
        "outside": {"place": outside},
        "outside, permitted": {"place": outside, "permission": permission()},
        "public, permitted for outside": {"place": public, "permission": permission()},
        "public, permitted": {"place": public, "permission": whole},
        "placed nowhere, permitted": {"place": Place("198.51.100.7", Origin.UNKNOWN), "flow": "", "permission": whole},
        "no address, permitted": {"place": Place("", Origin.UNKNOWN), "flow": "", "permission": whole},
    }


def terminals(zone: str, far: str) -> Mapping[str, Mapping[str, Any]]:
    """What somebody sits before."""
    own = terminal(zone)
    mine = terminal(zone, state=TerminalState.LENT, person_id=7, lent_until=TODAY)
    return {
        "registered": {"terminal": own},
        "lent to me": {"terminal": mine},
        "unregistered": {"terminal": None},
        "shown, unregistered": {"terminal": None, "presented": True},
        "lost": {"terminal": replace(own, state=TerminalState.LOST)},
        "retired": {"terminal": replace(own, state=TerminalState.RETIRED)},
        "in stock": {"terminal": replace(own, state=TerminalState.IN_STOCK)},
        "lent to another": {"terminal": replace(own, state=TerminalState.LENT, person_id=OTHER)},
        "overdue": {"terminal": replace(mine, lent_until=TODAY - DAY)},
        "of other zone": {"terminal": terminal(far)},
        "set apart for this": {"terminal": replace(own, tasks=(SYSTEM,)), "dedicated": True},
        "set apart for other work": {"terminal": replace(own, tasks=("jumin",))},
        "not set apart": {"terminal": own, "dedicated": True},
    }


KINDS: Mapping[str, tuple[Method, ...]] = {
    "not signed in": (),
    "password": (Method.PASSWORD,),
    "two devices": (Method.TOTP, Method.TOKEN),
    "card and recovery code": (Method.CERTIFICATE, Method.RECOVERY),
    "password and app": (Method.PASSWORD, Method.TOTP),
    "key that knows its user": (Method.VERIFIED_KEY,),
}
TWO_KINDS = {"password and app", "key that knows its user"}
RIGHTS = {"right": frozenset({"view"}), "no right": None}
STANDINGS = ("", "suspended", "on_leave")
SESSIONS = ("same zone", "other zone")

# --- what they lead to


@dataclass(frozen=True)
class Table:
    """One body's answers.  `place`, `unregistered`, `two_kinds`, `across`: by zone; the rest is the same in all."""

    far: Mapping[str, str]
    standing: str
    right: str
    place: Mapping[str, Mapping[str, Lead]]
    unregistered: Mapping[str, Lead]
    two_kinds: Mapping[str, str]
    across: Mapping[str, str]
    unknown: str
    proofs: str
    lost: str
    lent: str
    elsewhere: str
    dedicated: str
    device: str

    @property
    def terminal(self) -> Mapping[str, Lead]:
        """What the state of a terminal leads to."""
        return {
            "registered": None, "lent to me": None, "set apart for this": None, "of other zone": None,
            "lost": (DENY, self.lost), "retired": (DENY, self.lost), "in stock": (DENY, self.lost),
            "lent to another": (DENY, self.lent), "overdue": (DENY, self.lent),
            "set apart for other work": (DENY, self.dedicated), "not set apart": (DENY, self.dedicated),
        }  # fmt: skip


OPEN: Mapping[str, Lead] = {
    "office": None,
    "office, other zone": (DENY, "OITA-S8.1.8"),
    "office, listed flow": None,
    "outside": (DENY, "OITA-S8.2.2.1"),
    "outside, permitted": None,
    "public, permitted for outside": (DENY, "OITA-S8.2.2.7"),
    "public, permitted": None,
    "placed nowhere, permitted": None,
    "no address, permitted": None,
}
SHUT: Mapping[str, Lead] = {
    "office": None,
    "office, other zone": (DENY, "OITA-S5.1.1"),
    "office, listed flow": None,
    "outside": (DENY, "OITA-K6.3.1"),
    "outside, permitted": (DENY, "OITA-K6.3.1"),
    "public, permitted for outside": (DENY, "OITA-K6.3.1"),
    "public, permitted": (DENY, "OITA-K6.3.1"),
    "placed nowhere, permitted": (DENY, "OITA-K6.3.1"),
    "no address, permitted": (DENY, "OITA-K6.3.1"),
}
OITA = Table(
    far={"mnu": "std", "std": "internet", "internet": "std"},
    standing="OITA-S8.2.1.2a",
    right="OITA-S8.2.1.1",
    place={"mnu": SHUT, "std": OPEN, "internet": OPEN},
    unregistered={"mnu": (DENY, "OITA-S8.1.19.1"), "std": (STEP, "OITA-S8.1.19.1"),
                  "internet": (STEP, "OITA-S8.1.19.1")},
    two_kinds={"mnu": "OITA-S6.4.4", "std": "OITA-S6.4.2", "internet": "OITA-S6.4.2"},
    across={"mnu": "OITA-S5.1.1", "std": "OITA-S8.1.8", "internet": "OITA-S8.1.8"},
    unknown="OITA-S8.1.8", proofs="OITA-S8.2.2.3", lost="OITA-S6.4.1", lent="OITA-S8.2.2.5", elsewhere="OITA-S8.1.19.2",
    dedicated="OITA-S5.1.1", device="OITA-S8.2.2.5",
)  # fmt: skip
MATSUMOTO = Table(
    far={"mnu": "lgwan", "lgwan": "internet"},
    standing="baseline",
    right="MATSU-K6.6",
    place={
        "mnu": {name: lead if name == "office" else (DENY, "MATSU-K6.3.1") for name, lead in SHUT.items()},
        "lgwan": {
            **OPEN, "office, other zone": (DENY, "baseline"), "outside": (DENY, "baseline"),
            "public, permitted for outside": (DENY, "baseline"),
        },
    },
    unregistered={"mnu": (DENY, "baseline"), "lgwan": (STEP, "baseline")},
    two_kinds={"mnu": "MATSU-K6.3.1", "lgwan": "baseline"},
    across={"mnu": "MATSU-K6.3.1", "lgwan": "baseline"},
    unknown="MATSU-K2.11", proofs="MATSU-K6.3.1", lost="MATSU-K6.4", lent="MATSU-K6.4", elsewhere="MATSU-K6.4",
    dedicated="MATSU-K2.11", device="MATSU-K6.4",
)  # fmt: skip
UNDIVIDED: Mapping[str, Lead] = {
    **{name: lead for name, lead in OPEN.items() if "zone" not in name and "flow" not in name},
    "outside": (DENY, "baseline"),
    "public, permitted for outside": (DENY, "baseline"),
}
ASO = Table(
    far={"": ""},
    standing="baseline",
    right="ASO-K6.5",
    place={"": UNDIVIDED},
    unregistered={"": (STEP, "baseline")},
    two_kinds={"": "baseline"},
    across={"": "baseline"},
    unknown="", proofs="baseline", lost="ASO-K6.3", lent="ASO-K6.3", elsewhere="ASO-K6.3", dedicated="baseline",
    device="ASO-K6.3",
)  # fmt: skip
TABLES = {"oita": OITA, "matsumoto": MATSUMOTO, "aso": ASO}

OTHER_NETWORK = {"office, other zone", "office, listed flow"}
"""Where a terminal of the system's zone stands in a network of another."""

TAKEN_ALONG = {"outside, permitted", "public, permitted", "placed nowhere, permitted", "no address, permitted"}


def leads(table: Table, zone: str, cell: tuple[str, str, str, str, str, str]) -> Iterator[Lead]:
    """What each value of a cell leads to, and each pair of values that means something together."""
    place, terminal_, kinds, right, standing, session = cell
    two = kinds in TWO_KINDS
    yield (DENY, table.standing) if standing else None
    yield (DENY, table.right) if right == "no right" else None
    yield table.place[zone][place]
    # Without an address it could be any zone; where there is but one, it is a public line.
    yield (DENY, table.unknown) if place == "no address, permitted" and zone else None
    # Signing in, and two kinds of factor.
    yield (STEP, table.proofs) if kinds == "not signed in" else None
    yield None if two else (STEP, table.two_kinds[zone])
    yield None if two or place.startswith("office") else (STEP, table.proofs)
    yield (DENY, table.across[zone]) if session == "other zone" else None
    # The terminal, and where it stands.
    if terminal_.endswith("unregistered"):
        lead = table.unregistered[zone]
        yield None if two and lead is not None and lead[0] is STEP else lead
        yield (DENY, table.device) if place in TAKEN_ALONG and table.place[zone][place] is None else None
        return
    yield table.terminal[terminal_]
    if terminal_ == "of other zone":
        yield None if place == "office, listed flow" else (DENY, table.elsewhere)
    else:
        yield (DENY, table.elsewhere) if place in OTHER_NETWORK else None


def expected(table: Table, zone: str, cell: tuple[str, str, str, str, str, str]) -> tuple[Outcome, frozenset[str]]:
    """The answer of a cell, and the clauses that lead to it."""
    found = [lead for lead in leads(table, zone, cell) if lead is not None]
    outcome = max((each for each, _ in found), key=ORDER.index, default=Outcome.ALLOW)
    return outcome, frozenset(clause for each, clause in found if each is outcome)


@pytest.mark.parametrize(("body", "zone"), [(body, zone) for body, table in TABLES.items() for zone in table.far])
def test_every_cell_has_its_answer_by_its_clauses(body: str, zone: str) -> None:
    table, wrong, cells, outcomes = TABLES[body], [], 0, set()
    far = table.far[zone]
    base = question(body, zone, because=("", table.right))
    divided = bool(zone)
    dimensions = (
        {name: each for name, each in places(zone, far).items() if name in table.place[zone]},
        {name: each for name, each in terminals(zone, far).items() if divided or name != "of other zone"},
    )
    for place, terminal_ in product(*dimensions):
        here = replace(base, **dimensions[0][place], **dimensions[1][terminal_])
        sessions = SESSIONS if divided else SESSIONS[:1]
        for kinds, right, standing, session in product(KINDS, RIGHTS, STANDINGS, sessions):
            cell = (place, terminal_, kinds, right, standing, session)
            opened = zone if session == "same zone" else far
            asked = replace(
                here, rights=RIGHTS[right], standing=standing, portal=opened, via="baseline" if opened == zone else "",
                held=held(*KINDS[kinds], zone=opened) if KINDS[kinds] else None,
            )  # fmt: skip
            answer = decide(asked)
            told = frozenset(each.clause for each in answer.reasons if each.outcome is answer.outcome)
            want, clauses = expected(table, zone, cell)
            cells += 1
            outcomes.add(want)
            if answer.outcome is not want or (want is not Outcome.ALLOW and told != clauses):
                wrong.append((cell, want, set(clauses), answer.outcome, set(told)))
    assert not wrong, f"{len(wrong)} of {cells}, the first: {wrong[:3]}"
    assert outcomes == set(Outcome)
