"""What people type: fields that tidy it, and say what is wrong beside the field.

The one law: *nothing typed is lost but secrets*, and nothing is stored that
another reader would see otherwise: control characters and marks that turn the
direction of a text are refused where they are typed, and so is a My Number,
for what is recorded is never shortened.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any, Final, Literal, Self

from flask import g, request
from flask_babel import gettext
from werkzeug.datastructures import CombinedMultiDict
from wtforms import DateField, Field, Form, PasswordField, StringField, TextAreaField
from wtforms.i18n import DummyTranslations, get_translations
from wtforms.validators import StopValidation, ValidationError

from iam.people.japanese import holds_my_number
from web.site.border import typed
from web.site.border.headers import UNSAFE
from web.site.face.language import chosen

LINE: Final = 200
PARAGRAPH: Final = 2_000
_TURNING: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_GAPS: Final = re.compile(r"[\s\u3000-]+")
_CODE: Final = 64
_DAY: Final = 20
_SHRINKS: Final = 4
"""Characters that NFC makes one, at most (U+1F82).  It takes quadratic time over marks in disorder, half a minute for
what one form may hold: so what stays too long anyway is not put in order."""

_LIBRARY: Final = {"ja": get_translations(["ja"]), "en": DummyTranslations()}

Validator = Callable[[Any, Any], None]


class PageForm(Form):
    """The form of one page.  Its CSRF token was judged before the page was asked (app.py)."""

    class Meta:
        """How WTForms treats it."""

        def get_translations(self, _form: Form) -> object:
            """What the library itself says, in the language of the page."""
            return _LIBRARY[chosen()]

    @classmethod
    def read(cls, **values: Any) -> Self:  # noqa: ANN401 - WTForms takes whatever a field shows
        """The form as it was sent, files too; on a page that was only opened with `values` in it.

        What was typed before a new proof was asked for stands in it again.
        """
        if request.method not in UNSAFE:
            return cls(None, **{**values, **typed.again()})
        sent: CombinedMultiDict[str, Any] = CombinedMultiDict([request.form, request.files])
        form = cls(sent, **values)
        g.form = form  # what a page says above it is remembered when it refuses a decision
        return form

    def sent(self) -> bool:
        """Whether it was sent, and is as it should be."""
        return request.method in UNSAFE and self.validate()

    @property
    def status(self) -> int:
        """Of a page that shows the form: 422 when something is to be put right."""
        return 422 if self.errors else 200


class Line(StringField):
    """One line of text: blanks around it and control characters within do not matter."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was typed, as one line."""
        text = str(valuelist[0])[: _SHRINKS * LINE] if valuelist else ""
        kept = "".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in text)
        self.data = " ".join(unicodedata.normalize("NFC", kept).split())


def line(label: str, *more: Validator, longest: int = LINE, required: bool = True) -> StringField:
    """One line of text: blanks around it do not matter."""
    tidied = partial(tidy, longest=longest)
    return StringField(label, [_Asked(required=required), _Length(longest), plain, *more], filters=[tidied])


def paragraph(label: str, *more: Validator, longest: int = PARAGRAPH, required: bool = True) -> TextAreaField:
    """Some lines of text, e.g. a reason."""
    tidied = partial(tidy, longest=longest)
    return TextAreaField(label, [_Asked(required=required), _Length(longest), plain, *more], filters=[tidied])


def secret(label: str, *more: Validator) -> PasswordField:
    """A password: taken whole as it was typed, and never shown again."""
    return PasswordField(label, [_Asked(required=True), *more])


def code(label: str, *more: Validator, longest: int = _CODE) -> StringField:
    """A code from an app, a device or a sheet: full-width digits, blanks and hyphens do not matter; not shown again."""
    return _Unshown(label, [_Asked(required=True), _Length(longest), *more], filters=[_digits])


def day(label: str, *more: Validator, required: bool = True) -> DateField:
    """A date: 2027-03-31, as browsers give it or as it was typed."""
    return _Day(label, [_Asked(required=required), *more])


class _Unshown(StringField):
    def _value(self) -> str:
        return ""


class _Day(DateField):
    def process_formdata(self, valuelist: list[Any]) -> None:
        typed = _normal("NFKC", str(valuelist[0]), _DAY).strip() if valuelist else ""
        self.data = None
        if typed:
            try:
                self.data = date.fromisoformat(typed.replace("/", "-"))
            except ValueError:
                raise ValueError(gettext("日付を 2027-03-31 の形で入力してください。")) from None


class _Asked:
    """Whether something must be typed; the badge of the label follows it."""

    def __init__(self, *, required: bool) -> None:
        self.field_flags: dict[str, Any] = {"required": True} if required else {"optional": True}
        self._required = required

    def __call__(self, _form: object, field: Field) -> None:
        if field.raw_data and str(field.raw_data[0]).strip():
            return
        if field.errors:
            raise StopValidation
        field.errors = []
        raise StopValidation(_missing(field)) if self._required else StopValidation


class _Length:
    def __init__(self, longest: int) -> None:
        self.field_flags = {"maxlength": longest}
        self._longest = longest

    def __call__(self, _form: object, field: Field) -> None:
        if len(field.data or "") > self._longest:
            raise ValidationError(gettext("%(longest)s文字以内で入力してください。", longest=self._longest))


def plain(_form: object, field: Field) -> None:
    """Refuse what cannot be seen, or makes a text look like another; and a My Number."""
    must_be_plain(field.data or "")


def must_be_plain(text: str) -> None:
    """The same of a text that no field holds as it is.

    Raises:
        ValidationError: what is wrong with it.
    """
    if _TURNING.search(text) or any(unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\n\t" for sign in text):
        raise ValidationError(gettext("表示できない文字が含まれています。入力し直してください。"))
    if len(text) <= PARAGRAPH and holds_my_number(text):
        raise ValidationError(
            gettext("個人番号（マイナンバー）とみられる12桁の数字は入力できません。取り除いてください。")
        )


def tidy(text: str | None, longest: int = PARAGRAPH) -> str:
    """NFC, one kind of line end, no blanks around; what is much longer than `longest` keeps its form."""
    return _normal("NFC", (text or "").replace("\r\n", "\n").replace("\r", "\n"), longest).strip()


def _digits(text: str | None) -> str:
    return _GAPS.sub("", _normal("NFKC", text or "", _CODE))


def _normal(form: Literal["NFC", "NFKC"], text: str, longest: int) -> str:
    return text if len(text) > _SHRINKS * longest else unicodedata.normalize(form, text)


def _missing(field: Field) -> str:
    return gettext("%(label)sを入力してください。", label=field.label.text)
