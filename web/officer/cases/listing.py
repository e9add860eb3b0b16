"""Cases: what waits for me, what I asked for, and how the others ended.

The one law: *a case is read by whom it concerns and by those who oversee*; the
page says who could decide it, so that nobody waits for somebody who is away.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from iam.errors import Forbidden
from iam.office import cases
from iam.office.cases import Case, CaseKind, CaseState
from iam.people.ledger import Person, people
from web.officer.cases.content import Content
from web.officer.cases.contents import content_of
from web.officer.officer import officer
from web.officer.systems import name_of, right_of
from web.portal.privilege.words import title
from web.site.access import OVERSIGHT
from web.site.site import at, the_site

pages = Blueprint("cases", __name__)

TONES: Final[Mapping[CaseState, str]] = {
    CaseState.ASKED: "info",
    CaseState.CONFIRMED: "success",
    CaseState.DECLINED: "warning",
    CaseState.WITHDRAWN: "",
    CaseState.LAPSED: "",
}
_SHOWN: Final = 50


@dataclass(frozen=True)
class Read:
    """One case as the page shows it.  `why_not`: what stands between the reader and a decision, "" for nothing."""

    case: Case
    names: Mapping[int, Person]
    deciders: Sequence[Person]
    why_not: str
    mine: bool
    content: Content

    @property
    def subject(self) -> Person | None:
        """Whom it is about."""
        return self.names.get(self.case.subject_id or 0)


@pages.get("/office/cases")
def page() -> str:
    """What waits, and what became of the others."""
    me, site = officer(), the_site()
    oversees = bool(me.who.roles & set(OVERSIGHT))
    with site.store.read() as connection:
        waiting = cases.waiting_for(connection, site.door.offices, me.who.person_id, at())
        asked = cases.recent(connection, at(), asked_by=me.who.person_id, limit=_SHOWN)
        others = cases.recent(connection, at(), limit=_SHOWN) if oversees else []
        names = names_of(connection, [*waiting, *asked, *others])
    return render_template(
        "officer/cases/list.html", waiting=waiting, asked=asked, others=others, names=names, tones=TONES,
        oversees=oversees, about=about,
    )  # fmt: skip


def about(case: Case) -> str:
    """What a case without a person is about, as people read it; "" where its kind says everything."""
    content = case.content
    name = str(content.get("name") or content.get("login") or content.get("entitlement") or "")
    if case.kind is not CaseKind.PRIVILEGED_ID or not name:
        return name
    system = str(content.get("system", ""))
    return title(name_of(system), name if content.get("login") else right_of(system, name))


@pages.get("/office/cases/<int:id_>")
def one(id_: int) -> str:
    """One case."""
    return render_template("officer/cases/one.html", read=read(id_), tones=TONES, CaseState=CaseState)


def read(id_: int) -> Read:
    """The case for whoever asks.

    Raises:
        NotFound: there is none; Forbidden: it concerns others.
    """
    me, site = officer().who, the_site()
    with site.store.read() as connection:
        case = cases.case_of(connection, id_, at())
        concerned = {case.asked_by, case.decided_by, case.subject_id}
        offices = site.door.offices
        refusal = cases.refused(connection, offices, case, me.person_id, at(), seen_hash=case.content_hash)
        if refusal and me.person_id not in concerned and not me.roles & set(OVERSIGHT):
            raise Forbidden(gettext("この申請を見られるのは、関係する職員と担当者だけです。"))
        able = cases.deciders(connection, offices, case, at()) if case.state is CaseState.ASKED else []
        names = names_of(connection, [case], able)
        content = content_of(connection, case, names)
    why_not = gettext(str(refusal)) if refusal else ""
    return Read(case, names, [names[id_] for id_ in able], why_not, case.asked_by == me.person_id, content)


def names_of(connection: Connection, found: Sequence[Case], more: Collection[int] = ()) -> dict[int, Person]:
    """Everybody whom these cases name."""
    ids = {*more}
    for case in found:
        ids.update(id_ for id_ in (case.asked_by, case.subject_id, case.decided_by) if id_ is not None)
        if holder := case.content.get("deputises_id"):
            ids.add(holder)
    return {person.id: person for person in people(connection, ids)}


@pages.post("/office/cases/<int:id_>/withdraw")
def withdraw(id_: int) -> Response:
    """The asker takes it back."""
    me = officer()
    with me.act() as act:
        cases.withdraw(act, id_, me.who.person_id)
    flash(gettext("申請を取り下げました。"), "success")
    return redirect(url_for("cases.page"), 303)
