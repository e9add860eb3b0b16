"""Facts: what a decision rests on, read in as few queries as can be; and the one verb that every door calls.

The one law: *every door asks here* and gets the same answer; what the ledger says at
this instant counts, not what it said at sign-in.  (A device that comes in by its MAC
is no person: the register of terminals answers it, in web/doors/radius/by_mac.py, and it is recorded all the same.)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType

from sqlalchemy import Connection

from iam.access.accounts import accounts_of, blocks_of, grants_of
from iam.access.model import System
from iam.access.places.networks import Networks, Origin, Place
from iam.access.places.permissions import live
from iam.access.places.terminals import Terminal, terminal_of
from iam.access.wanted import Wanted, wanted
from iam.errors import NotFound
from iam.people.announced import as_told
from iam.people.ledger import people
from iam.people.standing import Status
from iam.policy.profile import Profile
from iam.record.columns import jst_day, local_text
from iam.record.store import Store
from iam.signin.deciding.answers import Answers, Right, Told
from iam.signin.deciding.decision import NOTHING_MORE, Asked, Decision, Held, Question, decide
from iam.signin.deciding.pulse import Pulse, Whence, take_pulse
from iam.signin.deciding.records import Answer, Tallies, note
from iam.signin.deciding.rules.place import best
from iam.signin.deciding.setting import Setting, zone_code
from iam.signin.door import PRIVILEGED, Door, Entrant, known
from iam.signin.kinds import Proofs
from iam.signin.sessions import Session

__all__ = ["Knock", "Whence", "explain", "foretell", "judge", "proved_now"]

MOMENTARY = 0
"""The id of a session that stands in no table."""


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody at the door of a system.  `session`: None while they have not signed in; as it stood before this knock
    touched it, so that the idle limit of the system's zone is seen.

    `by`: the door that asks ("oidc", "forward", "radius", "validate", "saml"); "" for an officer's question.
    """

    who: Entrant
    session: Session | None
    system: str
    whence: Whence
    at: datetime
    by: str = ""
    asked: Asked = NOTHING_MORE


def proved_now(door: Door, who: Entrant, proofs: Proofs, at: datetime, address: str = "") -> Session:
    """A session that stands in no table (id 0): for doors at which people prove themselves and hold nothing after it
    (RADIUS, the terminal API), and for an officer who asks what would be."""
    rules = who.rules
    return Session(
        MOMENTARY, who.person_id, proofs, "", door.zone, address, "", at, at, at, rules.idle, at + rules.overall,
        locked=False,
    )  # fmt: skip


def judge(store: Store, door: Door, knock: Knock, pulse: Pulse | None = None) -> Decision:
    """May they come in: answered, and recorded (sampled for repeats).

    On a hot path the door reads the `pulse` in the query by which it finds the session (`pulse_columns`, bound by
    `pulse_binds(knock.whence, knock.at)`); an answer that is remembered under it then costs no query at all.
    Elsewhere leave it out: one query more.

    Raises:
        NotFound: when the body has no such system.
        StoreError, Busy: when a new answer could not be recorded: nobody comes in unrecorded.
    """
    at = knock.at
    if pulse is None:
        with store.glance() as connection:
            pulse = _pulse(connection, knock)
    answers, key = door.memory(Answers), _key(knock)
    told = answers.get(key, pulse, knock.session, at)
    if told is None:
        with store.read() as connection:
            question = question_of(connection, door, knock, pulse)
        decision = decide(question)
        told = Told(decision, _answer(question, knock, decision), knock.session)
        answers.put(key, pulse, at, told)
    note(store, door, told.answer, at)
    return told.decision


def repeated(door: Door, knock: Knock, pulse: Pulse) -> Decision | None:
    """The answer that is remembered under this pulse, counted as one more of its kind; None: ask `judge`.

    Reads nothing and writes nothing: for a loop that may not wait.  `judge` writes what was counted.
    """
    told = door.memory(Answers).get(_key(knock), pulse, knock.session, knock.at)
    if told is None or not door.memory(Tallies).counted(told.answer, knock.at):
        return None
    return told.decision


