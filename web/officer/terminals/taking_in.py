"""A list of terminals from an asset management system, taken into the register.

The one law: *all of a file or nothing, and nothing unseen*: every mistake is told by its line; what would be new and
what would change is shown first, and what is confirmed is judged again.
"""

import zlib
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext
from sqlalchemy import Connection
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response
from wtforms import BooleanField, FileField, HiddenField

from iam.access.places import taking_in
from iam.access.places.register import LABELS, Known, Particulars, differences, normal
from iam.access.places.taking_in import Line
from iam.access.places.terminals import Sought, Terminal, terminals
from iam.errors import Conflict, SheetError
from web.body.terminals import HEADINGS, LARGEST, read_terminals
from web.officer.officer import officer
from web.site.face.forms import PageForm
from web.site.site import the_site

pages = Blueprint("terminal_files", __name__)

SHOWN: Final = 200
"""Mistakes, and lines that change something, on the page; the rest are counted."""

_WRONG: Final = 422
_KEPT: Final = 200_000
"""Signs of the packed list that the page carries until it is confirmed; a form may hold little more."""


class FileForm(PageForm):
    """The list: chosen from the disk, or as it was packed for the confirmation."""

    file = FileField(lazy_gettext("CSVファイル"))
    sheet = HiddenField()
    in_use = BooleanField(lazy_gettext("新しい端末は、すぐに使い始める"))


@dataclass(frozen=True)
class Change:
    """One line that changes something.  `fields`: what of a known terminal; () for a new one."""

    place: str
    code: str
    name: str
    fields: Sequence[str] = ()


@dataclass(frozen=True)
class Preview:
    """What taking the list in would do."""

    changes: Sequence[Change]
    unchanged: int
    sheet: str

    @property
    def new(self) -> int:
        """How many would be new."""
        return sum(not each.fields for each in self.changes)

    @property
    def changed(self) -> int:
        """How many would change."""
        return len(self.changes) - self.new


@pages.route("/office/terminals/import", methods=["GET", "POST"])
def page() -> Response | tuple[str, int]:
    """Choose a list; see what it would do; take it in."""
    form = FileForm.read(in_use=True)
    if not form.sent():
        return _shown(form)
    try:
        content = _unpacked(form.sheet.data) if form.sheet.data else _chosen(form)
        lines, preview = _read(content)
    except SheetError as error:
        return _shown(form, problems=error.problems)
    if not form.sheet.data:
        return _shown(form, preview=preview)
    try:
        with officer().act() as act:
            done = taking_in.take_in(act, _known(), lines, in_use=bool(form.in_use.data))
    except SheetError as error:  # somebody else wrote into the register meanwhile
        return _shown(form, problems=error.problems)
    flash(
        gettext(
            "登録%(new)s台、変更%(changed)s台、変更なし%(same)s台でした。",
            new=done.registered, changed=done.changed, same=done.unchanged,
        ),
        "success",
    )  # fmt: skip
    return redirect(url_for("terminals.page"), 303)


def _chosen(form: FileForm) -> bytes:
    sent = form.file.data
    if not isinstance(sent, FileStorage) or not sent.filename:
        raise SheetError([gettext("ファイルを選んでください。")])
    return sent.stream.read(LARGEST + 1)


def _read(content: bytes) -> tuple[Sequence[Line], Preview]:
    """The lines of the list, and what they would do.

    Raises:
        SheetError: with everything that stands against it.
    """
    if len(content) > LARGEST or len(sheet := _packed(content)) > _KEPT:
        raise SheetError(
            [gettext("一度に取り込むには大きすぎます。分けるか、iam terminal import で取り込んでください。")]
        )
    known = _known()
    with the_site().store.read() as connection:
        there = _there(connection)
        read = read_terminals(content, known, there)
        problems = [*read.problems, *taking_in.why_not_take_in(connection, known, read.lines)]
    if problems or not read.lines:
        raise SheetError(problems or [gettext("端末が一台も書かれていません。")])
    changes = [change for line in read.lines if (change := _change(line, there))]
    return read.lines, Preview(changes, len(read.lines) - len(changes), sheet)


def _there(connection: Connection) -> Mapping[str, Terminal]:
    return {each.terminal.code: each.terminal for each in terminals(connection, Sought())}


def _change(line: Line, there: Mapping[str, Terminal]) -> Change | None:
    given = normal(line.given)
    before = there.get(given.code)
    if before is None:
        return Change(line.place, given.code, given.name)
    different = [gettext(LABELS[name]) for name in differences(Particulars.of(before), given)]
    return Change(line.place, given.code, given.name, different) if different else None


def _known() -> Known:
    door = the_site().door
    return Known.of(door.profile, door.model)


def _packed(content: bytes) -> str:
    return b64encode(zlib.compress(content, 9)).decode()


def _unpacked(sheet: str) -> bytes:
    """What the page carried.

    Raises:
        Conflict: when it is not what a page of ours carried.
    """
    try:
        return zlib.decompressobj().decompress(b64decode(sheet, validate=True), LARGEST + 1)
    except (NotBase64, ValueError, zlib.error):
        raise Conflict(gettext("内容を読み取れませんでした。ファイルを選び直してください。")) from None


def _shown(form: FileForm, *, preview: Preview | None = None, problems: Sequence[str] = ()) -> tuple[str, int]:
    page = render_template(
        "officer/terminals/import.html", form=form, preview=preview, problems=problems[:SHOWN],
        more=max(0, len(problems) - SHOWN), shown=SHOWN, headings=[words[0] for words in HEADINGS.values()],
    )  # fmt: skip
    return page, _WRONG if problems else 200
