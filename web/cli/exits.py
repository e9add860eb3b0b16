"""What a script learns from the way `iam` ends.

The one law: *one table*: every class of error has its code here.
"""

import signal
from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from iam.errors import (
    Busy,
    ConfigurationError,
    Conflict,
    FarewellError,
    Forbidden,
    IamError,
    IntegrityError,
    MailError,
    NotFound,
    SheetError,
    SourceError,
    StoreError,
    TargetError,
    TokenFileError,
)


class Exit(IntEnum):
    """The exit codes.  Nothing was done under USAGE; FAILED may pass when it is tried again."""

    SETTLED = 0
    DIFFERS = 1
    USAGE = 2
    HELD = 3
    FAILED = 4
    BROKEN = 5
    INTERRUPTED = 128 + signal.SIGINT
    PIPE_CLOSED = 128 + signal.SIGPIPE


EXIT_CODES: Final[Mapping[type[IamError], Exit]] = {
    ConfigurationError: Exit.USAGE,
    NotFound: Exit.USAGE,
    Conflict: Exit.USAGE,
    Forbidden: Exit.USAGE,
    SheetError: Exit.USAGE,
    TokenFileError: Exit.USAGE,
    SourceError: Exit.HELD,
    TargetError: Exit.FAILED,
    Busy: Exit.FAILED,
    StoreError: Exit.FAILED,
    MailError: Exit.FAILED,
    FarewellError: Exit.FAILED,
    IntegrityError: Exit.BROKEN,
}


def exit_code_of(error: IamError) -> Exit:
    """The code for an error, by its nearest class in the table."""
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)