def foretell(store: Store, door: Door, knocks: Sequence[Knock]) -> list[Decision]:
    """What `judge` would answer to each of these, which one person asks from one place at one instant; not recorded.

    Raises:
        NotFound: when the body has no such system.
    """
    if not knocks:
        return []
    with store.read() as connection:
        pulse = _pulse(connection, knocks[0])
        return [decide(question_of(connection, door, knock, pulse)) for knock in knocks]


def explain(store: Store, door: Door, knock: Knock) -> Decision:
    """The same answer without being recorded as an entry, with the facts that it rests on: for an officer who asks what
    would be, now or on another day; whoever lets them ask records that they did (`records.questioned`).

    Raises:
        NotFound: when the body has no such system.
    """
    with store.read() as connection:
        pulse = _pulse(connection, knock)
        question = question_of(connection, door, knock, pulse, today=jst_day(store.clock()))
    return replace(decide(question), facts=MappingProxyType(dict(_facts(door, knock.who, question))))


def _key(knock: Knock) -> tuple[object, ...]:
    session = knock.session and knock.session.id
    return knock.who.person_id, knock.system, knock.by, knock.whence, knock.asked, session


def _pulse(connection: Connection, knock: Knock) -> Pulse:
    found = take_pulse(connection, knock.who.person_id, knock.whence, knock.at)
    if found is None:
        raise NotFound("その職員は台帳にいません。")
    return found


# --- the question


def question_of(
    connection: Connection, door: Door, knock: Knock, pulse: Pulse, *, today: date | None = None
) -> Question:
    """Everything that the answer rests on.  `today`: with it nothing is said that may not be said on that day yet.

    Raises:
        NotFound: when the body has no such system.
    """
    on, setting, profile = jst_day(knock.at), door.memory(Setting), door.profile
    system = _system(door, knock.system)
    zone = profile.zone(system.zone)
    who = known(connection, door, knock.who.person_id, pulse.stamp, knock.at)
    place = door.networks.place_of(knock.whence.address)
    terminal = _terminal(connection, profile, knock.whence)
    portal = zone_code(profile, door.zone)
    # Without an address it could be any zone: the rules of them all hold.
    everywhere = set[str]() if place.address else {each.code for each in profile.zones}
    signin, waiver = setting.signin(
        profile, zone.code, {portal, *everywhere}, privileged=bool(who.guarded & PRIVILEGED), on=on
    )
    right = _right(connection, door, knock, pulse, today)
    held = None if knock.session is None else _held(profile, knock.session)
    office = place.origin is Origin.OFFICE
    return Question(
        at=knock.at, person_id=who.person_id, standing=_standing(connection, door, who, on, today),
        system=knock.system, system_name=system.name, zone=zone.code, zone_label=zone.label,
        dedicated=system.dedicated, rights=right.names, held=held, place=place,
        flow=_flow(door.networks, place, zone.code, knock.system), terminal=terminal,
        presented=bool(knock.whence.certificate or knock.whence.mac or knock.whence.terminal),
        permission=None if office else best(live(connection, who.person_id, on), terminal), signin=signin,
        entry=setting.entry(profile, zone.code, everywhere), rules=setting.digest(door), asked=knock.asked,
        portal=portal, via=door.networks.flow(held.zone if held else portal, zone.code, knock.system),
        because=right.because, waiver=waiver, clauses=setting.clauses(door),
    )  # fmt: skip


def _system(door: Door, code: str) -> System:
    found = door.model.systems.get(code)
    if found is None:
        raise NotFound(f"情報システム「{code}」はアクセスモデルにありません。コードを確かめてください。")
    return found


def _flow(networks: Networks, place: Place, zone: str, system: str) -> str:
    """The clause that lets the place's zone into the system's; none from a place that is not known."""
    return "" if place.origin is Origin.UNKNOWN else networks.flow(place.zone, zone, system)


def _terminal(connection: Connection, profile: Profile, whence: Whence) -> Terminal | None:
    """The terminal that was shown, or that has this address for good; its zone as the profile names it."""
    found = terminal_of(
        connection, certificate=whence.certificate, mac=whence.mac, address=whence.address, code=whence.terminal,
        checked=whence.checked,
    )  # fmt: skip
    return None if found is None else replace(found, zone=zone_code(profile, found.zone))


def _held(profile: Profile, session: Session) -> Held:
    return Held(
        session.proofs, zone_code(profile, session.zone), session.signed_in_at, session.proved_at, session.seen_at,
        session.locked, session.duty, session.idle, session.ends_at,
    )  # fmt: skip


