"""Where a browser is sent that may not pass: to sign in, to prove more, or to read why not.

The one law: *no address carries a secret, and none that a visitor wrote is followed*: why somebody was refused is
sealed, and what they wanted is a path of the application's own host.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from iam.errors import IntegrityError
from iam.record.keys import KeyRing
from iam.signin.deciding.decision import Decision, Needs, Outcome, Reason
from web.doors.forward.reading import own_page

HERE: Final = "/.kagimori"
"""Under which an application's own host hands browsers to us."""

NO_MORE: Final = Needs()
_PURPOSE: Final = "refusal at an application"
_LIFE: Final = timedelta(minutes=10)


def begin_at(origin: str, to: str, needs: Needs = NO_MORE) -> str:
    """Where coming in begins: at the application's own host."""
    return f"{origin}{HERE}/begin?{urlencode({'to': own_page(to), **said(needs)})}"


def said(needs: Needs) -> dict[str, str]:
    """Needs as they stand in an address; the portal's own pages read the same (web/portal/onward.py)."""
    return {**({"kinds": "2"} if needs.kinds > 1 else {}), **({"resistant": "1"} if needs.resistant else {})}


def refused_at(portal: str, code: str, decision: Decision, keys: KeyRing, at: datetime) -> str:
    """Where somebody reads why not: a page of the portal."""
    first = [each for each in decision.reasons if each.outcome is decision.outcome]
    told = {"at": at.isoformat(), "outcome": decision.outcome, "reasons": [asdict(each) for each in first[:4]]}
    sealed = keys.seal(_PURPOSE, json.dumps(told, ensure_ascii=False).encode())
    return f"{portal}/auth/refused?{urlencode({'app': code, 'why': urlsafe_b64encode(sealed).decode()})}"


def refusal_in(why: str, keys: KeyRing, at: datetime) -> Decision | None:
    """The refusal behind such an address; None when it is not ours, or old."""
    try:
        told: dict[str, Any] = json.loads(keys.open(_PURPOSE, urlsafe_b64decode(why)))
    except (IntegrityError, Error, ValueError):
        return None
    if not timedelta(0) <= at - datetime.fromisoformat(told["at"]) < _LIFE:
        return None
    reasons = tuple(Reason(**{**each, "outcome": Outcome(each["outcome"])}) for each in told["reasons"])
    return Decision(Outcome(told["outcome"]), reasons)
