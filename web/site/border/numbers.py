"""Numbers of rows, as they come in addresses and forms.

The one law: *a number that no row can have is nobody's* (404): it never reaches
the database, which would choke on it.
"""

from typing import Any, Final

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

LARGEST: Final = 2**63 - 1
_LARGEST_INTEGER: Final = 2**31 - 1
_DIGITS: Final = 19


class RowNumber(IntegerConverter):
    """`<int:id_>` in an address: of a person, a plan, a case, a factor."""

    most = _LARGEST_INTEGER

    def __init__(self, map: Map, *args: Any, **options: Any) -> None:  # noqa: A002, ANN401 - as werkzeug calls it
        super().__init__(map, *args, **{"max": self.most, **options})


class LongNumber(RowNumber):
    """`<long:id_>`: of a session, of which a prefecture opens a million a day."""

    most = LARGEST


def register(app: Flask) -> None:
    """Let every `<int:…>` and `<long:…>` of `app` be the number of a row; before its pages are registered."""
    app.url_map.converters |= {"int": RowNumber, "long": LongNumber}


def row_number(text: str | None) -> int | None:
    """The number of a row in what was sent; None when it is none."""
    if not text or len(text) > _DIGITS or not (text.isascii() and text.isdigit()):
        return None
    number = int(text)
    return number if number <= LARGEST else None
