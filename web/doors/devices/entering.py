"""Somebody before a device: a name, what they typed, and step by step whether the device may let them in.

The one law: *a step serves the name and the gateway that began it, and nobody else*: the device will take
for granted that whoever answered is whoever it named.
"""

import hmac
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from flask_babel import gettext

from iam.errors import NotFound
from iam.signin import login
from iam.signin.deciding.decision import Asked, Decision
from iam.signin.deciding.facts import Knock, judge, proved_now
from iam.signin.deciding.pulse import Whence
from iam.signin.door import Entrant, Where, number_of
from iam.signin.login import Entered, HalfDone
from iam.signin.tokens.clients import Client
from web.doors.devices import words
from web.site.running.journal import log, request_id
from web.site.site import at, the_site

_SEAL: Final = "step at a device"
_SEAL_LENGTH: Final = 32
_LONGEST_NAME: Final = 60


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody before a device of `client`, who wants into `system`.  `by`: the door, as a decision names it.

    `device`: what it is called; "" when it does not say.  `challenge`: whether it can ask for a code in a step of its
    own.
    """

    client: Client
    name: str
    system: str
    whence: Whence
    device: str
    by: str
    challenge: bool = True

    @property
    def where(self) -> Where:
        """The same, for the history: "RADIUS：本庁のVPN（vpn-1）"."""
        named = f"（{self.device[:_LONGEST_NAME]}）" if self.device else ""
        return Where(self.whence.address, f"{self.client.kind.label_ja}：{self.client.name}{named}")


@dataclass(frozen=True, slots=True)
class Asks:
    """One proof more is wanted.  `step`: what comes back with the answer."""

    step: str = field(repr=False)
    text: str


@dataclass(frozen=True, slots=True)
class Admitted:
    """They may come in."""

    who: Entrant
    decision: Decision


@dataclass(frozen=True, slots=True)
class Turned:
    """They may not.  `code`: why, for the log; `text`: what they read."""

    code: str
    text: str


Answer: TypeAlias = Asks | Admitted | Turned


def begins(visitor: Visitor, typed: str) -> Answer:
    """The first step: a password, or a password with a code behind it.

    Raises:
        Busy: too many sign-ins at once.
    """
    site = the_site()
    outcome = login.give_at_device(site.store, site.door, visitor.name, typed, visitor.where, system=visitor.system)
    return _settled(visitor, outcome)


def goes_on(visitor: Visitor, step: str, code: str) -> Answer:
    """A further step: what answers the question that `step` stands for."""
    token = _opened(visitor, step)
    if token is None:
        return _turned(visitor, "lapsed", words.of_code("lapsed"))
    site = the_site()
    outcome = login.give_code(site.store, site.door, token, code, visitor.where, at_device=True)
    return _settled(visitor, outcome)


def _settled(visitor: Visitor, outcome: login.Outcome) -> Answer:
    if isinstance(outcome, HalfDone):
        if not visitor.challenge:
            return _turned(visitor, "no_challenge", gettext("パスワードに続けて、コードの数字を入力してください。"))
        return Asks(_sealed(visitor, outcome.token), words.asks_for(outcome.offers))
    if isinstance(outcome, Entered):
        return _judged(visitor, outcome)
    code = outcome.code if isinstance(outcome, login.Refused) else "session"
    return _turned(visitor, code, words.of(outcome) if isinstance(outcome, login.Refused) else "")


def _judged(visitor: Visitor, entered: Entered) -> Answer:
    """The proofs stand; what is left is whether they may come in here, now."""
    site, who = the_site(), entered.who
    if entered.duty:
        return _turned(
            visitor, f"duty {entered.duty}", words.of_duty(entered.duty, resistant=who.rules.phishing_resistant)
        )
    session = proved_now(site.door, who, entered.proofs, at(), visitor.whence.address)
    asked = Asked(entitlement=visitor.client.entitlement if visitor.system == visitor.client.system else "")
    knock = Knock(who, session, visitor.system, visitor.whence, at(), visitor.by, asked)
    try:
        decision = judge(site.store, site.door, knock)
    except NotFound as error:
        return _turned(visitor, f"system {visitor.system}", str(error))
    if decision.allowed:
        return Admitted(who, decision)
    return _turned(visitor, ",".join(decision.codes), words.of_decision(decision))


def _turned(visitor: Visitor, code: str, text: str) -> Turned:
    log().info(
        "turned", id=request_id(), door=visitor.by, client=visitor.client.code, system=visitor.system, cause=code,
        device=visitor.device,
    )  # fmt: skip
    return Turned(code, text)


def _sealed(visitor: Visitor, token: str) -> str:
    """The token with a seal over the gateway and the name that it was given to."""
    return f"{token}.{_seal(visitor, token)}"


def _opened(visitor: Visitor, step: str) -> str | None:
    token, _, seal = step.rpartition(".")
    known = hmac.compare_digest(seal.encode(), _seal(visitor, token).encode())
    return token if token and known else None


def _seal(visitor: Visitor, token: str) -> str:
    keys = the_site().door.keys
    said = "\0".join((str(visitor.client.id), visitor.system, number_of(visitor.name), token))
    return keys.mac(_SEAL, said.encode("utf-8", "replace"), keys.current)[:_SEAL_LENGTH]
