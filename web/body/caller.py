"""Who runs this: the operating-system account that an act is recorded under.

The one law: *behind sudo, root vouches for the caller and for nothing that
the caller could have written*: neither a configuration of their own nor
another person's number (R17).
"""

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from iam.errors import Forbidden

NOBODY_SIGNED_IN: Final = 2**32 - 1
"""What the kernel keeps as login id where nobody signed in: a timer, a container (proc(5))."""


def caller(uid: int, environment: Mapping[str, str], config: Path, login: int = NOBODY_SIGNED_IN) -> int:
    """The uid of the person: the process's own, or behind sudo that of whoever called it.

    `login` is the kernel's login id of the session, which no later sudo or su changes.

    Raises:
        Forbidden: when the caller is not whoever signed in, or could have written `config`.
    """
    called_by = environment.get("SUDO_UID", "")
    if uid != 0 or not called_by.isdecimal() or int(called_by) == 0:
        return uid
    if login not in {NOBODY_SIGNED_IN, int(called_by)}:
        raise Forbidden(
            "sudo を呼んだ利用者と、この端末にサインインした利用者が違います。本人がサインインして実行してください。"
        )
    if config.exists() and (place := writable_by_others(config)):
        raise Forbidden(
            f"sudo で使う設定は root だけが書き換えられるようにしてください（{place} を他の利用者が変えられます）。"
            "/etc/kagimori/iam.toml などを --config で指定してください。"
        )
    return int(called_by)


def writable_by_others(config: Path) -> Path | None:
    """The file, or the folder that holds it, if anybody but root may change it."""
    for place in (config.resolve(), config.resolve().parent):
        found = place.stat()
        if found.st_uid != 0 or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return place
    return None


def login_id(status: Path = Path("/proc/self/loginuid")) -> int:
    """The kernel's login id of this session."""
    try:
        return int(status.read_text(encoding="ascii"))
    except (OSError, ValueError):  # a kernel without audit keeps none
        return NOBODY_SIGNED_IN
