"""What is looked for of privilege every night: on the targets as they were just read, and in logs that were taken in.

The one law: *looking changes no right*: a scan writes findings and letters, and leaves every account as it is.
"""

from iam.privilege.seen.again import judge_again
from iam.privilege.seen.evidence import Setting
from iam.privilege.seen.scanning import Scanned, anything, scan
from iam.record.store import Store


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
