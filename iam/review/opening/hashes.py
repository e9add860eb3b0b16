"""The hashes of a snapshot: what an auditor works out again, years later, from nothing but the rows.

The one law: *one order, one text*: every hash is SHA-256 over lines of UTF-8 text, each ended by a line feed.  The
snapshot's: the campaign and each of its systems by code as canonical JSON, the hash of its people, the hash of its
lines.  That of the people: their rows by person id, as canonical JSON.  That of the lines: the digest of each by its
id; a digest is SHA-256 over the canonical JSON of the line's frozen values, without a line feed.
"""

from collections.abc import Iterable, Iterator, Sequence
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
    found, of_lines = campaign(connection, id_), Hashing()
    for line in lines(connection, id_):
        of_lines.take([digest_of_line(line)])
    return sealed_hash(connection, found, people_hash(connection, id_), of_lines)


class Hashing:
    """The hash of digests that are told one after the other; `count`: how many there were."""

    def __init__(self) -> None:
        self._found = sha256()
        self.count = 0

    def take(self, digests: Sequence[str]) -> None:
        """The next digests."""
        self.count += len(digests)
        self._found.update("".join(f"{each}\n" for each in digests).encode())

    def hexdigest(self) -> str:
        """Of all that were told so far."""
        return self._found.hexdigest()


def kept_digests(connection: Connection, id_: int) -> Hashing:
    """From the digests that stand beside the lines: for whoever has just written some of them."""
    columns, last, found = campaign_line_table.c, 0, Hashing()
    query = select(columns.id, columns.digest).where(columns.campaign_id == id_).order_by(columns.id)
    while rows := connection.execute(query.where(columns.id > last).limit(5 * PAGE)).all():
        found.take([row[1] for row in rows])
        last = rows[-1].id
    return found


def sealed_hash(connection: Connection, found: Campaign, people: str, of_lines: Hashing) -> str:
    """The hash of a snapshot whose people and lines were hashed already."""

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
        yield of_lines.hexdigest()

    return _hashed(told())


def _hashed(told: Iterable[str]) -> str:
    found = sha256()
    for each in told:
        found.update(each.encode())
        found.update(b"\n")
    return found.hexdigest()
