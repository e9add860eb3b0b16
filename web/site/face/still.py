"""Fragments that are the same on every page of one language, but for a few values.

The one law: *what does not change is drawn once*: a fragment is drawn at its first
use with marks in the place of its values; afterwards it costs no more than
joining texts.  Every value is escaped where it is put in.
"""

import re
from collections.abc import Mapping
from typing import Final

from flask import current_app
from markupsafe import Markup, escape

from web.site.face.language import chosen
from web.site.site import the_site

_DRAWN: Final = "kagimori-still"
_MARK: Final = re.compile("\x02([a-z]+)\x03")

Pieces = tuple[str, ...]
"""Text, name of a value, text, name of a value, …, text."""


def still(fragment: str, /, **values: object) -> Markup:
    """parts/still/`fragment`.html with these values, which stand in it once or more, alone and in no condition."""
    drawn: dict[tuple[str, str], Pieces] = current_app.extensions.setdefault(_DRAWN, {})
    key = fragment, chosen()
    if key not in drawn:
        drawn[key] = _draw(fragment, values)
    pieces = drawn[key]
    text = (str(escape(values[each])) if place % 2 else each for place, each in enumerate(pieces))
    return Markup("".join(text))  # noqa: S704 - ours, and every value in it is escaped


def _draw(fragment: str, values: Mapping[str, object]) -> Pieces:
    template = current_app.jinja_env.get_template(f"parts/still/{fragment}.html")
    marks = {value: f"\x02{value}\x03" for value in values}
    return tuple(_MARK.split(template.render(site=the_site(), language=chosen(), **marks)))
