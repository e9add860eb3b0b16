"""One act: one transaction, one actor, one reading of the clock, and its audit records.

The one law: *the deed and its record are one transaction*.  Only an act
commits; the records are chained and appended just before it does, so that
either both stand or neither.  This is the one room that reads the clock.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection

from iam.record.audit.chain import Entry, append
from iam.record.columns import canonical_json
from iam.record.keys import KeyRing


def now() -> datetime:
    """This instant, in UTC."""
    return datetime.now(UTC)


class Act:
    """A deed under way.  Write through `connection` and `record` what was done."""

    def __init__(self, connection: Connection, at: datetime, actor: str, on_behalf: str = "") -> None:
        if at.tzinfo is None:
            raise ValueError(f"an act needs an aware instant: {at!r}")
        self.connection = connection
        self.at = at.astimezone(UTC)
        self.actor = _storable(actor)
        self.on_behalf = _storable(on_behalf)
        self._entries: list[Entry] = []

    def record(self, action: str, subject: str, detail: Mapping[str, object] | None = None) -> None:
        """Remember that `action` (past tense, `subject.verb`) was done to `subject`.

        Raises:
            TypeError, ValueError: when `detail` has no JSON form.
        """
        self._entries.append(Entry(_storable(action), _storable(subject), _detail_text(detail)))

    def record_many(self, deeds: Iterable[tuple[str, str, Mapping[str, object] | None]]) -> None:
        """`record` for each (action, subject, detail)."""
        self._entries.extend(
            Entry(_storable(action), _storable(subject), _detail_text(detail)) for action, subject, detail in deeds
        )

    def _seal(self, keys: KeyRing) -> None:
        if self._entries:
            append(
                self.connection,
                keys,
                at=self.at,
                actor=self.actor,
                on_behalf=self.on_behalf,
                entries=self._entries,
            )


@contextmanager
def performed(
    connection: Connection, keys: KeyRing, clock: Callable[[], datetime], actor: str, on_behalf: str
) -> Iterator[Act]:
    """An act on `connection`: committed when the block ends, undone when it raises."""
    with connection.begin() as transaction:
        act = Act(connection, clock(), actor, on_behalf)
        yield act
        act._seal(keys)  # noqa: SLF001 - nobody else may end an act
        transaction.commit()


def _detail_text(detail: Mapping[str, object] | None) -> str:
    return _storable(canonical_json(detail)) if detail else "{}"


def _storable(text: str) -> str:
    """`text` as every database can hold it: NUL and lone surrogates, which come from bad feeds, made visible."""
    if "\0" in text:
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
