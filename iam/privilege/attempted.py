"""What is tried upon privileged IDs and refused.

The one law: *a refusal is remembered too* (OITA-S8.2.1.3a, R17): the act that was tried is undone, and an act of its
own records who tried what and why it was refused, whatever the door it came through.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from iam.errors import Conflict, Forbidden, NotFound
from iam.record.act import Act
from iam.record.store import Store


@contextmanager
def attempted(
    store: Store, actor: str, tried: str, subject: str, *, action: str = "privilege.refused"
) -> Iterator[Act]:
    """An act by `actor`; when it is refused, that is recorded as `action` and raised on.

    `tried`: the verb, e.g. "approve"; `subject`: e.g. "delegation 5".
    """
    try:
        with store.act(actor) as act:
            yield act
    except (Forbidden, Conflict, NotFound) as refusal:
        with store.act(actor) as act:
            act.record(action, subject, {"tried": tried, "reason": str(refusal)})
        raise
