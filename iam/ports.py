"""The ports: personnel sources, target systems, the mail server, who tells clients, and the values that cross them.

The one law: *absence of an exception is the proof*.  A `Source.read` or
`Target.read` that ends normally has been proved complete (every page answered
success and the cookie ran out; the trailer, count and hash matched), and a letter whose
`Mailer.send` returned was taken by the server.  Whatever else happens raises,
and then nothing may be inferred from what was not said.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

Fingerprint = bytes
"""16 bytes that stand for one raw entry or row (BLAKE2b-128 or SHA-256 cut to 16)."""


class Authority(StrEnum):
    """What a personnel source is believed about (広域連合: the city for the person, the union for the post)."""

    PERSON = "person"
    POST = "post"


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of a personnel source, as text, under our own field names.

    `place` names it for people: `jinji.csv 12行目`, or an LDAP DN.
    """

    place: str
    fields: Mapping[str, str]
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One row that could not be read.  It is quarantined; it never counts as absent.

    `staff_number` is None when not even that could be read: then nobody may
    be counted absent from this reading.
    """

    place: str
    field: str
    value: str
    reason: str
    staff_number: str | None
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class SourceBatch:
    """A stretch of a reading: the fingerprints already known, and everything else decoded."""

    unchanged: Sequence[Fingerprint]
    rows: Sequence[SourceRow | Unreadable]
    warnings: Sequence[str] = ()


class Source(Protocol):
    """A personnel directory.  Knows nothing of people, only of rows."""

    @property
    def name(self) -> str:
        """The source's name in the configuration."""

    @property
    def edition(self) -> str:
        """After a complete reading: what tells this export from the one before; "" for a live directory.

        Two readings of one export are one statement, so they count an absence once.
        """

    def read(self, known: Container[Fingerprint]) -> Iterator[SourceBatch]:
        """Everything the source holds, in batches; rows whose fingerprint is in `known` undecoded.

        Ends normally only when the reading is proved complete.

        Raises:
            SourceError: in every other case, naming file, line or server.
        """


@dataclass(frozen=True, slots=True)
class TargetAccount:
    """An account as a target really holds it.

    `link` is the value of the target's correlation attribute (usually the
    staff number), or "" where it has none.
    """

    native_id: str
    login: str
    link: str
    enabled: bool
    attributes: Mapping[str, tuple[str, ...]]
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """Who holds one entitlement on the target.  `members` are native ids."""

    entitlement: str
    members: frozenset[str]
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class TargetBatch:
    """A stretch of a target's reading.  A group seen unchanged is in `unchanged` like an account."""

    unchanged: Sequence[Fingerprint]
    accounts: Sequence[TargetAccount] = ()
    groups: Sequence[TargetGroup] = ()


class OrderKind(StrEnum):
    """What a target can be told to do.  Each may be repeated with the same effect."""

    REVOKE = "revoke"
    DISABLE = "disable"
    CREATE = "create"
    MODIFY = "modify"
    ENABLE = "enable"
    GRANT = "grant"
    DELETE = "delete"
    SECRET = "secret"  # noqa: S105 - the name of a kind


@dataclass(frozen=True, slots=True)
class Order:
    """One thing to do on a target.

    `native_id` is "" for CREATE only.  `attributes` is the full wanted set for
    CREATE and the differing ones for MODIFY (an empty tuple removes one).
    `link` is written by CREATE into the correlation attribute.
    CREATE makes the account enabled or disabled as `enabled` says, never
    usable without a credential that somebody set.
    SECRET sets `secret` as the account's password, and leaves it enabled or
    disabled as it is.
    """

    number: int
    kind: OrderKind
    login: str
    native_id: str = ""
    link: str = ""
    entitlement: str = ""
    enabled: bool = True
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Done:
    """An order that took effect.  `found` is what the target holds now, read back after the write.

    `found` is None after DELETE, and after GRANT or REVOKE when `member` tells what was read back.
    """

    number: int
    found: TargetAccount | None = None
    member: bool | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """An order that did not take effect.  `transient` means that trying again may help.

    `unacceptable`: the target's own rules refuse this secret; another one may do.
    """

    number: int
    reason: str
    transient: bool = False
    unacceptable: bool = False


