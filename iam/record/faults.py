"""What the databases' errors mean to the person at the keyboard.

The one law: *an error that someone can put right becomes one Japanese sentence
with its cure*; any other is a fault of ours and passes unchanged.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from iam.errors import Busy, Conflict, IamError, IntegrityError, StoreError

Fault = tuple[type[IamError], str]

UPGRADE: Final = "iam db upgrade を実行してください。"

_SQLITE: Final[Mapping[int, Fault]] = {
    sqlite3.SQLITE_FULL: (StoreError, "ディスクの空き容量がありません。空きを作ってから、もう一度実行してください。"),
    sqlite3.SQLITE_BUSY: (Busy, "ほかの処理が書き込み中です。その処理が終わってから、もう一度実行してください。"),
    sqlite3.SQLITE_LOCKED: (Busy, "ほかの処理が書き込み中です。その処理が終わってから、もう一度実行してください。"),
    sqlite3.SQLITE_READONLY: (
        StoreError,
        "書き込み権限がありません。ファイルと置き場所の所有者と権限を確かめてください。",
    ),
    sqlite3.SQLITE_PERM: (StoreError, "権限がありません。ファイルと置き場所の所有者と権限を確かめてください。"),
    sqlite3.SQLITE_CANTOPEN: (StoreError, "開けません。フォルダーがあるか、所有者と権限が正しいか確かめてください。"),
    sqlite3.SQLITE_IOERR: (StoreError, "読み書きに失敗しました。ディスクの故障と空き容量を確かめてください。"),
    sqlite3.SQLITE_CORRUPT: (IntegrityError, "ファイルが壊れています。控えから戻してください。"),
    sqlite3.SQLITE_NOTADB: (
        IntegrityError,
        "データベースのファイルではありません。設定 [database] url を確かめてください。",
    ),
}

_AWAY: Final = "接続できません。サーバーが動いているか、設定 [database] url の宛先が正しいか確かめてください。"
_PASSWORD: Final = (
    "利用者名かパスワードが違います。設定 [database] url と環境変数 IAM_DATABASE_PASSWORD を確かめてください。"  # noqa: S105 - a sentence
)
_DATABASE: Final = "データベースがありません。設定 [database] url を確かめ、なければ作成してください。"
_TABLES: Final = f"必要な表がありません。{UPGRADE}"

_POSTGRESQL: Final[Mapping[str, Fault]] = {
    "08": (StoreError, _AWAY),
    "28": (StoreError, _PASSWORD),
    "3D000": (StoreError, _DATABASE),
    "40": (Conflict, "同時に行われたほかの処理と重なりました。もう一度実行してください。"),
    "42501": (StoreError, "表への権限がありません。データベースの利用者に権限があるか確かめてください。"),
    "42P01": (StoreError, _TABLES),
    "42703": (StoreError, _TABLES),
    "53100": (StoreError, "ディスクの空き容量がありません。空きを作ってから、もう一度実行してください。"),
    "53200": (StoreError, "サーバーのメモリーが足りません。"),
    "53300": (
        StoreError,
        "接続数が上限に達しています。使い終わった接続を閉じるか、max_connections を増やしてください。",
    ),
    "55P03": (Busy, "ほかの処理が書き込み中です。その処理が終わってから、もう一度実行してください。"),
    "57P": (StoreError, "サーバーが停止中か起動中です。サーバーの状態を確かめてください。"),
    "58": (StoreError, "サーバーがファイルの読み書きに失敗しました。ディスクの故障と空き容量を確かめてください。"),
    "XX001": (IntegrityError, "データベースが壊れています。控えから戻してください。"),
    "XX002": (IntegrityError, "索引が壊れています。REINDEX を行うか、控えから戻してください。"),
}

# libpq gives no SQLSTATE for a connection that was refused; these are its words and the Japanese server's.
_REFUSALS: Final[Mapping[str, str]] = {
    "password authentication failed": _PASSWORD,
    "no password supplied": _PASSWORD,
    "パスワード認証に失敗": _PASSWORD,
    "Peer authentication failed": _PASSWORD,
    'role "': _PASSWORD,
    "ロール": _PASSWORD,
    "does not exist": _DATABASE,
    "存在しません": _DATABASE,
    "too many clients": "接続数が上限に達しています。使い終わった接続を閉じるか、max_connections を増やしてください。",
    "starting up": "サーバーが起動中です。しばらく待って、もう一度実行してください。",
    "shutting down": "サーバーが停止中です。サーバーの状態を確かめてください。",
}


def place_of(url: URL) -> str:
    """The database as an operator names it; never its password."""
    if url.get_backend_name() == "sqlite":
        return f"データベース {url.database}"
    port = f":{url.port}" if url.port else ""
    return f"データベース {url.host or 'localhost'}{port}/{url.database}"


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Errors of the database `url` as `IamError` where an operator can act on them.

    Raises:
        StoreError, Busy, Conflict, IntegrityError: with place and cure.
        DBAPIError: a constraint violation or a fault of ours, unchanged.
    """
    try:
        yield
    except PoolTimeout as error:
        raise Busy(
            f"{place_of(url)}: 空いている接続がありません。しばらく待って、もう一度実行してください。"
        ) from error
    except DBAPIError as error:
        fault = _meaning(error)
        if fault is None:
            raise
        kind, sentence = fault
        raise kind(f"{place_of(url)}: {sentence}") from error


def _meaning(error: DBAPIError) -> Fault | None:
    driver = error.orig
    if isinstance(driver, sqlite3.Error):
        return _meaning_in_sqlite(driver)
    state = getattr(driver, "sqlstate", None)
    if isinstance(state, str):
        widths = (5, 3, 2)
        return next((_POSTGRESQL[state[:width]] for width in widths if state[:width] in _POSTGRESQL), None)
    if not error.connection_invalidated and not _is_operational(driver):
        return None
    words = str(driver)
    return StoreError, next((cure for hint, cure in _REFUSALS.items() if hint in words), _AWAY)


def _meaning_in_sqlite(error: sqlite3.Error) -> Fault | None:
    words = str(error)
    if words.startswith(("no such table", "no such column")):
        return StoreError, _TABLES
    code = getattr(error, "sqlite_errorcode", None)
    # An extended code keeps its primary one in the low byte.
    return _SQLITE.get(code & 0xFF) if isinstance(code, int) else None


def _is_operational(error: BaseException | None) -> bool:
    # psycopg may not be imported here: an installation on SQLite does not load it.
    return any(kind.__name__ == "OperationalError" for kind in type(error).__mro__)
