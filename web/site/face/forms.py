"""What every form is made of.

The one law: *a form is read from what was sent, and judged once*: a page that
was only opened shows it empty, and nothing typed is lost but secrets (WTForms
never writes a password back).  The CSRF token is checked for every form alike,
before the page is asked (app.py).
"""

import unicodedata
from typing import Any, Self

from flask import request
from wtforms import Form, StringField

from web.site.border.headers import UNSAFE


class PageForm(Form):
    """A form of one page."""

    @classmethod
    def read(cls, **values: Any) -> Self:  # noqa: ANN401 - WTForms takes whatever a field shows
        """The form as it was sent; on a page that was only opened with `values` in it."""
        return cls(request.form if request.method in UNSAFE else None, **values)

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
        text = str(valuelist[0]) if valuelist else ""
        kept = "".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in text)
        self.data = " ".join(unicodedata.normalize("NFC", kept).split())
