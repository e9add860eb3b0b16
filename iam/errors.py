"""What can go wrong, in the asker's words.

Each class is named for what the caller does next; the message is one Japanese
sentence that names the place and the cure.  The core knows no exit codes and
no HTTP statuses: `web/` pairs them with these classes in one table each.
"""

from collections.abc import Sequence


class IamError(Exception):
    """Something the person at the keyboard can understand and put right."""


class ConfigurationError(IamError):
    """The configuration cannot be used; holds every mistake found, not only the first."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class NotFound(IamError):
    """The thing that was named does not exist."""


class Conflict(IamError):
    """It was true when you looked; it no longer is."""


class Forbidden(IamError):
    """This actor may not do this; somebody else may."""


class Busy(IamError):
    """Another run holds the lock; wait for it to end."""


class SourceError(IamError):
    """A personnel source could not be read to a proved end; nothing may be inferred from it."""


class TargetError(IamError):
    """A target system could not be read, or could not be reached to be written."""


class SheetError(IamError):
    """What an officer gave or typed cannot be used; holds everything found wrong in it, not only the first."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class TokenFileError(SheetError):
    """A file of token seeds cannot be used."""


class MailError(IamError):
    """A letter could not be handed to the mail server.

    `transient` means that trying again later may help.  `away` means that the
    server itself is the trouble, so that every other letter would meet the same.
    """

    def __init__(self, message: str, *, transient: bool, away: bool = False) -> None:
        self.transient = transient
        self.away = away
        super().__init__(message)


class FarewellError(IamError):
    """Word of a sign-out was not taken by a client; `transient` means that trying again later may help."""

    def __init__(self, message: str, *, transient: bool) -> None:
        self.transient = transient
        super().__init__(message)


class IntegrityError(IamError):
    """A record that must not change has changed (audit chain, plan hash)."""


class StoreError(IamError):
    """The database is away, full, not ours to write, or not at the version this program expects."""
