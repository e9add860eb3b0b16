"""A target's log, taken in by an operator: what the command does, through the same verb.

The one law: *what was sent never lies on a disk*, and what could not be read in it is told with its line.
"""

from pathlib import PurePosixPath, PureWindowsPath
from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response
from wtforms import FileField, IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange, Optional

from connectors.sightings import Content, open_log
from iam.errors import NotFound, SourceError
from iam.privilege.seen.evidence import Setting
from iam.privilege.seen.taking import TakenIn, take_in, taken_files
from iam.signin.door import actor_of
from web.officer.privilege.bounds import bounds
from web.officer.systems import name_of
from web.site.access import FILE
from web.site.face.forms import PageForm
from web.site.site import at, entrant, the_site

pages = Blueprint("sighting_files", __name__)

_LONGEST_NAME: Final = 80
_WRONG: Final = 422
_YEARS: Final = (2000, 2100)


class LogForm(PageForm):
    """The file, and which system wrote it."""

    system = SelectField(lazy_gettext("情報システム"), [InputRequired(lazy_gettext("情報システムを選んでください。"))])
    file = FileField(lazy_gettext("ファイル"))
    year = IntegerField(lazy_gettext("最初の行の年"), [Optional(), NumberRange(*_YEARS)])


@pages.route("/office/privilege/findings/import", methods=["GET", "POST"])
def page() -> Response | tuple[str, int]:
    """Choose a file, and take it in."""
    form = LogForm.read()
    form.system.choices = [(code, name_of(code)) for code in the_site().door.model.systems]
    if not form.sent() or (done := _taken(form)) is None:
        status = _WRONG if form.errors else form.status
        return render_template("officer/privilege/findings/import.html", form=form, largest=FILE // 2**20), status
    if done.file_id is None:
        flash(gettext("このファイルは取込み済みです。") + done.known, "info")
        return redirect(url_for("privilege_findings.page"), 303)
    counts = gettext(
        "新しい記録 %(fresh)s件、取込み済みの行 %(repeated)s件、特権に関わらないもの %(ordinary)s件を読みました。",
        fresh=done.fresh, repeated=done.repeated, ordinary=done.ordinary,
    )  # fmt: skip
    flash(counts, "success")
    if done.findings:
        flash(gettext("新しい指摘が%(count)s件あります。", count=len(done.findings)), "warning")
    return redirect(url_for("sighting_files.one", id_=done.file_id), 303)


def _taken(form: LogForm) -> TakenIn | None:
    """What became of the file; None with what is wrong beside its field."""
    sent = form.file.data
    if not isinstance(sent, FileStorage) or not sent.filename:
        form.file.errors = [gettext("ファイルを選んでください。")]
        return None
    site, actor = the_site(), actor_of(entrant().staff_number)
    try:
        source = open_log(Content.sent(_name(sent), sent.stream.read(FILE + 1), at()), year=form.year.data)
        return take_in(site.store, Setting(site.door.model, site.door.offices), actor, form.system.data, source)
    except SourceError as error:
        form.file.errors = [gettext(str(error))]
        return None


@pages.get("/office/privilege/findings/files/<int:id_>")
def one(id_: int) -> str:
    """What was read of a file, and what could not be."""
    with the_site().store.read() as connection:
        within = bounds(connection)
        found = next(iter(taken_files(connection, file_id=id_)), None)
    if found is None or (within is not None and found.system not in within):
        raise NotFound(gettext("そのファイルは取り込まれていません。一覧から開き直してください。"))
    return render_template("officer/privilege/findings/file.html", file=found, name_of=name_of)


def _name(sent: FileStorage) -> str:
    """The file's own name, without the folders that some browsers send."""
    name = PurePosixPath(PureWindowsPath(sent.filename or "").name).name
    return "".join(sign if sign.isprintable() else " " for sign in name)[:_LONGEST_NAME] or gettext("ファイル")
