"""What holds of every question whatever: the strictest wins, more never harms, less never helps, time is honest."""

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from iam.access.places.networks import Origin, Place
from iam.access.places.permissions import Permission
from iam.access.places.terminals import Terminal, TerminalKind, TerminalState
from iam.policy.entry.signin import SigninRules
from iam.policy.entry.systems import Across, EntryRules, Outside, Unregistered
from iam.signin.deciding.decision import Asked, Held, Outcome, Question, decide
from iam.signin.deciding.rules.place import best
from iam.signin.kinds import Method, Proofs, kinds_of
from tests.unit.signin.deciding.given import AT, DAY, ME, OTHER, SYSTEM, TODAY, permission, proofs, question, terminal
from tests.unit.signin.given import rules

ZONES = ("mnu", "std")
INSTANTS = st.integers(0, 20 * 60).map(lambda minutes: AT - timedelta(minutes=minutes))
DAYS = st.sampled_from([TODAY - DAY, TODAY, TODAY + DAY])
SPANS = st.sampled_from([timedelta(minutes=10), timedelta(hours=1), timedelta(hours=9)])
METHODS = st.lists(st.sampled_from(Method), max_size=3).map(lambda methods: proofs(*methods))


@st.composite
def sessions(draw: st.DrawFn, zone: st.SearchStrategy[str]) -> Held:
    """Somebody who signed in, proved themselves again and was seen, in this order."""
    signed_in, proved, seen = sorted(draw(INSTANTS) for _ in range(3))
    return Held(
        draw(METHODS), draw(zone), signed_in, proved, seen, locked=draw(st.booleans()),
        duty=draw(st.sampled_from(["", "", "password", "enrol"])), idle=draw(st.none() | SPANS),
        ends_at=draw(st.none() | SPANS.map(lambda span: signed_in + span)),
    )  # fmt: skip


@st.composite
def places(draw: st.DrawFn, zone: st.SearchStrategy[str]) -> Place:
    """An address in a network of the body, or in none, or none at all."""
    origin = draw(st.sampled_from(Origin))
    if origin is Origin.UNKNOWN:
        return Place(draw(st.sampled_from(["", "198.51.100.1"])), origin)
    return Place("192.0.2.1", origin, draw(zone), "本庁")


@st.composite
def terminals(draw: st.DrawFn, zone: st.SearchStrategy[str]) -> Terminal:
    """One of the register."""
    state = draw(st.sampled_from(TerminalState))
    return terminal(
        draw(zone), id=draw(st.sampled_from([1, 2])), state=state, kind=draw(st.sampled_from(TerminalKind)),
        person_id=draw(st.sampled_from([ME, OTHER])) if state is TerminalState.LENT else None,
        lent_until=draw(st.none() | DAYS), tasks=draw(st.sampled_from([(), (SYSTEM,), ("jumin",)])),
        outside=draw(st.booleans()),
    )  # fmt: skip


@st.composite
def permissions(draw: st.DrawFn) -> Permission:
    """Perhaps of somebody else, perhaps over."""
    return permission(
        person_id=draw(st.sampled_from([ME, ME, OTHER])), terminal_id=draw(st.sampled_from([None, 1, 2])),
        public=draw(st.booleans()), valid_until=draw(DAYS), withdrawn_at=draw(st.none() | st.just(AT)),
    )  # fmt: skip


ENTRIES = st.builds(
    EntryRules, st.sampled_from(Unregistered), st.sampled_from(Outside), st.sampled_from(Outside),
    st.sampled_from(Across), st.just({}),
)  # fmt: skip
ASKED = st.builds(
    Asked, st.none() | SPANS, st.booleans(), st.sampled_from([1, 2, 3]), st.sampled_from(["", "view", "edit"])
)
RIGHTS = st.none() | st.frozensets(st.sampled_from(["view", "edit"]))
SIGNIN = st.builds(
    lambda two, resistant, idle, overall: rules(
        second_factor=two, phishing_resistant=resistant, idle=idle, overall=overall
    ),
    st.booleans(), st.booleans(), SPANS, SPANS,
)  # fmt: skip


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """Any question of a body with zones or without: one that is answered by yes, with up to four things otherwise."""
    divided = draw(st.booleans())
    zone = st.sampled_from(ZONES) if divided else st.just("")
    clause = st.sampled_from(["", "OITA-S5.1.1"]) if divided else st.just("baseline")
    otherwise: dict[str, st.SearchStrategy[Any]] = {
        "standing": st.sampled_from(["", "suspended", "left"]), "dedicated": st.booleans(), "rights": RIGHTS,
        "held": st.none() | sessions(zone), "place": places(zone), "flow": clause, "via": clause, "portal": zone,
        "terminal": st.none() | terminals(zone), "presented": st.booleans(), "signin": SIGNIN, "entry": ENTRIES,
        "permission": st.none() | permissions(), "asked": ASKED,
    }  # fmt: skip
    fields = draw(st.sets(st.sampled_from(sorted(otherwise)), max_size=4))
    base = question("oita" if divided else "aso", draw(zone))
    return replace(base, **{name: draw(otherwise[name]) for name in sorted(fields)})


def no_stricter(one: Question, other: Question) -> bool:
    """Whether `one` is answered as loosely as `other`, or more so."""
    return decide(one).outcome.strictness <= decide(other).outcome.strictness


