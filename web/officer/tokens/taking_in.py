"""A vendor's file of token seeds, taken in.

The one law: *all of a file or nothing*: every row that is wrong is told by its line, and nothing was taken.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath, PureWindowsPath
from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response
from wtforms import FileField, PasswordField

from connectors.tokens import Unlock, key_of, read_tokens
from iam.errors import TokenFileError
from iam.ports import TokenSeed
from iam.signin.factors.stock import take_in, why_not_take_in
from web.officer.officer import officer, today
from web.site.access import FILE
from web.site.face.forms import PageForm, line
from web.site.site import the_site

pages = Blueprint("token_files", __name__)

LONGEST_BATCH: Final = 60
SHOWN: Final = 200
"""Problems on the page; the rest are counted."""

_WRONG: Final = 422


class FileForm(PageForm):
    """The file, what opens it, and what the delivery is called."""

    file = FileField(lazy_gettext("ファイル"))
    password = PasswordField(lazy_gettext("ファイルのパスワード"))
    key = PasswordField(lazy_gettext("ファイルの鍵"))
    batch = line(lazy_gettext("受入の名前"), longest=LONGEST_BATCH, required=False)


@pages.route("/office/tokens/import", methods=["GET", "POST"])
def page() -> Response | tuple[str, int]:
    """Choose a file, and take it in."""
    form = FileForm.read()
    if not form.sent() or not (seeds := _seeds(form)):
        problems = list(form.file.errors)
        return render_template(
            "officer/tokens/import.html", form=form, problems=problems[:SHOWN], more=max(0, len(problems) - SHOWN),
            largest=FILE // 2**20,
        ), form.status  # fmt: skip
    name = form.batch.data or f"{_name(form.file.data)[: LONGEST_BATCH - 11]} {today()}"
    try:
        with officer().act() as act:
            count = take_in(act, the_site().store.keys, seeds, name)
    except TokenFileError as error:  # somebody else took one of them in meanwhile
        form.file.errors = list(error.problems)
        return render_template(
            "officer/tokens/import.html", form=form, problems=form.file.errors[:SHOWN], more=0, largest=FILE // 2**20
        ), _WRONG
    flash(gettext("%(count)s台を在庫に取り込みました（受入「%(name)s」）。", count=count, name=name), "success")
    flash(gettext("取り込んだファイルには機器の秘密の鍵が入っています。端末から確実に消去してください。"), "warning")
    return redirect(url_for("tokens.page", place="in_stock"), 303)


def _seeds(form: FileForm) -> Sequence[TokenSeed]:
    """What the file holds, or () with everything that is wrong beside the fields."""
    sent = form.file.data
    unlock = _unlock(form)
    if not isinstance(sent, FileStorage) or not sent.filename:
        form.file.errors = [gettext("ファイルを選んでください。")]
    if form.errors or unlock is None:
        return ()
    try:
        found = read_tokens(_name(sent), sent.stream.read(FILE + 1), unlock)
    except TokenFileError as error:
        form.file.errors = list(error.problems)
        return ()
    with the_site().store.read() as connection:
        problems = [*found.problems, *why_not_take_in(connection, found.seeds)]
    form.file.errors = problems
    return () if problems else found.seeds


def _unlock(form: FileForm) -> Unlock | None:
    password, key = form.password.data or "", form.key.data or ""
    if password and key:
        form.key.errors = [gettext("パスワードと鍵は、どちらか一つだけを入力してください。")]
        return None
    try:
        return Unlock(key_of(gettext("鍵"), key.strip().encode()) if key else None, password or None)
    except TokenFileError as error:
        form.key.errors = list(error.problems)
        return None


def _name(sent: FileStorage) -> str:
    """The file's own name, without the folders that some browsers send."""
    name = PurePosixPath(PureWindowsPath(sent.filename or "").name).name
    return "".join(sign if sign.isprintable() else " " for sign in name)[:LONGEST_BATCH] or gettext("ファイル")
