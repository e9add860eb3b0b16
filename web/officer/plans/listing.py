"""Held plans and their contents, as officers read them before they sign.

The one law: *what is shown is what would be done*: a plan that was altered after
it was stored is not shown, and before its 内示 nothing of an appointment is.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import Connection

from iam.office.roles import STAFF, Offices
from iam.people.announced import unannounced
from iam.people.ledger import people, persons_by_number
from iam.signin.door import actor_of
from iam.sync.dossier import sizes
from iam.sync.plan import ChangeKind
from iam.sync.stored.plans import PlanState, Purpose, StoredPlan, changes_of, plan, plans
from iam.sync.stored.release import RELEASING, Releasers, one_person, verify_plan
from web.body.job import releasing_offices
from web.cli.night.lines import Line, Shown, discreet
from web.officer.officer import officer, today
from web.officer.pager import pager
from web.officer.systems import name_of
from web.site.site import the_site

pages = Blueprint("plans", __name__)

HASH_SHOWN: Final = 12
"""Characters of a plan's hash that people compare."""

TONES: Final[Mapping[PlanState, str]] = {
    PlanState.SHOWN: "",
    PlanState.HELD: "warning",
    PlanState.RELEASED: "info",
    PlanState.READY: "info",
    PlanState.APPLIED: "success",
    PlanState.PARTLY: "error",
    PlanState.SUPERSEDED: "",
}
_LINES: Final = 100
_CARRIED: Final = (Purpose.NIGHTLY, Purpose.URGENT)
_RECENT: Final = 20


@dataclass(frozen=True)
class Counted:
    """How many changes of one kind on one system, and the address that shows them alone."""

    system: str
    kind: ChangeKind
    count: int
    href: str


@dataclass(frozen=True)
class Read:
    """A plan as its page shows it.  `why_not`: what stands between the reader and a signature, "" for nothing."""

    plan: StoredPlan
    shown: Shown
    signers: Sequence[str]
    why_not: str

    @property
    def seen(self) -> str:
        """What two officers compare: the beginning of the hash."""
        return self.plan.hash[:HASH_SHOWN]

    @property
    def counts(self) -> list[Counted]:
        """The changes by system and kind."""
        found = Counter((line.change.system, line.change.kind) for line in self.shown.lines)
        order = list(ChangeKind)
        return [
            Counted(name_of(system), kind, count, url_for("plans.one", id_=self.plan.id, system=system, kind=kind))
            for (system, kind), count in sorted(found.items(), key=lambda each: (each[0][0], order.index(each[0][1])))
        ]


@pages.get("/office/plans")
def page() -> str:
    """What is held, and the plans of late."""
    with the_site().store.read() as connection:
        held = plans(connection, PlanState.HELD)
        recent = [each for each in plans(connection, limit=_RECENT) if each.purpose in _CARRIED]
        counts = sizes(connection, [each.id for each in (*held, *recent)])
        signed = {each.id: signers(connection, each) for each in (*held, *recent)}
    return render_template(
        "officer/plans/list.html", held=held, recent=recent, counts=counts, signed=signed, tones=TONES,
        elsewhere=offices() is None, seen=HASH_SHOWN,
    )  # fmt: skip


@pages.get("/office/plans/<int:id_>")
def one(id_: int) -> str:
    """One plan, whole, page by page."""
    found = read(id_)
    system, kind = request.args.get("system", ""), request.args.get("kind", "")
    lines = [
        line
        for line in found.shown.lines
        if system in ("", line.change.system) and kind in ("", line.change.kind.value)
    ]
    listed = pager(len(lines), _LINES)
    return render_template(
        "officer/plans/one.html", read=found, lines=lines[listed.skip : listed.skip + _LINES], pager=listed,
        tones=TONES, held=found.plan.state is PlanState.HELD, narrowed=bool(system or kind),
        may=bool(officer().who.roles & RELEASING),
    )  # fmt: skip


def read(id_: int) -> Read:
    """The plan for whoever asks.

    Raises:
        NotFound: there is none; IntegrityError: somebody changed it after it was stored.
    """
    with the_site().store.read() as connection:
        found = plan(connection, id_)
        verify_plan(connection, found)
        lines = sorted((Line(change) for change in changes_of(connection, id_)), key=attrgetter("order"))
        shown = discreet(lines, today(), unannounced(connection, today(), found.as_of))
        return Read(found, shown, signers(connection, found), _why_not(connection, found))


def _why_not(connection: Connection, found: StoredPlan) -> str:
    """What stands between this officer and a signature; the deed judges again."""
    me, deciding = officer().who, offices()
    if deciding is None:
        return gettext("この団体では、設定に書かれた担当者がコマンド iam plan release で解除します。")
    actor = actor_of(me.staff_number)
    if found.state is not PlanState.HELD:
        return gettext("この計画は保留中ではありません。")
    if actor not in Releasers(connection, deciding, today()):
        return gettext("保留を解除する役職に就いていません。")
    if found.first_officer is not None and one_person(connection, actor, found.first_officer):
        return gettext("1人目として確認済みです。もう一人の担当者の確認を待っています。")
    return ""


def offices() -> Offices | None:
    """The offices, where plans are released in the portal."""
    return releasing_offices(the_site().deployment)


def signers(connection: Connection, found: StoredPlan) -> list[str]:
    """Who has signed, by name and number; an operating-system account as itself."""
    actors = [actor for actor in (found.first_officer, found.second_officer) if actor]
    numbers = [actor.removeprefix(STAFF) for actor in actors if actor.startswith(STAFF)]
    ids = persons_by_number(connection, numbers)
    named = {person.id: person.name for person in people(connection, ids.values())}
    return [
        f"{named[ids[number]]}（{number}）" if (number := actor.removeprefix(STAFF)) in ids else actor
        for actor in actors
    ]
