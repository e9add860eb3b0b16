"""What was refused at the border, remembered for whoever looks into it later.

The one law: *everything is logged, and a flood does not fill the audit*: of one
kind, at one page, from one address the audit keeps one record a minute and
process; the log keeps all.
"""

from datetime import datetime, timedelta
from typing import Final

from flask import current_app, request

from iam.errors import IamError
from iam.signin.door import actor_of
from web.site.border.callers import caller
from web.site.running.journal import log, request_id
from web.site.site import at, signed_in, the_site

_PAUSE: Final = timedelta(minutes=1)
_MOST_REMEMBERED: Final = 10_000
_SEEN: Final = "kagimori-refusals"


def refused(kind: str, detail: str = "") -> None:
    """Remember that this request was refused: `kind` is page, form, origin or certificate."""
    came = caller()
    log().warning(
        "refused", id=request_id(), kind=kind, detail=detail, endpoint=request.endpoint or "", address=came.address
    )
    if not _is_news((kind, request.endpoint or "", came.address)):
        return
    site, who = the_site(), signed_in()
    try:
        with site.store.act(actor_of(who.staff_number) if who else "door") as act:
            act.record(f"{kind}.refused", request.endpoint or "", {"address": came.address, "why": detail})
    except IamError as error:  # it is refused all the same
        log().error("unrecorded", id=request_id(), reason=str(error))


def refused_deed(reason: str) -> None:
    """Remember that somebody signed in tried to decide what they may not: once a minute for each page and reason."""
    who, site = signed_in(), the_site()
    log().warning("refused", id=request_id(), kind="deed", detail=reason, endpoint=request.endpoint or "")
    if who is None or not _is_news((reason, request.path, who.staff_number)):
        return
    try:
        with site.store.act(actor_of(who.staff_number)) as act:
            act.record("deed.refused", request.endpoint or "", {"page": request.path, "why": reason})
    except IamError as error:  # it is refused all the same
        log().error("unrecorded", id=request_id(), reason=str(error))


def _is_news(what: tuple[str, str, str]) -> bool:
    seen: dict[tuple[str, str, str], datetime] = current_app.extensions.setdefault(_SEEN, {})
    now, last = at(), seen.get(what)
    if last is not None and now - last < _PAUSE:
        return False
    if len(seen) >= _MOST_REMEMBERED:
        seen.clear()
    seen[what] = now
    return True