class Target(Protocol):
    """A system that holds accounts."""

    @property
    def system(self) -> str:
        """The system's code in the access model."""

    def read(self, known: Container[Fingerprint]) -> Iterator[TargetBatch]:
        """Everything the target holds: all accounts (ours or not) and all groups that are entitlements.

        Raises:
            TargetError: when it could not be read to a proved end.
        """

    def find(self, login: str) -> TargetAccount | None:
        """One account by login, decoded, or None.

        Raises:
            TargetError: when the target does not answer.
        """

    def last_used(self) -> Mapping[str, datetime] | None:
        """Native id -> when the target itself last let somebody in with this account; who never came in is not a key.

        None: this target keeps no such record, or the configuration does not say where it stands.

        Raises:
            TargetError: when it could not be read to a proved end.
        """

    def opens(self, login: str, secret: str) -> bool:
        """Whether this account can be used with this secret now: tried at the target itself, as its user would.

        False for a wrong or empty secret, no such account, and one that is disabled or locked.

        Raises:
            TargetError: when the target does not answer, or not clearly.
        """

    def carry_out(self, orders: Sequence[Order]) -> Iterator[Done | Failed]:
        """Carry out `orders` in order, each isolated from the others, and read back every one.

        Already being so is success: creating an account that exists with the
        same `link`, granting what is held, deleting what is gone.  Creating
        an account that exists with another `link` is a failure, never a
        take-over.

        Raises:
            TargetError: when the target is away; orders not answered for are then unknown.
        """


class Sighted(StrEnum):
    """What a target's own log says that somebody did."""

    SIGNED_IN = "signed_in"
    FAILED = "failed"
    RAISED = "raised"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Sighting:
    """One line of a target's own log.  `place` names it for people: `security.csv 12行目`.

    `host`: the machine that wrote it.  `login`: the account that was used.  `address`: from where, "" where the log
    does not say.  RAISED: more rights were taken (Windows 4672, sudo).  `fingerprint` is the same for the same line in
    another export.
    """

    place: str
    host: str
    login: str
    at: datetime
    what: Sighted
    address: str
    fingerprint: Fingerprint


class SightingSource(Protocol):
    """An export of a target's own log."""

    @property
    def name(self) -> str:
        """The file's name, for people."""

    @property
    def sha256(self) -> str:
        """After a complete reading: 64 hex digits over the file."""

    @property
    def passed_over(self) -> Mapping[str, int]:
        """After a complete reading: how many records are no sign-ins of people, by why, for people to read."""

    def read(self) -> Iterator[Sighting | Unreadable]:
        """Every line that is a sign-in; what cannot be read as one is told, never dropped.

        Ends normally only when the file was read to its end.

        Raises:
            SourceError: in every other case, naming file and line.
        """


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail in plain text.  `number` stays the same at every try, so that a doubled letter can be known as one."""

    number: int
    address: str
    subject: str
    body: str
    written_at: datetime


class Mailer(Protocol):
    """The body's mail server."""

    def send(self, letter: Letter) -> None:
        """Hand `letter` over; after a normal return the server has taken charge of it (RFC 5321 §4.2.5).

        Raises:
            MailError: in every other case; it says whether trying again may help.
        """


class Farewell(Protocol):
    """Whoever carries word of a sign-out to a client (OpenID Connect Back-Channel Logout 1.0)."""

    def send(self, uri: str, logout_token: str) -> None:
        """POST `logout_token` to `uri` as registered; after a normal return the client has ended its session.

        Raises:
            FarewellError: in every other case; it says whether trying again may help.
        """


class Otp(StrEnum):
    """What a hardware token counts: time (RFC 6238) or presses (RFC 4226)."""

    TOTP = "totp"
    HOTP = "hotp"


@dataclass(frozen=True, slots=True)
class TokenSeed:
    """What a maker says of one hardware token.  `place` names it for people: `seeds.csv 12行目`.

    `algorithm` is SHA1, SHA256 or SHA512; `period` in seconds (TOTP);
    `counter` is the next press that has not been used (HOTP).
    """

    serial: str
    secret: bytes = field(repr=False)
    otp: Otp = Otp.TOTP
    algorithm: str = "SHA1"
    digits: int = 6
    period: int = 30
    counter: int = 0
    model: str = ""
    place: str = ""


class CellKind(StrEnum):
    """What stands in a cell of a workbook.  A formula is never computed, and nobody's computed value is believed."""

    TEXT = "text"
    NUMBER = "number"
    FORMULA = "formula"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class SheetCell:
    """One cell that is not empty.  `text`: as the file writes it; of a formula ""."""

    text: str
    kind: CellKind = CellKind.TEXT


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row that is not empty: its number as spreadsheets count, its cells by the letters of their columns."""

    number: int
    cells: Mapping[str, SheetCell]


@dataclass(frozen=True, slots=True)
class ReturnedBook:
    """A workbook that came back, of which only the sheets that were asked for were read: by their names.

    `from_1904`: its days are counted from 1904 instead of 1900.  `sha256`: of the whole file.
    """

    name: str
    sha256: str
    sheets: Mapping[str, Sequence[SheetRow]]
    from_1904: bool = False
