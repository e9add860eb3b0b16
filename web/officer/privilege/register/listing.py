"""The register: what there is on which system, what for, who holds it now and when it was last used.

The one law: *what may be used and what may not is told apart at once*: an ID that is over stays readable, in its place.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import Connection

from iam.office import cases
from iam.office.cases import Case, CaseKind
from iam.privilege.delegating import Delegation, DelegationState, delegations
from iam.privilege.register import Mode, PrivilegedId
from iam.privilege.using import UNDONE, uses
from web.officer.officer import officer
from web.officer.privilege.bounds import called, names_of, seen_id, seen_ids
from web.officer.privilege.words import MODES, TONES, label_of
from web.officer.systems import name_of, right_of
from web.officer.ways import opens
from web.site.site import at, the_site

pages = Blueprint("privileged_ids", __name__)

_RECENT: Final = 20
_MOST: Final = 20_000


@pages.get("/office/privilege/ids")
def page() -> str:
    """All of them by system; with ?which=all those that are over as well."""
    every = request.args.get("which") == "all"
    with the_site().store.read() as connection:
        ids = seen_ids(connection)
        live = delegations(connection, at(), states={DelegationState.LIVE})
        used = uses(connection, privileged_ids=ids, limit=_MOST) if ids else []
        waiting = _waiting(connection, ids)
    holders = Counter(id_ for each in live for id_ in each.privileged_ids)
    last = {each.privileged_id: each.opened_at for each in reversed(used) if each.opened_at is not None}
    open_now = {each.privileged_id for each in used if each.state in UNDONE}
    shown = [each for each in ids.values() if every or each.retired_at is None]
    return render_template(
        "officer/privilege/register/list.html", groups=_grouped(shown), holders=holders, last=last, open_now=open_now,
        waiting=waiting, every=every, modes=MODES, name_of=name_of, right_of=right_of,
    )  # fmt: skip


def _grouped(shown: Sequence[PrivilegedId]) -> list[tuple[str, list[PrivilegedId]]]:
    """By system, in the order of the access model; what it knows no more at the end."""
    known = [*the_site().door.model.systems, *sorted({each.system for each in shown})]
    groups = {code: [each for each in shown if each.system == code] for code in dict.fromkeys(known)}
    return [(code, rows) for code, rows in groups.items() if rows]


@pages.get("/office/privilege/ids/<long:id_>")
def one(id_: int) -> str:
    """One of them: who may use it, and what it was used for."""
    with the_site().store.read() as connection:
        found = seen_id(connection, id_)
        held = delegations(connection, at(), privileged_id=id_)
        used = uses(connection, privileged_ids=[id_], limit=_RECENT)
        waiting = [case for case in _waiting(connection, {id_: found}) if case.content.get("id") == id_]
        names = names_of(connection, [*(each.delegate_id for each in held), *(each.person_id for each in used)])
    return render_template(
        "officer/privilege/register/one.html", id=found, held=_newest(held), used=used, waiting=waiting, names=names,
        called=called, modes=MODES, tones=TONES, name_of=name_of, right_of=right_of, label=label_of(found),
        may_do=_ways(found), DelegationState=DelegationState,
    )  # fmt: skip


def _newest(held: Sequence[Delegation]) -> list[Delegation]:
    """Those that hold first, then the newest."""
    return sorted(held, key=lambda each: (each.state is not DelegationState.LIVE, -each.id))


def _ways(found: PrivilegedId) -> list[tuple[str, str, str]]:
    """What may be asked for it by this officer: label, address, kind of button."""
    if found.retired_at is not None:
        return []
    secret = found.mode is Mode.SECRET
    ways = [
        ("privileged_id_asks.change", gettext("変更を申請する"), "", True),
        ("privileged_id_asks.suspect", gettext("漏れたおそれ: すぐに変える"), "danger", secret),
        ("privileged_id_asks.retire", gettext("廃止を申請する"), "outlined", True),
    ]
    me = officer().who
    return [(label, url_for(page, id_=found.id), kind) for page, label, kind, fits in ways if fits and opens(page, me)]


def _waiting(connection: Connection, ids: dict[int, PrivilegedId]) -> list[Case]:
    """The cases about the register that wait: about what this officer sees."""
    systems = {each.system for each in ids.values()}
    whole = opens("privileged_id_asks.suspect", officer().who)
    found = [case for case in cases.waiting(connection, at()) if case.kind is CaseKind.PRIVILEGED_ID]
    return [case for case in found if whole or case.content["system"] in systems]
