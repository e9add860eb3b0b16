"""What 人事 answers about persons: the fields, and what they come to.

The one law: *somebody who has left has a last day*: no account ends on a day that nobody named.
"""

from typing import Final

from flask_babel import gettext, lazy_gettext
from wtforms import HiddenField, RadioField
from wtforms.validators import InputRequired

from iam.review.deciding.answers import Wish
from iam.review.words import OF_PERSONS, Verdict
from web.officer.review.lines.forms import CHOSEN, PAGE
from web.site.border.numbers import row_number
from web.site.face.forms import PageForm, day, paragraph

ALL: Final = "all"
"""Everybody who fits the filter and was not answered, on later pages too."""

MANY: Final = (Verdict.IN_SERVICE, Verdict.AWAY, Verdict.UNKNOWN)
"""What may be said of several persons at once: who has left is said one by one, with their last day."""


class AttestForm(PageForm):
    """What 人事 says about one person."""

    seen = HiddenField()
    verdict = RadioField(lazy_gettext("在籍"), [InputRequired(lazy_gettext("在籍を選んでください。"))])
    until = day(lazy_gettext("最後の在職日"), required=False)
    reason = paragraph(lazy_gettext("理由"), required=False)


class ManyAttestForm(PageForm):
    """What 人事 says about several persons, with one reason."""

    seen = HiddenField()
    which = RadioField(lazy_gettext("対象"), [InputRequired()], default=CHOSEN)
    verdict = RadioField(lazy_gettext("在籍"), [InputRequired(lazy_gettext("在籍を選んでください。"))])
    reason = paragraph(lazy_gettext("理由"), required=False)


def attest_form(revision: int) -> AttestForm:
    """The form of one person."""
    form = AttestForm.read()
    form.verdict.choices = [(each.value, gettext(each.label_ja)) for each in OF_PERSONS]
    form.seen.data = form.seen.data or str(revision)
    return form


def many_attest_form(revision: int) -> ManyAttestForm:
    """The form below a list."""
    form = ManyAttestForm.read()
    form.which.choices = [
        (CHOSEN, gettext("上の一覧で選んだ職員")), (PAGE, gettext("このページにいる、回答できる職員すべて")),
        (ALL, gettext("絞り込みに合う、回答待ちの職員すべて（ほかのページにいる職員も）")),
    ]  # fmt: skip
    form.verdict.choices = [(each.value, gettext(each.label_ja)) for each in MANY]
    form.seen.data = form.seen.data or str(revision)
    return form


def attest(form: AttestForm | ManyAttestForm, person_id: int) -> Wish:
    """What the form says of one person."""
    verdict = Verdict(form.verdict.data)
    until = form.until.data if isinstance(form, AttestForm) and verdict is Verdict.LEFT else None
    seen = row_number(form.seen.data) or 0
    return Wish(verdict, seen, person_id=person_id, reason=form.reason.data or "", until=until)
