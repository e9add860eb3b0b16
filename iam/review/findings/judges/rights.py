"""Rights that no post of today explains: left from a post before, or unlike what others of the same post hold.

The one law: *what today's posts earn is never found*, nor what a handover still allows (R03); all else is held against
former posts, grants and what the ledger says was taken away (OITA-S8.2.1.2a, OITA-S8.2.1.1).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import select

from iam.access.accounts import OF_A_USE, AccountKind, Grant, grants_of, holding_table
from iam.access.wanted import wanted
from iam.people.announced import as_told
from iam.people.ledger import Person, chunks, people
from iam.people.standing import Held, Status, held_posts
from iam.record.columns import among, jst_day
from iam.review.campaigns import Right
from iam.review.findings.frozen import Seen, Who
from iam.review.findings.ground import SERVING, Ground, Here, Page
from iam.review.words import FindingKind

ITSELF: Final = "利用者ID（権限なし）"
"""What is kept where an account holds no right."""

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Odd:
    """A right that no post of today explains.  `moved`: why it is one of a former post, or ""; `granted`: by which
    grant, or "".  `code` "": the account itself."""

    code: str
    name: str
    moved: str
    granted: str = ""


@dataclass
class Births:
    """What a primary post earns in one system by birthright, remembered by kind of post."""

    ground: Ground
    code: str
    _found: dict[tuple[str, str, str], frozenset[str] | None] = field(default_factory=dict)

    def of(self, person: Who) -> frozenset[str] | None:
        """The rights; None: not even an account."""
        post = person.org_code, person.title_code, person.category
        if post not in self._found:
            org, title, category = post
            rules = [
                rule
                for rule in self.ground.model.birthright
                if rule.system == self.code
                and rule.covers(org_code=org, title_code=title, category=category, concurrent=False)
            ]
            rights = frozenset(right for rule in rules for right in rule.entitlements)
            self._found[post] = rights if rules else None
        return self._found[post]


def odd_rights(ground: Ground, here: Here, page: Page, births: Births) -> dict[int, list[Odd]]:
    """What is odd about the lines of a page: line id -> rights."""
    asked: dict[int, list[Right]] = {}
    by_id = {line.id: line for line in page.lines}
    for line in page.lines:
        rights = _unexplained(here, line, page.owner(line), births)
        if rights is not None:
            asked[line.id] = rights
    told = _told(ground, here, [by_id[id_] for id_ in asked])
    found = {id_: list(_odd(told, by_id[id_], rights)) for id_, rights in asked.items()}
    return {id_: odd for id_, odd in found.items() if odd}


def _unexplained(here: Here, line: Seen, person: Who | None, births: Births) -> list[Right] | None:
    """The rights of somebody's own account that the frozen post does not earn; None where there is nothing to ask."""
    own = line.account_id is not None and line.kind == AccountKind.PERSONAL and line.there
    if not own or person is None or person.status not in SERVING or here.system is None:
        return None
    earned = births.of(person)
    odd = line.held.codes if earned is None else line.held.codes - earned
    left = [each for each in line.held.rights if each.right in odd] if odd else []
    return left if left or (earned is None and line.enabled) else None


# --- what the ledger says of them


@dataclass(frozen=True)
class _Told:
    """What rights are held against.  `closed`: (account, right) -> the day on which the ledger says it was taken."""

    ground: Ground
    code: str
    persons: Mapping[int, Person]
    grants: Mapping[int, Sequence[Grant]]
    closed: Mapping[tuple[int, str], date]
    handover: timedelta


def _told(ground: Ground, here: Here, lines: Sequence[Seen]) -> _Told:
    ids = sorted({line.person_id for line in lines if line.person_id is not None})
    days, _ = ground.rules.overlap.get(here.system.zone if here.system else "", (0, ""))
    accounts = [line.account_id for line in lines if line.account_id is not None]
    return _Told(
        ground, here.code, {each.id: as_told(each, ground.day) for each in people(ground.connection, ids)},
        grants_of(ground.connection, ids), _closed(ground, accounts), timedelta(days=days),
    )  # fmt: skip


def _closed(ground: Ground, accounts: Sequence[int]) -> dict[tuple[int, str], date]:
    columns, last = holding_table.c, defaultdict[tuple[int, str], list[Any]](list)
    for part in chunks(accounts):
        query = select(columns.account_id, columns.entitlement, columns.held_until)
        for row in ground.connection.execute(query.where(among(columns.account_id, part))):
            last[row.account_id, row.entitlement].append(row.held_until)
    return {key: jst_day(max(ends)) for key, ends in last.items() if None not in ends}


