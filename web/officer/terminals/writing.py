"""A terminal written into the register, or written otherwise.

The one law: *every mistake stands beside its field*, and nothing that was typed is lost.
"""

from collections.abc import Mapping
from typing import Final, TypeVar

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response
from wtforms import BooleanField, SelectField, SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from iam.access.places import register
from iam.access.places.marks import certificate_in
from iam.access.places.register import LONGEST, Known, Particulars, mistakes, normal, taken
from iam.access.places.terminals import Terminal, TerminalKind
from iam.errors import Conflict, SheetError
from web.officer.officer import officer
from web.officer.terminals.listing import wanted, zones
from web.site.face.forms import PageForm, line, paragraph
from web.site.site import the_site

pages = Blueprint("terminal_books", __name__)

_CONFLICT: Final = 409
_FINE: Final = 200
_WRONG: Final = 422
_PEM: Final = "-----BEGIN"


class ChangeForm(PageForm):
    """What the register says of a terminal, but its number."""

    name = line(lazy_gettext("名前"), longest=LONGEST)
    kind = SelectField(lazy_gettext("種別"))
    zone = SelectField(lazy_gettext("領域"))
    tasks = SelectMultipleField(
        lazy_gettext("専用にする情報システム"), option_widget=CheckboxInput(), widget=ListWidget()
    )
    mac = line(lazy_gettext("MACアドレス"), longest=LONGEST, required=False)
    address = line(lazy_gettext("固定のIPアドレス"), longest=LONGEST, required=False)
    certificate = paragraph(lazy_gettext("証明書"), longest=10_000, required=False)
    outside = BooleanField(lazy_gettext("庁外への持出しを認める"))
    note = line(lazy_gettext("備考"), longest=LONGEST, required=False)


class NewForm(ChangeForm):
    """The same of one that is new."""

    code = line(lazy_gettext("管理番号"), longest=LONGEST)
    in_use = BooleanField(lazy_gettext("すぐに使い始める"))


F = TypeVar("F", bound=ChangeForm)


@pages.route("/office/terminals/new", methods=["GET", "POST"])
def new() -> Response | tuple[str, int]:
    """Write one into the register."""
    form = _offered(NewForm.read(in_use=True))
    given = _given(form, form.code.data or "") if form.sent() else None
    if given is None:
        return _shown(form, form.status)
    try:
        with officer().act() as act:
            made = register.register(act, _known(), given, in_use=bool(form.in_use.data))
    except (Conflict, SheetError) as refusal:
        form.code.errors = [gettext(str(refusal))]
        return _shown(form, _CONFLICT)
    flash(gettext("端末 %(code)s を登録しました。", code=made.code), "success")
    return redirect(url_for("terminals.one", code=made.code), 303)


@pages.route("/office/terminals/change", methods=["GET", "POST"])
def change() -> Response | tuple[str, int]:
    """Say something else of one."""
    terminal = wanted()
    form = _offered(ChangeForm.read(**_written(terminal)))
    given = _given(form, terminal.code) if form.sent() else None
    if given is None:
        return _shown(form, form.status, terminal)
    try:
        with officer().act() as act:
            register.change(act, _known(), given)
    except (Conflict, SheetError) as refusal:
        form.form_errors.append(gettext(str(refusal)))
        return _shown(form, _CONFLICT, terminal)
    flash(gettext("端末 %(code)s の内容を変更しました。", code=terminal.code), "success")
    return redirect(url_for("terminals.one", code=terminal.code), 303)


def _offered(form: F) -> F:
    """The form with what may be chosen in it; without zones it asks for none."""
    form.kind.choices = [(each.value, gettext(each.label_ja)) for each in TerminalKind]
    form.tasks.choices = [(code, name) for code, name in _known().systems.items()]
    form.zone.choices = zones() or [("", gettext("区分なし"))]
    if not zones():
        form.zone.data = ""
    return form


def _known() -> Known:
    door = the_site().door
    return Known.of(door.profile, door.model)


def _written(terminal: Terminal) -> Mapping[str, object]:
    return {
        "name": terminal.name, "kind": terminal.kind.value, "zone": terminal.zone, "tasks": list(terminal.tasks),
        "mac": terminal.mac, "address": terminal.address, "certificate": terminal.certificate,
        "outside": terminal.outside, "note": terminal.note,
    }  # fmt: skip


def _given(form: ChangeForm, code: str) -> Particulars | None:
    """What was typed, or None with every mistake beside its field."""
    try:
        certificate = _certificate(form.certificate.data or "")
    except ValueError as error:
        form.certificate.errors = [gettext(str(error))]
        return None
    given = Particulars(
        code=code, name=form.name.data or "", kind=TerminalKind(form.kind.data), zone=form.zone.data or "",
        tasks=tuple(form.tasks.data or ()), certificate=certificate, mac=form.mac.data or "",
        address=form.address.data or "", outside=bool(form.outside.data), note=form.note.data or "",
    )  # fmt: skip
    wrong = mistakes(given, _known())
    if not wrong:
        with the_site().store.read() as connection:
            wrong = taken(connection, normal(given))
    for name, sentence in wrong.items():
        form[name].errors = [gettext(sentence)]
    return None if wrong else given


def _certificate(text: str) -> str:
    """The mark of a certificate that was pasted whole; a thumbprint as it was typed."""
    return certificate_in(text.encode()) if _PEM in text else text


def _shown(form: ChangeForm, status: int, terminal: Terminal | None = None) -> tuple[str, int]:
    page = render_template("officer/terminals/write.html", form=form, terminal=terminal, zoned=bool(zones()))
    return page, _WRONG if form.errors and status == _FINE else status
