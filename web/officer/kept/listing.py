"""The register of kept IDs: which there are, who answers for each, who uses it, and what is not as it should be.

The one law: *what a review would find is already seen here*: nobody answers for it, they have left, its day is over,
or somebody who uses it no more still knows its secret.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from flask import Blueprint, render_template, request
from flask_babel import gettext, lazy_gettext
from sqlalchemy import Connection
from wtforms import Form, SelectField

from iam.access.kept.register import (
    Kept,
    KeptKind,
    Listed,
    Member,
    Sought,
    how_many,
    kept_id,
    kinds,
    listed,
    members_of,
    who_still_know,
)
from iam.errors import NotFound
from iam.people.ledger import Person, people
from iam.people.standing import Status
from web.officer.officer import officer, today
from web.officer.pager import pager
from web.officer.privilege.bounds import bounds
from web.officer.ways import opens
from web.site.face.forms import Line
from web.site.site import the_site

pages = Blueprint("kept", __name__)

_SIZE: Final = 50
_ANY: Final = ""
_NO_KEEPER: Final = "keeper"
_OVER: Final = "over"
_GONE: Final = frozenset({Status.LEFT, Status.LAPSED, Status.ABSENT, Status.UNTOLD, Status.AWAY})


class FilterForm(Form):
    """Which IDs are shown, beside what they are."""

    q = Line(lazy_gettext("ID、用途、管理者"))
    system = SelectField(lazy_gettext("情報システム"))
    which = SelectField(lazy_gettext("状態"))


@dataclass(frozen=True)
class Care:
    """What is not as it should be, in a few words, and what to do."""

    words: str
    cure: str


@dataclass(frozen=True)
class Seen:
    """One row as it is shown."""

    listed: Listed
    keeper: Person | None
    cares: tuple[Care, ...]


@pages.get("/office/kept")
def page() -> str:
    """The register, as far as this officer sees it."""
    with the_site().store.read() as connection:
        within = bounds(connection)
        form = _form(within)
        sought = _sought(form, within)
        found = kinds(connection, sought)
        shown = pager(how_many(connection, sought), _SIZE)
        rows = _seen(connection, listed(connection, sought, today(), skip=shown.skip, limit=_SIZE))
    return render_template(
        "officer/kept/list.html", form=form, kind=sought.kind, kinds=list(KeptKind), counts=found,
        total=sum(found.values()), rows=rows, pager=shown, name_of=name_of, today=today(),
        bare=not (form.q.data or form.system.data or form.which.data),
    )  # fmt: skip


@pages.get("/office/kept/<int:id_>")
def one(id_: int) -> str:
    """One ID: who answers for it, who uses it and who did."""
    with the_site().store.read() as connection:
        kept = seen_id(connection, id_)
        members = members_of(connection, [id_])[id_]
        named = {kept.keeper_id, kept.sponsor_id, *(member.person_id for member in members)}
        names = names_of(connection, named)
    know = who_still_know(kept, members, today())
    return render_template(
        "officer/kept/one.html", kept=kept, members=sorted(members, key=_latest_first), names=names,
        know=frozenset((each.person_id, each.valid_from) for each in know), today=today(), name_of=name_of,
        deeds=_deeds(kept, members),
        cares=_cares(kept, names.get(kept.keeper_id or 0), know, today()),
    )  # fmt: skip


def seen_id(connection: Connection, id_: int) -> Kept:
    """One ID that this officer sees, whether or not it is in force.

    Raises:
        NotFound: there is none, or not for this officer.
    """
    found, within = kept_id(connection, id_), bounds(connection)
    if within is not None and found.system not in within:
        raise NotFound(gettext("そのIDは共用ID等の台帳にありません。一覧から開き直してください。"))
    return found


def names_of(connection: Connection, ids: Iterable[int | None]) -> Mapping[int, Person]:
    """Everybody who is named, by the number of their row."""
    wanted = sorted({id_ for id_ in ids if id_ is not None})
    return {person.id: person for person in people(connection, wanted)}


def name_of(system: str) -> str:
    """The name of a system, or its code where the model knows it no more."""
    found = the_site().door.model.systems.get(system)
    return found.name if found else system


def _deeds(kept: Kept, members: Collection[Member]) -> list[str]:
    """What this officer may do to it: names of pages of kept_deeds."""
    if kept.retired_at is not None:
        return []
    shared = kept.kind is KeptKind.SHARED
    fits = {
        "secret": True, "keeper": True, "join": shared, "retire": True,
        "leave": shared and any(each.valid_until is None for each in members),
    }  # fmt: skip
    return [name for name, holds in fits.items() if holds and opens(f"kept_deeds.{name}", officer().who)]


def _latest_first(member: Member) -> tuple[bool, float]:
    return member.valid_until is not None, -member.valid_from.toordinal()


def _form(within: Collection[str] | None) -> FilterForm:
    form = FilterForm(request.args)
    codes = [code for code in the_site().door.model.systems if within is None or code in within]
    systems = [(_ANY, gettext("すべて")), *((code, name_of(code)) for code in codes)]
    states = [(_ANY, gettext("すべて")), (_NO_KEEPER, gettext("管理者がいない")), (_OVER, gettext("期限が過ぎている"))]
    for field, choices in ((form.system, systems), (form.which, states)):
        field.choices = choices
        field.data = field.data if field.data in dict(choices) else _ANY
    return form


def _sought(form: FilterForm, within: Collection[str] | None) -> Sought:
    kind = request.args.get("kind", "")
    return Sought(
        form.q.data or "", KeptKind(kind) if kind in set(KeptKind) else None,
        {form.system.data} if form.system.data else within, without_keeper=form.which.data == _NO_KEEPER,
        over=today() if form.which.data == _OVER else None,
    )  # fmt: skip


def _seen(connection: Connection, rows: Iterable[Listed]) -> list[Seen]:
    found = list(rows)
    keepers = names_of(connection, (each.kept.keeper_id for each in found))
    members = members_of(connection, [each.kept.id for each in found])
    seen = []
    for each in found:
        keeper, know = keepers.get(each.kept.keeper_id or 0), who_still_know(each.kept, members[each.kept.id], today())
        seen.append(Seen(each, keeper, _cares(each.kept, keeper, know, today())))
    return seen


def _cares(kept: Kept, keeper: Person | None, know: Collection[Member], on: date) -> tuple[Care, ...]:
    if kept.retired_at is not None:
        return ()
    gone = keeper is not None and officer().door.offices.standing(keeper, on).status in _GONE
    told = (
        (kept.keeper_id is None, Care(gettext("管理者がいない"), gettext("在職している職員を管理者にしてください。"))),
        (gone, Care(gettext("管理者が在職していない"), gettext("在職している職員に管理者を替えてください。"))),
        (
            kept.over(on),
            Care(
                gettext("期限が過ぎている"),
                gettext("要らなければ情報システムで止めて台帳から外し、要るなら期限を改めて登録してください。"),
            ),
        ),
        (
            bool(know),
            Care(
                gettext("使わなくなった人がパスワードを知っている"),
                gettext("パスワードを変え、変えた日を記してください。"),
            ),
        ),
    )
    return tuple(care for holds, care in told if holds)
