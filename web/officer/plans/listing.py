"""Held plans and their contents, as officers read them before they sign.

The one law: *what is shown is what would be done*: a plan that was altered after
it was stored is not shown, and before its 内示 nothing of an appointment is.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import Connection

from iam.office.roles import STAFF, Offices
from iam.people.announced import unannounced
from iam.people.ledger import people, persons_by_number
from iam.sync.dossier import sizes
from iam.sync.plan import ChangeKind
from iam.sync.stored.plans import PlanState, Purpose, StoredPlan, changes_of, plan, plans
from iam.sync.stored.release import Releasers, one_person, verify_plan
from web.body.job import releasing_offices
from web.cli.night.lines import Line, Shown, discreet
from web.officer.officer import officer, today
from web.officer.pager import Pager, pager
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
        recent = [each for each in plans(connection, limit=_RECENT) if each.purpose is Purpose.NIGHTLY]
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
    lines, listed = _chosen(found)
    return render_template(
        "officer/plans/one.html", read=found, lines=lines, pager=listed, tones=TONES, PlanState=PlanState,
        chosen=_filters(), name_of=name_of, may_sign=_releases(),
    )  # fmt: skip


def _releases() -> bool:
    from web.site.access import TABLE  # noqa: PLC0415 - the table imports nothing of ours; this keeps the page readable

    return bool(TABLE["release.page"].roles & officer().who.roles)


def read(id_: int) -> StoredRead:
    """The plan for whoever asks.

    Raises:
        NotFound: there is none; IntegrityError: somebody changed it after it was stored.
    """