# --- the rights of the day


def _right(connection: Connection, door: Door, knock: Knock, pulse: Pulse, today: date | None) -> Right:
    """What they may do in the system on the day; for doors from memory while nothing of it changed."""
    person_id, none = knock.who.person_id, Right(None, ("", door.memory(Setting).clauses(door)["right"]))
    if today is not None:
        return _rights(connection, door, person_id, jst_day(knock.at), today).get(knock.system, none)
    memory, sign = door.memory(Answers).rights, (pulse.stamp, pulse.granted, pulse.stopped)
    found = memory.get(person_id, sign, knock.at)
    if found is None:
        found = _rights(connection, door, person_id, jst_day(knock.at), date.max)
        memory.put(person_id, sign, knock.at, found)
    return found.get(knock.system, none)


def _rights(connection: Connection, door: Door, person_id: int, on: date, today: date) -> dict[str, Right]:
    """By system, from the ledger, grants and blocks (access.wanted)."""
    ids = [person_id]
    person = as_told(next(iter(people(connection, ids))), today)
    found = wanted(
        person, on, door.memory(Setting).wanted(door, person.source),
        accounts=accounts_of(connection, ids).get(person_id, ()), grants=grants_of(connection, ids).get(person_id, ()),
        blocks=blocks_of(connection, ids).get(person_id, ()),
    )  # fmt: skip
    return {code: _as_right(each) for code, each in found.items()}


def _as_right(each: Wanted) -> Right:
    if each.enabled:
        return Right(frozenset(each.entitlements), (each.why.words, each.why.clause))
    # Why not may be about somebody's health or an inquiry: the words are the officer's to look up (iam person).
    return Right(None, ("", each.why.clause))


def _standing(connection: Connection, door: Door, who: Entrant, on: date, today: date | None) -> str:
    """ "" in service, else why not; for an officer's question without what may not be said yet."""
    if today is None or on <= today or who.suspended:
        return who.shut_out
    person = next(iter(people(connection, [who.person_id])))
    told = as_told(person, today)
    if told is person:
        return who.shut_out
    status = door.offices.standing(told, on).status
    return "" if status is Status.IN_SERVICE else status.value


# --- what is recorded and told of it


def _answer(question: Question, knock: Knock, decision: Decision) -> Answer:
    return Answer(
        person_id=question.person_id, system=question.system, door=knock.by, outcome=decision.outcome,
        reasons=tuple((reason.code, reason.clause) for reason in decision.reasons), address=question.place.address,
        terminal_id=question.terminal.id if question.terminal else None,
        session_id=knock.session.id or None if knock.session else None, rules=question.rules,
    )  # fmt: skip


def _facts(door: Door, who: Entrant, question: Question) -> Iterator[tuple[str, str]]:
    """What was looked at, for people: label and words."""
    system, place, held = door.model.systems[question.system], question.place, question.held
    names = [system.entitlements[name].name if name in system.entitlements else name
             for name in sorted(question.rights or ())]  # fmt: skip
    yield "日時", local_text(question.at)
    yield "職員", f"{who.name}（{who.staff_number}）"
    yield "情報システム", f"{system.name}（{question.system}）"
    yield "領域", question.zone_label
    yield "権限", "なし" if question.rights is None else "、".join(names) or "利用のみ"
    yield "接続元", _place_words(place)
    yield "端末", _terminal_words(question)
    if place.origin is not Origin.OFFICE:
        permission = question.permission
        words = f"{permission.valid_from}から{permission.valid_until}まで" if permission else "なし"
        yield "庁外利用の許可", words
    methods = "、".join(method.label_ja for method in held.proofs.methods) if held else ""
    yield "サインイン", methods or "していない"
    yield "規則の版", question.rules[:12]


def _place_words(place: Place) -> str:
    where = f"{place.origin.label_ja}、{place.network}" if place.network else place.origin.label_ja
    return f"{place.address or 'アドレスなし'}（{where}）"


def _terminal_words(question: Question) -> str:
    found = question.terminal
    if found is None:
        return "示されたが、台帳にない" if question.presented else "登録された端末と確かめられない"
    return f"{found.code} {found.name}（{found.state.label_ja}）"
