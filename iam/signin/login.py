"""Signing in, as the pages call it: a password, a code, a key, a card; each step answers what comes next.

The one law: *one act judges and records* (R35): reading and hashing come
before it, and inside it everything is looked at again, so that nothing that
changed meanwhile lets anybody in.
"""

from iam.record.act import Act
from iam.record.store import Store
from iam.signin.door import Door, Entrant, Where
from iam.signin.kinds import Method
from iam.signin.sessions import Session
from iam.signin.steps import HalfDone, Outcome, Refused, SignedIn

__all__ = [
    "HalfDone", "Outcome", "Refused", "SignedIn", "give_certificate", "give_code", "give_key", "give_password",
    "key_options", "move_on", "prove_again", "sign_out", "unlock",
]  # fmt: skip


def give_password(
    store: Store, door: Door, number: str, password: str, where: Where, *, token: str | None = None
) -> Outcome:
    """Number and password; with `token` the password that completes a sign-in begun by a card (`number` is ignored).

    Raises:
        Busy: too many sign-ins at once; the page asks to come again.
    """
    raise NotImplementedError


def give_code(store: Store, door: Door, token: str, code: str, where: Where) -> Outcome:
    """A code of any form, told by its shape: an app, a lent device, a recovery code, one from the desk."""
    raise NotImplementedError


def key_options(
    store: Store, door: Door, token: str | None, where: Where, *, session: Session | None = None
) -> tuple[str, str] | Refused:
    """What `navigator.credentials.get()` is given (JSON text), after the token to answer with.

    `token`: of a half-done sign-in; None: the key alone, which says itself whose it is and must verify its user;
    with `session` the key alone as a new proof for that session (or to unlock it).
    """
    raise NotImplementedError


def give_key(store: Store, door: Door, token: str, response: str, where: Where) -> Outcome:
    """What the browser answered (JSON text)."""
    raise NotImplementedError


def give_certificate(
    store: Store, door: Door, token: str | None, pem: str, where: Where, *, session: Session | None = None
) -> Outcome:
    """The client certificate that the trusted proxy saw; `token` and `session` as for `key_options`."""
    raise NotImplementedError


def prove_again(store: Store, door: Door, session: Session, password: str, where: Where) -> Outcome:
    """Begin a re-authentication by password; the steps that follow are those of a sign-in and end in a SignedIn
    for the same session under a NEW token.  A key alone: `key_options(..., session=session)`.

    Raises:
        Busy: as `give_password`.
    """
    raise NotImplementedError


def unlock(store: Store, door: Door, session: Session, password: str, where: Where) -> Refused | SignedIn:
    """Unlock a locked session by the password alone, under a new token; what is sensitive is still asked anew.

    Raises:
        Busy: as `give_password`.
    """
    raise NotImplementedError


def move_on(
    act: Act, door: Door, session: Session, who: Entrant, *, proved: tuple[Method, int] | None = None
) -> SignedIn:
    """After a duty was done (password changed; a factor enrolled and `proved`): what is still owed, under a new token.

    Called in the same act.

    Raises:
        Conflict: when the session ended meanwhile.
    """
    raise NotImplementedError


def sign_out(store: Store, session: Session, who: Entrant, where: Where) -> None:
    """End the session by its owner's wish."""
    raise NotImplementedError
