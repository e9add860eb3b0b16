"""A sheet that was filled in is handed in.

The one law: *the answers are those of whoever hands them in*, who is signed in and may answer today; what was sent
never lies on a disk.
"""

from pathlib import PurePosixPath, PureWindowsPath
from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext, ngettext
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response
from wtforms import FileField

from connectors.returned import LARGEST, read_book
from iam.errors import Conflict, SheetError
from iam.ports import ReturnedBook
from iam.review.returned.columns import ANSWERS, CONTROL
from iam.review.returned.taking import examine, take_back
from iam.review.returned.told import Refused, Taken
from web.officer.officer import officer
from web.officer.review.bounds import seen_campaign
from web.officer.review.sheets.listing import sheets_way
from web.site.face.forms import PageForm
from web.site.site import entrant, the_site

pages = Blueprint("review_sheet_returns", __name__)

_LONGEST_NAME: Final = 80
_WRONG: Final = 422


class FileForm(PageForm):
    """The file."""

    file = FileField(lazy_gettext("ファイル"))


@pages.route("/office/review/<long:id_>/sheets/return", methods=["GET", "POST"])
def page(id_: int) -> Response | tuple[str, int]:
    """Choose the file; then what became of it."""
    form = FileForm.read()
    done = _done(form, id_) if form.sent() else None
    if isinstance(done, Taken):
        _say(done)
        return redirect(url_for("review_sheets.returned", id_=id_, return_id=done.return_id), 303)
    with the_site().store.read() as connection:
        campaign = seen_campaign(connection, id_)
    page_ = render_template(
        "officer/review/sheets/return.html", campaign=campaign, form=form, refused=done, largest=LARGEST // 2**20,
        way=sheets_way(campaign),
    )  # fmt: skip
    return page_, _WRONG if done else form.status


def _done(form: FileForm, id_: int) -> Taken | Refused | None:
    """What became of the file; None with what is wrong beside its field."""
    book = _book(form)
    if book is None:
        return None
    site = the_site()
    with site.store.read() as connection:
        examined = examine(connection, site.door, book, campaign_id=seen_campaign(connection, id_).id)
    try:
        with officer().act() as act:
            return take_back(act, site.door, examined, entrant().person_id)
    except Conflict as error:
        form.file.errors = [gettext(str(error))]
        return None


def _book(form: FileForm) -> ReturnedBook | None:
    sent = form.file.data
    if not isinstance(sent, FileStorage) or not sent.filename:
        form.file.errors = [gettext("ファイルを選んでください。")]
        return None
    try:
        return read_book(_name(sent), sent.stream.read(LARGEST + 1), (ANSWERS, CONTROL))
    except SheetError as error:
        form.file.errors = [gettext(each) for each in error.problems]
        return None


def _say(done: Taken) -> None:
    if done.taken:
        flash(ngettext("%(num)s件の回答を取り込みました。", "%(num)s件の回答を取り込みました。", done.taken), "success")
    else:
        flash(gettext("新しく取り込んだ回答はありません。"), "info")


def _name(sent: FileStorage) -> str:
    """The file's own name, without the folders that some browsers send; what it ends with is kept."""
    name = PurePosixPath(PureWindowsPath(sent.filename or "").name)
    plain = "".join(sign if sign.isprintable() else " " for sign in name.name)
    return plain if len(plain) <= _LONGEST_NAME else plain[: _LONGEST_NAME - 5] + name.suffix[:5]
