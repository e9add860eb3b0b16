"""The hashes of a snapshot: what an auditor works out again, years later, from nothing but the rows.

The one law: *one order, one text*: SHA-256 over lines of UTF-8 text, each ended by a line feed: the campaign and each
of its systems by code as canonical JSON, the hash of its people, then the digest of each account line by its id.  The
hash of the people is that of their rows by person id; a digest is that of the line's frozen values.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, select

from iam.record.columns import canonical_json
from iam.review.books import campaign_line_table
from iam.review.campaigns import PAGE, Campaign, CampaignPerson, Line, Right, campaign, lines, persons, systems_of

FROZEN: Final = (
    "system", "native_id", "login", "comparable", "link", "sorting", "account_id", "kind", "state", "person_id",
    "keeper_id", "enabled", "rights", "created_at", "used_at", "used_where", "former",
)  # fmt: skip
"""What the digest of a line covers, in this order.  Who is asked may change by escalation and is no part of it."""

_PERSON: Final = tuple(name for name in CampaignPerson.__slots__ if name not in {"campaign_id", "accounts"})
_RIGHT: Final = tuple(Right.__slots__)


def digest_of(values: Iterable[Any]) -> str:
    """The digest of a line whose frozen values these are, in the order of FROZEN, each as its column holds it."""
    return sha256(canonical_json(list(values)).encode()).hexdigest()


def digest_of_line(line: Line) -> str:
    """The same of a line that was read."""
    rights = [{name: getattr(right, name) for name in _RIGHT} for right in line.rights]
    return digest_of(rights if name == "rights" else getattr(line, name) for name in FROZEN)


def people_hash(connection: Connection, id_: int) -> str:
    """The hash of everybody who stands in the campaign, from their rows."""
    return _hashed(
        canonical_json([getattr(person, name) for name in _PERSON]) for person in persons(connection, id_)
    )  # fmt: skip


def snapshot_hash(connection: Connection, id_: int) -> str:
    """The hash of the whole snapshot, worked out from every value of every row; memory stays bounded.

    Raises:
        NotFound: when there is no such campaign.
    """
    found, people = campaign(connection, id_), people_hash(connection, id_)
    return _snapshot(connection, found, people, (digest_of_line(line) for line in lines(connection, id_)))


def sealed_hash(connection: Connection, found: Campaign, people: str) -> str:
    """The same for whoever has just frozen the lines: from the digests that stand beside them."""
    return _snapshot(connection, found, people, _digests(connection, found.id))


def _snapshot(connection: Connection, found: Campaign, people: str, digests: Iterable[str]) -> str:
    def told() -> Iterator[str]:
        yield canonical_json(
            [found.kind, found.fiscal_year, found.quarter, found.systems, found.terms.stored(), found.day]
        )
        for each in sorted(systems_of(connection, found.id), key=lambda system: system.system):
            yield canonical_json([
                each.system, each.name, each.owner, each.zone, each.connected, each.read_at, each.trouble,
                each.on_target, each.lines, each.missing,
            ])  # fmt: skip
        yield people
        yield from digests

    return _hashed(told())


def _digests(connection: Connection, id_: int) -> Iterator[str]:
    columns, last = campaign_line_table.c, 0
    while True:
        query = select(columns.id, columns.digest).where(columns.campaign_id == id_, columns.id > last)
        rows = connection.execute(query.order_by(columns.id).limit(5 * PAGE)).all()
        # Many lines of text at once: what is hashed is the same.
        if rows:
            yield "\n".join(row[1] for row in rows)
        if len(rows) < 5 * PAGE:
            return
        last = rows[-1].id


def _hashed(told: Iterable[str]) -> str:
    found = sha256()
    for each in told:
        found.update(each.encode())
        found.update(b"\n")
    return found.hexdigest()
