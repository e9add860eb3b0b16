"""A person as an officer sees them: standing, roles, factors, sessions, what happened at the door.

The one law: *no secret stands here*: what somebody holds and when it was used, never what it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, render_template, request
from flask_babel import gettext
from sqlalchemy import Connection

from iam.access.suspensions import suspension_of
from iam.errors import NotFound
from iam.office import cases, deputies
from iam.office.cases import Case
from iam.office.roles import Holding, holdings_of
from iam.people.announced import may_be_said
from iam.people.ledger import Person, numbers_of_persons, people
from iam.people.standing import Held
from iam.signin import history, sessions, throttle
from iam.signin.desk.deeds import Deed, why_not
from iam.signin.desk.suspending import why_not_suspend
from iam.signin.door import Entrant, entrant
from iam.signin.factors import authenticators, codes
from iam.signin.factors.authenticators import Authenticator, Form
from iam.signin.history import Event
from iam.signin.passwords import kept
from iam.signin.passwords.kept import Kept, Why
from iam.signin.sessions import Session
from iam.signin.throttle import FOREVER, Counted
from web.officer.officer import officer, today
from web.officer.suspensions.listing import Stopped, read
from web.portal.factors.words import kinds, label
from web.portal.own.activity import outcome, reason, terminal
from web.portal.refusals import spell
from web.site.border.numbers import row_number
from web.site.site import at, the_site

pages = Blueprint("person", __name__)

_FEW: Final = 8
_PAGE: Final = 50


@dataclass(frozen=True)
class Factor:
    """One factor as a row.  `stopped`: it failed so often that it is not taken any more."""

    held: Authenticator
    label: str
    kinds: str
    stopped: bool
    left: int


@dataclass(frozen=True)
class Role:
    """One role, and why.  `until`: of a deputy or nominee; of a post nothing is said that is not announced."""

    held: Holding
    until: object
    instead_of: str


@dataclass(frozen=True)
class Seen:
    """Everything that the page shows."""

    who: Entrant
    person: Person
    numbers: Sequence[str]
    posts: Sequence[Held]
    since: object
    roles: Sequence[Role]
    password: Kept | None
    throttle: Counted
    factors: Sequence[Factor]
    sessions: Sequence[Session]
    events: Sequence[Event]
    cases: Sequence[Case]
    stopped: Stopped | None


@pages.get("/office/people/<int:id_>")
def page(id_: int) -> str:
    """One person."""
    with the_site().store.read() as connection:
        seen = see(connection, id_)
    me = officer().who
    may = {deed.value for deed in Deed if why_not(me, seen.who, deed) is None}
    if why_not_suspend(me, seen.who) is None:
        may.add("restore" if seen.stopped else "suspend")
    return render_template(
        "officer/people/person.html", seen=seen, may=may, own=me.person_id == id_, throttled=throttled,
        password=password_words, outcome=outcome, reason=reason, terminal=terminal,
    )  # fmt: skip


@pages.get("/office/people/<int:id_>/history")
def past(id_: int) -> str:
    """What happened at the door in a person's name."""
    before = row_number(request.args.get("before"))
    with the_site().store.read() as connection:
        who = found(connection, id_)
        events = history.page(connection, id_, before, _PAGE + 1)
    more = events[_PAGE - 1].id if len(events) > _PAGE else None
    return render_template(
        "officer/people/history.html", subject=who, events=events[:_PAGE], before=before, more=more, outcome=outcome,
        reason=reason, terminal=terminal,
    )  # fmt: skip


def found(connection: Connection, id_: int) -> Entrant:
    """The person at this instant.

    Raises:
        NotFound: there is none, or nothing may be said of them yet.
    """
    who = entrant(connection, the_site().door, id_, at())
    (person,) = people(connection, [id_])
    if not any(may_be_said(each.told.announce_from, today()) for each in person.entries):
        raise NotFound(gettext("その職員は台帳にいません。"))
    return who


def see(connection: Connection, id_: int) -> Seen:
    """Everything that is known of a person at the door."""
    who = found(connection, id_)
    (person,) = people(connection, [id_])
    now = the_site().door.offices.standing(person, today())
    posts = [post for post in now.posts if may_be_said(post.entry.told.announce_from, today())]
    waiting = [each for each in cases.waiting(connection, at()) if each.subject_id == id_]
    said = now.cause is not None and may_be_said(now.cause.told.announce_from, today())
    return Seen(
        who, person, [each for each in numbers_of_persons(connection, [id_])[id_] if each != person.staff_number],
        posts, now.since if said else None, _roles(connection, id_), kept.kept_of(connection, id_),
        throttle.state(connection, id_, at()), _factors(connection, id_), sessions.of_person(connection, id_, at()),
        history.page(connection, id_, None, _FEW), waiting, _stopped(connection, id_),
    )  # fmt: skip


def _stopped(connection: Connection, id_: int) -> Stopped | None:
    found = suspension_of(connection, id_)
    return None if found is None else read(connection, [found])[0]


def _roles(connection: Connection, id_: int) -> list[Role]:
    held = holdings_of(connection, the_site().door.offices, [id_], today())[id_]
    away = people(connection, [each.deputises_id for each in held if each.deputises_id is not None])
    names = {person.id: person.name for person in away}
    given = deputies.assignments(connection, since=today(), person_id=id_)
    until = {(each.role, each.deputises_id): each.valid_until for each in given if each.person_id == id_}
    return [
        Role(each, until.get((each.role, each.deputises_id)), names.get(each.deputises_id or 0, "")) for each in held
    ]


def _factors(connection: Connection, id_: int) -> list[Factor]:
    left = codes.left(connection, id_, at())
    found = [each for each in authenticators.of_person(connection, id_, alive=False) if _shown(each, left)]
    return [
        Factor(
            each, label(each.form), kinds(each),
            throttle.blocked(connection, throttle.authenticator_of(each.id), at()) == FOREVER,
            left.get(each.form, 0) if each.active else 0,
        )
        for each in sorted(found, key=lambda each: (not each.active, -each.id))
    ]  # fmt: skip


def _shown(factor: Authenticator, left: dict[Form, int]) -> bool:
    """Codes that are used up or lapsed, and enrolments that were given up, are of no use to anybody."""
    if factor.form in {Form.RECOVERY, Form.TEMPORARY}:
        return factor.active and left.get(factor.form, 0) > 0
    return factor.confirmed_at is not None


def throttled(counted: Counted) -> str:
    """How a password stands after failures, in words; "" when nothing is in the way."""
    if counted.wait is None:
        return ""
    if counted.wait == FOREVER:
        return gettext("失敗が%(times)s回続いたため、使えないようにしています。", times=counted.failures)
    return gettext(
        "失敗が%(times)s回続いたため、あと%(time)sほど待たせています。",
        times=counted.failures, time=spell(counted.wait),
    )  # fmt: skip


def password_words(held: Kept | None) -> tuple[str, str]:
    """What kind of password there is, and the tone of its chip."""
    if held is None:
        return gettext("まだありません"), "warning"
    if held.temporary:
        return (gettext("仮パスワード"), "info") if held.usable(at()) else (gettext("仮パスワード（失効）"), "warning")
    return {
        Why.LEAK: (gettext("漏えいのおそれ（変更待ち）"), "error"),
        Why.POLICY: (gettext("変更待ち"), "warning"),
    }.get(held.must_change, (gettext("本人が設定"), "success"))
