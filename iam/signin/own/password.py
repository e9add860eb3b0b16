"""Changing one's own password.

The one law: *its owner alone* (OITA-S7.4.3.1, R33): the old password is proved
again, unless it was a temporary one that just was; everything that is wrong is
told at once; and whoever else was signed in with the old one is signed out.
"""

from dataclasses import dataclass
from datetime import timedelta

from iam import outbox
from iam.errors import Forbidden
from iam.outbox import Topic
from iam.record.act import Act
from iam.signin import history, login, sessions, throttle
from iam.signin.history import Outcome
from iam.signin.kinds import Method
from iam.signin.own.owner import Owner
from iam.signin.passwords import kept
from iam.signin.passwords.judging import Code, Problem, judge
from iam.signin.passwords.kept import Kept
from iam.signin.passwords.strength import Strength, strength
from iam.signin.steps import SignedIn


@dataclass(frozen=True, slots=True)
class NotChanged:
    """Why not, all at once.

    `old_wrong`: the old password was not theirs; `wait`: how long it may not be tried, FOREVER: disabled.
    """

    problems: tuple[Problem, ...] = ()
    old_wrong: bool = False
    wait: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Looks:
    """What a page shows while somebody types: what is wrong so far, and how strong it looks."""

    problems: tuple[Problem, ...]
    strength: Strength


def present(owner: Owner) -> Kept | None:
    """The owner's password as it stands."""
    with owner.store.glance() as connection:
        return kept.kept_of(connection, owner.id)


def asks_old(password: Kept | None) -> bool:
    """Whether the old password must be given: not when it was a temporary one, which just was and is used up."""
    return password is not None and not password.temporary


def asks_proof(owner: Owner, password: Kept | None) -> bool:
    """Whether its owner must prove themselves first: who came in by a key while a temporary password waits for them
    proved nothing of the password, so an open screen would be enough to choose one."""
    unasked = not asks_old(password) and owner.session.duty != "password"
    return unasked and not sessions.recently_proved(owner.session, owner.store.clock(), owner.door)


def looks(owner: Owner, password: str) -> Looks:
    """Judge a password that is being typed, without comparing it with those that were."""
    problems = _judged(owner, password)
    return Looks(problems, strength(password, problems, owner.door.words(owner.who)))


def change(owner: Owner, *, old: str, new: str) -> SignedIn | NotChanged:
    """Set the owner's own new password: a new token for this session, the others end.

    Raises:
        Busy: too many are hashing at once; Conflict: the password was changed elsewhere meanwhile; Forbidden: see
        `asks_proof`.
    """
    door, store, who = owner.door, owner.store, owner.who
    with store.read() as connection:
        was = kept.kept_of(connection, owner.id)
        past = kept.compared_with(connection, owner.id, who.rules.history)
        wait = throttle.blocked(connection, throttle.password_of(owner.id), store.clock())
    if asks_proof(owner, was):
        raise Forbidden("パスワードを決める前に、本人の確認をもう一度行ってください。")
    problems = _judged(owner, new)
    refusal = _old_refused(owner, was, old, wait) if was is not None and asks_old(was) else None
    if refusal is not None:
        # Whether the new one is an earlier one is not told to somebody who does not know the old one.
        return NotChanged(problems, *refusal)
    if not problems and kept.is_among(door.hasher, owner.id, past, new):
        problems = (Problem(Code.PAST),)
    if problems:
        return NotChanged(problems)
    sealed = door.hasher.wrap(owner.id, new)
    with owner.act() as act:
        return _set(act, owner, was, sealed)


def _judged(owner: Owner, password: str) -> tuple[Problem, ...]:
    door, who = owner.door, owner.who
    return tuple(judge(password, minimum=who.rules.password_minimum, words=door.words(who), listed=door.listed))


def _old_refused(owner: Owner, was: Kept, old: str, wait: timedelta | None) -> tuple[bool, timedelta | None] | None:
    """What is wrong with the old password, or None; a wrong one counts as a failed sign-in (R35)."""
    if wait is not None:
        return False, wait
    if not old:
        return True, None
    right = owner.door.hasher.verify(owner.id, was.sealed, old)
    with owner.act() as act:
        return _judged_old(act, owner, right=right)


def _judged_old(act: Act, owner: Owner, *, right: bool) -> tuple[bool, timedelta | None] | None:
    """One by one: of guesses at once those that come after the wait began are told nothing, not even the right one."""
    subject = throttle.password_of(owner.id)
    if right and throttle.hold(act, subject).wait is None:
        return None
    counted = throttle.failed(act, subject, owner.who.rules)
    reason = "wrong" if counted.fresh else "throttled"
    history.note(act, owner.id, Outcome.FAILURE, owner.where, methods=(Method.PASSWORD,), reason=reason)
    act.record("password.refused", f"person {owner.id}", {"failures": counted.failures, "reason": reason})
    return counted.fresh, counted.wait


def _set(act: Act, owner: Owner, was: Kept | None, sealed: bytes) -> SignedIn:
    who = owner.who
    kept.set_own(act, owner.id, sealed, was=was, history=who.rules.history)
    throttle.cleared(act, throttle.password_of(owner.id))
    sessions.end_all(act, owner.id, "password_changed", but=owner.session.id)
    outbox.tell(act, owner.id, who.email, Topic.PASSWORD_CHANGED, {"at": act.at})
    return login.move_on(act, owner.door, owner.session, who)
