"""Decisions that were refused, remembered whichever way they were refused.

The one law: *who tried to decide what they may not stands in the audit, with the reason* (R17, OITA-S3.7.1): also when
a page refuses before the core is asked.
"""

from typing import Final

from flask import Flask, Response, g, request

from web.site.border.headers import UNSAFE
from web.site.border.refusals import refused_deed

DECIDING: Final = frozenset(
    {
        "deciding", "delegation_deeds", "nominating", "use_deeds", "privileged_id_asks", "waiver_asks", "waivers",
        "configuration_asks", "privilege_findings", "suspending", "release", "privileged_ask", "privileged_use",
        "privileged_record", "privileged_return",
    }
)  # fmt: skip
"""Blueprints in which officers decide, or ask for what two decide."""

_REFUSED: Final = frozenset({403, 404, 409})


def register(app: Flask) -> None:
    """Look at every answer of these pages to whatever was sent."""

    @app.after_request
    def remember(response: Response) -> Response:
        if request.method in UNSAFE and response.status_code in _REFUSED and request.blueprint in DECIDING:
            refused_deed(_reason())
        return response


def _reason() -> str:
    """What the person was told: as the page, or above the form."""
    form = g.get("form")
    said = "" if form is None else " ".join(map(str, form.form_errors))
    return said or str(g.get("told", ""))