@given(questions())
def test_the_strictest_reason_is_the_answer_and_every_reason_says_why(asked: Question) -> None:
    answer = decide(asked)
    outcomes = [reason.outcome.strictness for reason in answer.reasons]
    assert answer.outcome is answer.reasons[0].outcome
    assert outcomes == sorted(outcomes, reverse=True)
    assert all(reason.code and reason.clause and reason.sentence.endswith("。") for reason in answer.reasons)
    assert all(reason.cure.endswith("。") for reason in answer.reasons if reason.outcome is not Outcome.ALLOW)
    assert answer.rights == (asked.rights if answer.allowed else frozenset())


@given(questions(), st.sampled_from(Method))
def test_one_proof_more_never_harms(asked: Question, method: Method) -> None:
    if asked.held is not None:
        more = replace(asked.held, proofs=asked.held.proofs.plus(method, 9))
    else:
        more = Held(proofs(method), asked.portal, asked.at, asked.at, asked.at)
    assert no_stricter(replace(asked, held=more), asked)


@given(questions(), permissions(), RIGHTS)
def test_a_permission_or_a_right_more_never_harms(
    asked: Question, leave: Permission, rights: frozenset[str] | None
) -> None:
    if asked.permission is None:
        assert no_stricter(replace(asked, permission=leave), asked)
    assert no_stricter(replace(asked, rights=(asked.rights or frozenset()) | (rights or frozenset())), asked)
    assert no_stricter(asked, replace(asked, rights=None))


T = TypeVar("T", bound=StrEnum)


def stricter(one: T, other: T) -> T:
    """The later of two values of one enumeration."""
    order = list(type(one))
    return max(one, other, key=order.index)


def tightened(asked: Question, entry: EntryRules, signin: SigninRules, more: Asked) -> Question:
    """The same under further rules, the strictest of each."""
    was, rule, ages = asked.signin, asked.entry, (asked.asked.max_age, more.max_age)
    return replace(
        asked,
        signin=replace(
            was, second_factor=was.second_factor or signin.second_factor, idle=min(was.idle, signin.idle),
            phishing_resistant=was.phishing_resistant or signin.phishing_resistant,
            overall=min(was.overall, signin.overall),
        ),
        entry=EntryRules(
            stricter(rule.unregistered, entry.unregistered), stricter(rule.outside, entry.outside),
            stricter(rule.public, entry.public), stricter(rule.across, entry.across), {},
        ),
        asked=replace(
            asked.asked, kinds=max(asked.asked.kinds, more.kinds), resistant=asked.asked.resistant or more.resistant,
            max_age=min((age for age in ages if age is not None), default=None),
        ),
    )  # fmt: skip


@given(questions(), ENTRIES, SIGNIN, ASKED)
def test_stricter_rules_never_help(asked: Question, entry: EntryRules, signin: SigninRules, more: Asked) -> None:
    assert no_stricter(asked, tightened(asked, entry, signin, more))


@given(questions(), st.data())
def test_a_missing_address_is_never_better_than_any_other(asked: Question, data: st.DataObject) -> None:
    zone = st.sampled_from(ZONES) if asked.zone else st.just("")
    known = replace(asked, place=data.draw(places(zone)))
    assert no_stricter(known, replace(asked, place=Place("", Origin.UNKNOWN), flow=""))


@given(questions())
def test_two_proofs_of_one_kind_are_one(asked: Question) -> None:
    given_ = asked.held.proofs if asked.held else Proofs()
    if asked.signin.second_factor and len(kinds_of(given_.methods)) <= 1:
        assert not decide(asked).allowed


@given(questions(), st.sampled_from([TerminalState.LOST, TerminalState.RETIRED, TerminalState.IN_STOCK]))
def test_a_terminal_that_nobody_should_have_lets_nobody_in(asked: Question, state: TerminalState) -> None:
    found = replace(asked.terminal or terminal(asked.zone), state=state, person_id=None)
    assert decide(replace(asked, terminal=found)).outcome is Outcome.DENY


@given(questions(), st.integers(0, 10**12))
@settings(max_examples=200)
def test_the_answer_stays_what_it_is_until_the_instant_that_it_names(asked: Question, later: int) -> None:
    answer = decide(asked)
    assert answer.until is not None
    assert answer.until > asked.at
    span = (answer.until - asked.at) // timedelta(microseconds=1)
    for instant in (later % span, span - 1):
        then = replace(asked, at=asked.at + timedelta(microseconds=instant))
        assert decide(then).codes == answer.codes


@given(questions())
def test_what_a_step_up_asks_for_is_enough(asked: Question) -> None:
    answer = decide(asked)
    if answer.outcome is not Outcome.STEP_UP:
        return
    # A key that knows its user beside a password is whatever proof can be: two kinds, phishing-resistant, just now.
    now: datetime = asked.at
    opened = asked.held.zone if asked.held else asked.portal
    best_proofs = proofs(Method.PASSWORD, Method.VERIFIED_KEY)
    again = decide(replace(asked, held=Held(best_proofs, opened, now, now, now)))
    assert answer.needs.kinds <= len(best_proofs.kinds) or answer.needs.kinds == 3
    assert again.allowed or (again.outcome is Outcome.STEP_UP and asked.asked.kinds == 3)


@given(st.lists(permissions(), max_size=4), questions())
def test_of_several_permissions_the_one_that_helps_is_taken(several: list[Permission], asked: Question) -> None:
    live = [each for each in several if each.lives(TODAY) and each.person_id == ME]
    answers = [decide(replace(asked, permission=each)).outcome.strictness for each in (*live, None)]
    assert decide(replace(asked, permission=best(live, asked.terminal))).outcome.strictness == min(answers)
