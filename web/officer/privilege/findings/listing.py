"""Findings: the list, one with its evidence, and what an officer says to it.

The one law: *nobody settles what was found about themselves*; the core refuses it, and the page says so beforehand.
"""

from typing import Final

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import Connection
from wtforms import Form, SelectField

from iam.errors import NotFound
from iam.privilege.seen.evidence import sightings_of
from iam.privilege.seen.findings import (
    Finding,
    FindingKind,
    FindingState,
    count_findings,
    finding,
    findings,
    settle,
    why_not_settle,
)
from iam.privilege.seen.taking import taken_files
from web.officer.officer import officer
from web.officer.pager import pager
from web.officer.privilege.bounds import bounds, called, names_of
from web.officer.privilege.deed import Answer, Shown, answer
from web.officer.privilege.findings.words import CURES, TONES, WHAT
from web.officer.systems import name_of, right_of
from web.officer.ways import opens
from web.site.site import at, entrant, the_site

pages = Blueprint("privilege_findings", __name__)

_SIZE: Final = 50
_ALL: Final = "all"
_MOST: Final = 100
"""Lines of evidence on a page; the finding counts all."""


class FilterForm(Form):
    """Which are shown."""

    state = SelectField(lazy_gettext("状態"))
    kind = SelectField(lazy_gettext("種類"))
    system = SelectField(lazy_gettext("情報システム"))


@pages.get("/office/privilege/findings")
def page() -> str:
    """The newest first; those that nobody has looked at unless asked otherwise."""
    form = FilterForm(request.args)
    with the_site().store.read() as connection:
        within = bounds(connection)
        systems = sorted(each for each in the_site().door.model.systems if within is None or each in within)
        _choices(form, systems)
        state = FindingState(form.state.data) if form.state.data != _ALL else None
        kind = FindingKind(form.kind.data) if form.kind.data else None
        which = [form.system.data] if form.system.data else within
        listed = pager(count_findings(connection, state=state, systems=which, kind=kind), _SIZE)
        found = findings(connection, state=state, systems=which, kind=kind, most=_SIZE, offset=listed.skip)
        files = taken_files(connection)
        names = names_of(connection, [each.person_id for each in found])
    return render_template(
        "officer/privilege/findings/list.html", form=form, found=found, pager=listed, names=names, called=called,
        tones=TONES, name_of=name_of, may_take=opens("sighting_files.page", entrant()),
        files=[each for each in files if within is None or each.system in within],
    )  # fmt: skip


def _choices(form: FilterForm, systems: list[str]) -> None:
    every = ("", gettext("すべて"))
    _offer(form.state, [*((each.value, gettext(each.label_ja)) for each in FindingState), (_ALL, every[1])])
    _offer(form.kind, [every, *((each.value, gettext(each.label_ja)) for each in FindingKind)])
    _offer(form.system, [every, *((code, name_of(code)) for code in systems)])


def _offer(field: SelectField, choices: list[tuple[str, str]]) -> None:
    """What may be chosen; whatever else was asked for is the first of them."""
    field.choices = choices
    if field.data not in {value for value, _ in choices}:
        field.data = choices[0][0]


@pages.get("/office/privilege/findings/<int:id_>")
def one(id_: int) -> str:
    """One of them, with the lines that it was read from."""
    site = the_site()
    with site.store.read() as connection:
        found = _seen(connection, id_)
        names = names_of(connection, [found.person_id, found.settled_by])
        rows = sightings_of(connection, found, _MOST)
        refusal = why_not_settle(connection, site.door, found, entrant().person_id, at())
    return render_template(
        "officer/privilege/findings/one.html", found=found, names=names, called=called, rows=rows, tones=TONES,
         what=WHAT, name_of=name_of, right_of=right_of, cure=CURES[found.kind],
        refusal=refusal if opens("privilege_findings.settling", entrant()) and not found.settled_at else None,
        may_settle=refusal is None and opens("privilege_findings.settling", entrant()),
    )  # fmt: skip


@pages.route("/office/privilege/findings/<int:id_>/settle", methods=["GET", "POST"])
def settling(id_: int) -> Answer:
    """What the officer found out."""
    site = the_site()
    with site.store.read() as connection:
        found = _seen(connection, id_)
        names = names_of(connection, [found.person_id])
        if refusal := why_not_settle(connection, site.door, found, entrant().person_id, at()):
            raise refusal
    list_, here = url_for("privilege_findings.page"), url_for("privilege_findings.one", id_=id_)
    facts = [
        (gettext("種類"), gettext(found.kind.label_ja)), (gettext("情報システム"), name_of(found.system)),
        (gettext("ID"), found.login), (gettext("関わる職員"), called(names, found.person_id)),
    ]  # fmt: skip
    effects = [
        gettext("この指摘を「確認済み」にします。消えることはなく、確かめた内容とともに残ります。"),
        gettext("同じ日の新しい記録が後から取り込まれたときは、新しい指摘になります。"),
    ]
    way = [(gettext("突合"), list_), (gettext("指摘 %(number)s", number=id_), here)]
    shown = Shown(
        gettext("指摘を確認する"), gettext("確認済みにする"), effects, facts, way, gettext("確かめた内容"),
        gettext("だれに、何を確かめ、どう判断したかを書きます。"),
    )  # fmt: skip
    return answer(shown, lambda reason: _settle(id_, reason), onward=here)


def _settle(id_: int, reason: str) -> str:
    with officer().act() as act:
        settle(act, the_site().door, id_, entrant().person_id, reason)
    return gettext("指摘を確認済みにしました。")


def _seen(connection: Connection, id_: int) -> Finding:
    """One finding, if this officer sees its system.

    Raises:
        NotFound: there is none, or not for this officer.
    """
    found, within = finding(connection, id_), bounds(connection)
    if within is not None and found.system not in within:
        raise NotFound(gettext("その指摘はありません。一覧から開き直してください。"))
    return found
