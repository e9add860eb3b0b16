"""Security keys and the authenticators built into terminals (WebAuthn Level 3).

The one law: *nothing that a page in between could pass on* (R23): the signature covers our
origin, our challenge and our name, and it is judged before anything it says is believed, so that a
forged answer can neither sign in nor have somebody's key taken for a copy.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from iam.record.act import Act
from iam.record.keys import KeyRing
from iam.signin.factors.authenticators import Authenticator


@dataclass(frozen=True, slots=True)
class Site:
    """Us, as the browser knows us: `id` is the host name that keys are bound to, `origin` the page's, `name` shown."""

    id: str
    origin: str
    name: str

    @classmethod
    def at(cls, origin: str, name: str) -> "Site":
        """The site at `origin` ("https://id.example.lg.jp")."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class KeyRules:
    """What keys a body takes.

    `approved` are AAGUIDs in lower case, empty for any; `attested` asks the key's maker to vouch for its model, against
    `roots` (PEM) where given; `synced` admits keys that are copied through a cloud; `verified` asks the key
    itself to verify its user by PIN or fingerprint.
    """

    synced: bool = False
    verified: bool = False
    attested: bool = False
    approved: frozenset[str] = frozenset()
    roots: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Ceremony:
    """`options` is JSON for the browser; `challenge` (base64url) is kept on the server and believed once."""

    options: str
    challenge: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was shown to be real: what `keep` stores."""

    handle: str
    counter: int
    data: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verified:
    """The key signed.  `counter` is for `authenticators.note_used` (None when the key does not count)."""

    authenticator_id: int
    user_verified: bool
    counter: int | None


@dataclass(frozen=True, slots=True)
class KeyRefused:
    """Why a key was not believed.

    Codes: malformed, challenge, origin, site, presence, verification, signature, synced, model, attestation, unknown,
    ended, owner, counter.  On "counter" (`cloned`) the caller disables the authenticator: there may be a copy.
    """

    code: str
    authenticator_id: int | None = None

    @property
    def cloned(self) -> bool:
        """Whether a valid signature came with a count that went back: disable the key, tell its owner."""
        return self.code == "counter"

    @property
    def sentence_ja(self) -> str:
        """What the person reads, and the cure."""
        raise NotImplementedError


def user_handle(keys: KeyRing, person_id: int, existing: Iterable[Authenticator]) -> str:
    """What a key calls this person (base64url, 32 bytes): tells no staff number, and stays when the ring rotates.

    `existing` are all of the person's authenticators, ended ones too.
    """
    raise NotImplementedError


def registration_options(
    site: Site, rules: KeyRules, *, user: str, account: str, name: str, existing: Iterable[Authenticator]
) -> Ceremony:
    """Options for `navigator.credentials.create()`; `user` from `user_handle`, `account` the staff number."""
    raise NotImplementedError


def verify_registration(site: Site, rules: KeyRules, response: str, challenge: str) -> NewKey | KeyRefused:
    """Judge what `create()` answered (JSON text), without I/O."""
    raise NotImplementedError


def keep(act: Act, person_id: int, name: str, key: NewKey, *, user: str) -> int:
    """Bind a new key, active at once.

    Raises:
        NotFound, Conflict: see `authenticators.enrol` (a key that was ever bound is refused).
    """
    raise NotImplementedError


def authentication_options(site: Site, rules: KeyRules, existing: Iterable[Authenticator] = ()) -> Ceremony:
    """Options for `navigator.credentials.get()`; without `existing` the key itself says whose it is."""
    raise NotImplementedError


def claimed_handle(response: str) -> str:
    """The credential id that an answer names ("" when it names none): look it up with `by_handle`."""
    raise NotImplementedError


def verify_authentication(
    site: Site, rules: KeyRules, found: Authenticator | None, response: str, challenge: str
) -> Verified | KeyRefused:
    """Judge what `get()` answered (JSON text), without I/O.  `found` is `by_handle` of the `claimed_handle`.

    The caller sees to it that `found` belongs to the person who is signing in.
    """
    raise NotImplementedError
