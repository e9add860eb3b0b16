"""What is looked for of privilege every night: on the targets as they were just read, and in logs that were taken in.

The one law: *looking changes no right*: a scan writes findings and letters, and leaves every account as it is.
"""

from datetime import datetime, timedelta
from typing import Final

from iam.privilege.seen.again import judge_again
from iam.privilege.seen.evidence import Setting, forget, older
from iam.privilege.seen.scanning import Scanned, anything, scan
from iam.record.store import Store

_YEAR: Final = timedelta(days=366)


def look_for_privilege(store: Store, actor: str, setting: Setting) -> Scanned:
    """Judge late sightings again, then scan the mirror; each in an act of its own, to keep them short.

    Raises:
        StoreError, Busy: when the database is away.
    """
    with store.read() as connection:
        if not anything(connection, setting):
            return Scanned()
    with store.act(actor) as act:
        judge_again(act, setting)
    with store.act(actor) as act:
        return scan(act, setting)


def forget_sightings(store: Store, actor: str, years: int) -> int:
    """Forget what targets' logs showed more than `years` ago (`Privileged.audit_retention_years`); how many lines.

    Raises:
        StoreError, Busy: when the database is away; what is left is forgotten at the next call.
    """
    before, gone = store.clock() - years * _YEAR, 0
    while _older(store, before):
        with store.act(actor) as act:
            gone += forget(act, before)
    return gone


def _older(store: Store, before: datetime) -> bool:
    with store.read() as connection:
        return older(connection, before)
