"""The code step: an app, a lent device, a recovery code, a code from the desk, told by shape.

The one law: *once, and by whoever was first* (R25, ASVS 6.5.1): a code is judged,
used up and believed in the act that opens the session; wrong ones are counted
against the device that they were tried on, and a new login does not begin the
count anew.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from iam import outbox
from iam.outbox import Topic, Value
from iam.record.store import Store
from iam.signin import steps, throttle
from iam.signin.door import DOOR, Door, Where
from iam.signin.factors import codes, totp
from iam.signin.factors.authenticators import Authenticator, Form, of_person
from iam.signin.factors.codes import Used
from iam.signin.factors.totp import Accepted, Drifted, Judged, Replayed
from iam.signin.kinds import Method
from iam.signin.login.passing import Coming, Step, half_of, proved
from iam.signin.login.refusing import device_failed, remember, waiting
from iam.signin.steps import Outcome, Refused

_DEVICES = frozenset({Form.TOTP, Form.TOKEN})


def give_code(store: Store, door: Door, token: str, code: str, where: Where, *, at_device: bool = False) -> Outcome:
    """A code of any form, told by its shape: an app, a lent device, a recovery code, one from the desk.

    `at_device`: for a login that was begun at a device (`give_at_device`); it ends in an Entered.
    """
    untimed = door.clock_is_wrong(store.clock())
    with store.act(DOOR) as act:
        step = Step(act, door, where)
        coming = half_of(step, token, at_device=at_device)
        if isinstance(coming, Refused):
            return coming
        coming = replace(coming, held=of_person(act.connection, coming.who.person_id, alive=False))
        offers = steps.needed(coming.who.rules, coming.proofs, coming.held, coming.needs).offers
        form = codes.shape_of(code)
        if form is Form.TOTP and untimed:
            return _missed(step, coming, Method.TOTP, Refused("clock"))
        if form is Form.TOTP:
            devices = [each for each in coming.held if each.active and each.form in _DEVICES and each.form in offers]
            return _by_device(step, coming, devices, code)
        return _single(step, coming, form if form in offers else None, code)


def _by_device(step: Step, coming: Coming, devices: Sequence[Authenticator], code: str) -> Outcome:
    """Try the code on each app and device; those that must wait are not asked."""
    if not devices:
        return _missed(step, coming, Method.TOTP, Refused("not_asked"))
    waits: list[timedelta] = []
    tried: list[tuple[Authenticator, Judged]] = []
    for device in devices:
        subject = throttle.authenticator_of(device.id)
        before = throttle.hold(step.act, subject)
        if before.wait is not None:
            waits.append(before.wait)
            continue
        previous = coming.who.rules.totp_previous_step
        judged = totp.give(step.act, step.door.keys, device.id, code, previous_step=previous)
        if isinstance(judged, Accepted):
            if before.failures:
                throttle.cleared(step.act, subject)
            return proved(step, coming, device.form.method(), device.id)
        tried.append((device, judged))
    method = devices[0].form.method()
    if not tried:
        return _missed(step, coming, method, waiting(min(waits)), "throttled")
    return _missed(step, coming, method, _counted(step, coming, tried))


def _counted(step: Step, coming: Coming, tried: Sequence[tuple[Authenticator, Judged]]) -> Refused:
    """The refusal of a wrong code.  One that was used before is no guess, and a double click no attack: not counted."""
    if any(isinstance(judged, Replayed) for _, judged in tried):
        return Refused("replayed")
    counted = [device_failed(step.act, coming.who, device) for device, _ in tried]
    waits = [each.wait for each in counted]
    wait = None if None in waits else min(each for each in waits if each is not None)
    if wait == throttle.FOREVER:
        return Refused("disabled")
    drifts = [judged.seconds for _, judged in tried if isinstance(judged, Drifted)]
    return Refused("drifted", wait, seconds=drifts[0]) if drifts else Refused("code", wait)


def _single(step: Step, coming: Coming, form: Form | None, code: str) -> Outcome:
    who = coming.who
    method = Method.RECOVERY if form is None else form.method()
    used = None if form is None else codes.use(step.act, step.door.keys, who.person_id, code)
    if used is None:
        return _missed(step, coming, method, Refused("code"))
    _tell(step, coming, used)
    return proved(step, coming, method, used.authenticator_id)


def _tell(step: Step, coming: Coming, used: Used) -> None:
    """Its owner is told at once: such codes are what somebody else would use (NIST SP 800-63B-4 4.2.3)."""
    who, act = coming.who, step.act
    if used.form is Form.TEMPORARY:
        outbox.tell(act, who.person_id, who.email, Topic.TEMPORARY_CODE_USED, {"at": act.at})
    else:
        values: dict[str, Value] = {"at": act.at, "left": used.left}
        outbox.tell(act, who.person_id, who.email, Topic.RECOVERY_CODE_USED, values)


def _missed(step: Step, coming: Coming, method: Method, refused: Refused, reason: str = "") -> Refused:
    """Remember a wrong code; after too many the login begins anew with the password."""
    remember(step.act, coming.who, step.where, method, reason or refused.code)
    if coming.half is not None and not steps.missed(step.act, coming.half):
        return Refused("lapsed", refused.wait)
    return refused