def _odd(told: _Told, line: Seen, rights: Sequence[Right]) -> Iterator[Odd]:
    person = told.persons.get(line.person_id or 0)
    if person is None:
        return
    day = told.ground.day
    earned = wanted(person, day, told.ground.rules).get(told.code)
    history = _History(told, person, line)
    moved = False
    for right in rights:
        if earned is None or right.right not in earned.entitlements:
            odd = history.judged(right.right, right.name)
            moved = moved or bool(odd.moved)
            yield odd
    if earned is None and not moved and line.enabled and (itself := history.judged("", ITSELF)).moved:
        yield itself


class _History:
    """What a person was and was given before, as far as one line asks."""

    def __init__(self, told: _Told, person: Person, line: Seen) -> None:
        day = told.ground.day
        self._told, self._line = told, line
        posts = held_posts(person.entries)
        self._former = [post for post in posts if post.until < day]
        self._moved = _moved_on(posts, day)
        mine = [each for each in told.grants.get(person.id, ()) if each.system == told.code]
        self._grants = [
            each for each in mine
            if each.valid_from <= day <= each.valid_until and not each.origin.startswith(OF_A_USE)
        ]  # fmt: skip

    def judged(self, code: str, name: str) -> Odd:
        """One right, or "" for the account itself."""
        grants = [each for each in self._grants if not code or each.entitlement == code]
        if grants:
            latest = max(grants, key=lambda each: each.valid_from)
            words = f"個別付与（{latest.valid_from}から{latest.valid_until}まで）"
            outlasts = self._moved is not None and latest.valid_from < self._moved
            over = outlasts and self._moved is not None and self._moved + self._told.handover <= self._told.ground.day
            moved = f"{self._moved} の異動より前の{words}" if over else ""
            return Odd(code, name, moved, words)
        return Odd(code, name, self._earned_before(code) or self._taken(code))

    def _earned_before(self, code: str) -> str:
        for post in reversed(self._former):
            for rule in self._told.ground.rules.covering(post.entry):
                if rule.system == self._told.code and (not code or code in rule.entitlements):
                    return f"{_words(post)}（{post.until}まで）の標準付与"
        return ""

    def _taken(self, code: str) -> str:
        day = self._told.closed.get((self._line.account_id or 0, code))
        return f"台帳では {day} に外した権限" if day else ""


def _moved_on(posts: Sequence[Held], day: date) -> date | None:
    """Since when somebody is at their present primary post; None where they never had another."""
    primaries = sorted((post for post in posts if not post.entry.told.concurrent and post.begins <= day),
                       key=lambda post: post.begins)  # fmt: skip
    current = next((post for post in reversed(primaries) if post.on(day)), None)
    if current is None:
        return None
    begins = current.begins
    for post in reversed(primaries[: primaries.index(current)]):
        if _place(post) != _place(current) or post.until + _ONE_DAY < begins:
            return begins
        begins = min(begins, post.begins)
    return None


def _place(post: Held) -> tuple[str, str]:
    return post.entry.told.org_code, post.entry.told.title_code


def _words(post: Held) -> str:
    return " ".join(filter(None, (post.entry.told.org_name, post.entry.told.title)))


# --- the findings


def moved(ground: Ground, here: Here, page: Page, line: Seen) -> Iterator[tuple[FindingKind, dict[str, Any]]]:
    """OWNER_MOVED: rights of a former post."""
    del ground, here
    rights = [[each.name, each.moved] for each in page.odd.get(line.id, ()) if each.moved]
    if rights:
        yield FindingKind.OWNER_MOVED, {"rights": rights}


def unusual(ground: Ground, here: Here, page: Page, line: Seen) -> Iterator[tuple[FindingKind, dict[str, Any]]]:
    """UNUSUAL_RIGHT: what others of the same unit and title do not have."""
    person, terms = page.owner(line), ground.campaign.terms
    if person is None or person.status != Status.IN_SERVICE:
        return
    size = ground.sizes.get((person.org_code, person.title_code), 0)
    if size < terms.peers:
        return
    rights = []
    for each in page.odd.get(line.id, ()):
        held = here.held.get((person.org_code, person.title_code, each.code), 0)
        if each.code and not each.moved and held * 100 <= terms.peers_share * size:
            rights.append([each.name, held, each.granted])
    if rights:
        yield FindingKind.UNUSUAL_RIGHT, {"rights": rights, "peers": size, "unit": person.post}
