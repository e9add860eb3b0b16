"""What is answered about lines: the fields, and what they come to.

The one law: *what an answer needs, the core says* (iam/review/deciding): the form only asks, and shows what was refused
beside what was typed.
"""

from typing import Final

from flask import request
from flask_babel import gettext, lazy_gettext
from sqlalchemy import Connection
from wtforms import HiddenField, RadioField, SelectMultipleField
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from iam.access.accounts import AccountKind
from iam.people.ledger import persons_by_number
from iam.review.campaigns import Line
from iam.review.deciding.answers import Wish
from iam.review.words import OF_LINES, Verdict
from iam.signin.door import number_of
from web.site.border.numbers import row_number
from web.site.face.forms import PageForm, day, line, paragraph

MANY: Final = (Verdict.KEEP, Verdict.REMOVE, Verdict.LAPSE, Verdict.KEEPER)
"""What may be said of several lines at once."""

CHOSEN, PAGE = "chosen", "page"
_MOST: Final = 500
"""Lines that one page sends."""


class AnswerForm(PageForm):
    """What one reviewer says about one line."""

    seen = HiddenField()
    verdict = RadioField(lazy_gettext("判定"), [InputRequired(lazy_gettext("判定を選んでください。"))])
    until = day(lazy_gettext("最後の日"), required=False)
    given_to = line(lazy_gettext("職員番号"), required=False)
    rights = SelectMultipleField(
        lazy_gettext("外す権限"), option_widget=CheckboxInput(), widget=ListWidget(), validate_choice=True
    )
    reason = paragraph(lazy_gettext("理由"), required=False)


class ManyForm(PageForm):
    """What is said about several lines, with one reason."""

    seen = HiddenField()
    which = RadioField(lazy_gettext("対象"), [InputRequired()], default=CHOSEN)
    verdict = RadioField(lazy_gettext("判定"), [InputRequired(lazy_gettext("判定を選んでください。"))])
    until = day(lazy_gettext("最後の日"), required=False)
    given_to = line(lazy_gettext("職員番号"), required=False)
    reason = paragraph(lazy_gettext("理由"), required=False)


class CommentForm(PageForm):
    """What is said without deciding anything."""

    words = paragraph(lazy_gettext("コメント"))


def answer_form(found: Line, revision: int) -> AnswerForm:
    """The form of one line, with what may be chosen."""
    form = AnswerForm.read()
    form.verdict.choices = [(each.value, gettext(each.label_ja)) for each in OF_LINES if _fits(each, found)]
    form.rights.choices = [(each.right, each.name) for each in found.rights]
    form.seen.data = form.seen.data or str(revision)
    return form


def many_form(revision: int) -> ManyForm:
    """The form below a list."""
    form = ManyForm.read()
    form.which.choices = [
        (CHOSEN, gettext("上の一覧で選んだID")), (PAGE, gettext("このページにある、回答できるIDすべて")),
    ]  # fmt: skip
    form.verdict.choices = [(each.value, gettext(each.label_ja)) for each in MANY]
    form.seen.data = form.seen.data or str(revision)
    return form


def _fits(verdict: Verdict, found: Line) -> bool:
    """Whether an answer makes sense here: rights go where there are some; a keeper, or an owner, is named where none is
    (a person's own ID is theirs, and the register of privileged IDs has its own ways)."""
    if verdict is Verdict.REDUCE:
        return bool(found.rights)
    if verdict is Verdict.KEEPER:
        return found.person_id is None and found.kind != AccountKind.PRIVILEGED
    return verdict is not Verdict.REASSIGN or (found.person_id is None and not found.kind and bool(found.native_id))


def wish(connection: Connection, form: AnswerForm | ManyForm, line_id: int) -> Wish | None:
    """What the form says of one line; None with what is wrong beside the field."""
    verdict = Verdict(form.verdict.data)
    given = _given(connection, form) if verdict in {Verdict.KEEPER, Verdict.REASSIGN} else None
    if form.given_to.errors:
        return None
    rights = form.rights.data if isinstance(form, AnswerForm) and verdict is Verdict.REDUCE else ()
    return Wish(
        verdict, row_number(form.seen.data) or 0, line_id=line_id, reason=form.reason.data or "",
        rights=tuple(rights or ()), until=form.until.data if verdict is Verdict.LAPSE else None, given_to=given,
    )  # fmt: skip


def asked_ids(form: ManyForm | PageForm, name: str = "line") -> list[int]:
    """The numbers of the rows that were ticked, or of all on the page that can be answered."""
    field = "shown" if form["which"].data == PAGE else name
    found = (row_number(each) for each in request.form.getlist(field)[:_MOST])
    return list(dict.fromkeys(each for each in found if each is not None))


def _given(connection: Connection, form: AnswerForm | ManyForm) -> int | None:
    typed = form.given_to.data or ""
    number = number_of(typed)
    found = persons_by_number(connection, [number]).get(number) if typed else None
    if not typed:
        form.given_to.errors = [gettext("職員番号を入力してください。")]
    elif found is None:
        form.given_to.errors = [gettext("この職員番号の職員は台帳にいません。確かめてください。")]
    return found
