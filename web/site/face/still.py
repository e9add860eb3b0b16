"""Fragments that are the same on every page of one language, but for a few values.

The one law: *what does not change is drawn once*: a fragment is drawn at its first
use with marks in the place of its values; afterwards it costs no more than
joining texts.  Every value is escaped where it is put in.
"""

import re
from collections.abc import Mapping
from typing import Final

from jinja2 import pass_environment
from markupsafe import Markup, escape

from web.site.face.language import Templates
from web.site.site import the_site

_MARK: Final = re.compile("\x02([a-z]+)\x03")

Pieces = tuple[str, ...]
"""Text, name of a value, text, name of a value, …, text."""


@pass_environment
def still(templates: Templates, fragment: str, /, **values: object) -> Markup:
    """parts/still/`fragment`.html with these values, which stand in it once or more, alone and in no condition."""
    pieces = templates.drawn.get(fragment)
    if pieces is None:
        pieces = templates.drawn[fragment] = _draw(templates, fragment, values)
    text = list(pieces)
    text[1::2] = [escape(values[each]) for each in pieces[1::2]]
    return Markup("".join(text))  # noqa: S704 - ours, and every value in it is escaped


def _draw(templates: Templates, fragment: str, values: Mapping[str, object]) -> Pieces:
    template = templates.get_template(f"parts/still/{fragment}.html")
    marks = {value: f"\x02{value}\x03" for value in values}
    return tuple(_MARK.split(template.render(site=the_site(), language=templates.language, **marks)))
