"""Refusals: counted, remembered, told to their owner, and answered in words that give nothing away.

The one law: *a refusal is returned, never raised*, so that the act that
remembers it stands (design law 3); what the page is told is a code that is the
same for everybody of whom nothing was proved (R35, ASVS 6.3.8).
"""

from datetime import timedelta
from typing import Final

from iam import outbox
from iam.outbox import Topic, Value
from iam.policy.entry.signin import SigninRules
from iam.record.act import Act
from iam.signin import history, throttle
from iam.signin.door import Entrant, Where
from iam.signin.factors.authenticators import Authenticator, State, end
from iam.signin.history import Outcome
from iam.signin.kinds import Method
from iam.signin.steps import Refused
from iam.signin.throttle import FOREVER, Counted

MOST_A_MINUTE: Final = 20
"""Of what cost nothing to try and says nothing of anybody: so many from one address within a minute are remembered."""


def remember(act: Act, who: Entrant | None, where: Where, method: Method, reason: str, *, blinded: str = "") -> None:
    """One failure, in the history of whom it concerns and in the audit.

    `who` None: nobody's; then `blinded` stands for the number that was typed, which may be somebody's password.
    """
    if who is None and method is not Method.PASSWORD and _floods(act, where):
        return
    person_id = history.NOBODY if who is None else who.person_id
    history.note(act, person_id, Outcome.FAILURE, where, methods=[method], reason=reason)
    subject = "nobody" if who is None else f"person {person_id}"
    detail = {"method": method, "reason": reason, "address": where.address}
    act.record("signin.refused", subject, {**detail, "number": blinded} if blinded else detail)


def _floods(act: Act, where: Where) -> bool:
    """A false answer of a key costs no hash, so a flood of them would fill the audit, which nobody may shorten.

    A password is never passed over: with less to write, an unknown number would be answered sooner than a known one.
    """
    return history.strangers_from(act.connection, where.address, act.at - timedelta(minutes=1)) >= MOST_A_MINUTE


def waiting(wait: timedelta) -> Refused:
    """Refused unseen, for as long as the throttle says."""
    return Refused("disabled") if wait == FOREVER else Refused("wait", wait)


def password_failed(act: Act, who: Entrant | None, rules: SigninRules, subject: str) -> Refused:
    """Count a wrong password, or a right one that lets nobody in: the two are one to whoever asks."""
    counted = throttle.failed(act, subject, rules)
    if not counted.fresh:
        return waiting(counted.wait or timedelta(0))
    if who is not None and who.in_service:
        _tell_owner(act, who, rules, counted, Method.PASSWORD)
    if counted.wait == FOREVER:
        act.record("throttle.disabled", "nobody" if who is None else f"person {who.person_id}", {"what": "password"})
    return Refused("wrong", None if counted.wait == FOREVER else counted.wait)


def device_failed(act: Act, who: Entrant, device: Authenticator) -> Counted:
    """Count a wrong code against the app or device that it was tried on; too many disable it for good."""
    subject = throttle.authenticator_of(device.id)
    counted = throttle.failed(act, subject, who.rules)
    if counted.fresh:
        _tell_owner(act, who, who.rules, counted, device.form.method())
    if counted.fresh and counted.wait == FOREVER:
        end(act, device.id, State.DISABLED, "throttled")
        throttle.cleared(act, subject)
    return counted


def _tell_owner(act: Act, who: Entrant, rules: SigninRules, counted: Counted, method: Method) -> None:
    """Once when the delays begin, once when it is over (ASVS 6.3.5): not at every step of a flood."""
    if counted.wait == FOREVER:
        stopped: dict[str, Value] = {"at": act.at, "form": method.label_ja}
        outbox.tell(act, who.person_id, who.email, Topic.SIGNIN_STOPPED, stopped)
    elif counted.failures == rules.delay_after:
        failures: dict[str, Value] = {"at": act.at, "failures": counted.failures}
        outbox.tell(act, who.person_id, who.email, Topic.SIGNIN_FAILURES, failures)
