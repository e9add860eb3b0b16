"""From readings to a plan, without writing: who must be looked at, and what they need.

The one law: looking at fewer people never changes the answer.  A person is
looked at when a source or a target says something new of them, when a date
passes that matters to them, when a change for them is not yet verified, or
when the rules changed; nobody else can have a change (tested against looking
at everybody).
"""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import Column, Connection, Date, Integer, Table, Text, func, select

from iam.access.accounts import (
    Account,
    AccountState,
    account_table,
    accounts_of,
    blocks_of,
    grants_of,
    holding_table,
    taken_logins,
    with_grant_boundary,
    with_retention_over,
)
from iam.access.kept.register import logins_ever_kept
from iam.access.naming import comparable_login
from iam.access.wanted import Cause, Rules, Wanted, wanted
from iam.intake.staging import last_run
from iam.intake.taking import Intake
from iam.people.ledger import (
    Person,
    chunks,
    numbers_of_persons,
    people,
    person_table,
    persons_by_number,
    with_boundary,
)
from iam.people.standing import held_posts
from iam.policy.profile import Guard
from iam.record.columns import among
from iam.record.store import metadata
from iam.sync.actual.mirror import Observation, actual_of, logins_on
from iam.sync.actual.reconcile import protected_logins, registered_logins, with_protection_over, with_register_changed
from iam.sync.actual.strangers import strangers
from iam.sync.guard import Population
from iam.sync.plan import Actual, Change, ChangeKind, Dispute, Logins, Planner, Scene

night_table = Table(
    "night",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("evaluated_on", Date, nullable=False),
    Column("rules", Text, nullable=False),
)


@dataclass(frozen=True)
class Policy:
    """What the body's profile and configuration say to the sync.  `digest` changes when any of it does."""

    rules: Rules
    guard: Guard
    retention_days: int
    digest: str

    @property
    def later(self) -> frozenset[int]:
        """Days after the end of a post on which something more happens: handovers over, graces over."""
        overlaps = {days for days, _ in self.rules.overlap.values()}
        # On the last day of either the right is still held; it goes on the day after.
        return frozenset(days for length in (*overlaps, self.rules.lapsed_grace_days) for days in (length, length + 1))


@dataclass(frozen=True, slots=True)
class Adoption:
    """What the target holds as it should, but our ledger does not say yet (a killed run, a hand on the target)."""

    account: Account
    native_id: str
    enabled: bool
    rights: tuple[tuple[str, Cause], ...]


@dataclass
class Evaluation:
    """What a run would do.

    `people`: everybody who was looked at; `unsettled`: who cannot be settled
    by the act alone, `waiting`: who is not even by all of the changes (a system
    that was not read, a dispute); `linked`: rights found with an account that
    is to be linked.
    """

    changes: list[Change] = field(default_factory=list)
    disputes: list[Dispute] = field(default_factory=list)
    adoptions: list[Adoption] = field(default_factory=list)
    people: set[int] = field(default_factory=set)
    unsettled: set[int] = field(default_factory=set)
    waiting: set[int] = field(default_factory=set)
    linked: dict[tuple[str, str], tuple[tuple[str, Cause], ...]] = field(default_factory=dict)


def evaluated(connection: Connection) -> tuple[date, str] | None:
    """The day and rules of the last evaluation that was committed."""
    row = connection.execute(select(night_table)).first()
    return None if row is None else (row.evaluated_on, row.rules)


def population(connection: Connection, sources: Iterable[str]) -> Population:
    """How many accounts and people there are, for the guard to take shares of."""
    columns = account_table.c
    # A privileged ID is no plan's to change, so it makes no share smaller.
    theirs = columns.state == AccountState.ACTIVE, columns.person_id.is_not(None)
    active = select(columns.system, func.count()).where(*theirs)
    systems = {row[0]: row[1] for row in connection.execute(active.group_by(columns.system))}
    departments: Counter[str] = Counter()
    for name in sources:
        last = last_run(connection, name)
        departments.update(last.departments if last else {})
    return Population(systems, departments)


class Evaluator:
    """Looks at everybody who may need a change on a day."""

    def __init__(
        self,
        connection: Connection,
        policy: Policy,
        on: date,
        intakes: Sequence[Intake],
        observations: Mapping[str, Observation],
    ) -> None:
        """`observations`: only of systems that could be read; the others are left alone."""
        self._connection = connection
        self._policy = policy
        self._on = on
        self._observed = observations
        self._overlay: dict[int, Person] = {}
        for intake in intakes:
            self._overlay.update(intake.people)
        self._protected = protected_logins(connection, on)
        self._nobodys = registered_logins(connection)
        systems = policy.rules.model.systems
        self._planner = Planner(
            policy.rules.model, _LazyLogins(connection, observations, self._protected), on, policy.retention_days
        )
        self._readable = frozenset(observations)
        self._all_systems = frozenset(systems)
        used = select(account_table.c.system).distinct()
        self._unused = self._all_systems - set(connection.execute(used).scalars())

    def run(self, *, everybody: bool = False) -> Evaluation:
        """Evaluate whoever must be looked at, or everybody."""
        found = self.run_for(self._everybody() if everybody or self._rules_changed() else self._dirty())
        for system, observed in self._observed.items():
            found.disputes += self._strangers(system, observed, found.changes)
        return found

    def run_for(self, ids: Iterable[int]) -> Evaluation:
        """Evaluate these persons alone, whoever else may need it; the systems need not have been read whole."""
        found = Evaluation()
        for part in chunks(sorted(set(ids))):
            self._part(part, found)
        return found

    def _strangers(self, system: str, observed: Observation, changes: Iterable[Change]) -> Iterator[Dispute]:
        model = self._policy.rules.model.systems.get(system)
        names = {code: each.name for code, each in model.entitlements.items()} if model else {}
        linked = {c.native_id for c in changes if c.kind is ChangeKind.LINK and c.system == system}
        return strangers(self._connection, observed, names, self._protected, linked)

    def _rules_changed(self) -> bool:
        last = evaluated(self._connection)
        return last is None or last[1] != self._policy.digest

    def _everybody(self) -> set[int]:
        return set(self._connection.execute(select(person_table.c.id)).scalars()) | set(self._overlay)

    def _dirty(self) -> set[int]:
        last = evaluated(self._connection)
        since = last[0] if last else date.min
        connection = self._connection
        pending = select(person_table.c.id).where(person_table.c.pending)
        ids = set(self._overlay) | set(connection.execute(pending).scalars())
        first, after = min(since, self._on), max(since, self._on)
        if first != after:
            ids |= with_boundary(connection, first, after, self._policy.later)
            ids |= with_grant_boundary(connection, first, after)
            ids |= with_protection_over(connection, first, after)
        ids |= with_register_changed(connection, first)
        deletable = [code for code, s in self._policy.rules.model.systems.items() if s.delete_after_retention]
        if deletable:
            before = self._on - timedelta(days=self._policy.retention_days)
            ids |= with_retention_over(connection, before, deletable)
        return ids | self._touched_on_targets()

    def _touched_on_targets(self) -> set[int]:
        ids: set[int] = set()
        for system, observed in self._observed.items():
            columns = account_table.c
            for part in chunks(observed.touched):
                query = select(columns.person_id).where(columns.system == system, among(columns.native_id, part))
                ids.update(i for i in self._connection.execute(query).scalars() if i is not None)
            links = {account.link for account in observed.accounts.values() if account.link}
            ids.update(persons_by_number(self._connection, links).values())
        return ids

    def _part(self, ids: Sequence[int], found: Evaluation) -> None:
        persons = {p.id: p for p in people(self._connection, ids)}
        persons.update((i, self._overlay[i]) for i in ids if i in self._overlay)
        accounts = accounts_of(self._connection, ids)
        grants, blocks = grants_of(self._connection, ids), blocks_of(self._connection, ids)
        held = _held(self._connection, accounts)
        ever = numbers_of_persons(self._connection, ids)
        numbers = {id_: frozenset((*ever[id_], persons[id_].staff_number)) for id_ in ids}
        there = self._there(numbers, accounts)
        for id_ in ids:
            person = persons[id_]
            mine = accounts.get(id_, [])
            want = wanted(
                person, self._on, self._policy.rules,
                accounts=mine, grants=grants.get(id_, ()), blocks=blocks.get(id_, ()),
            )  # fmt: skip
            scene = Scene(
                person, self._department(person), want, mine, there.mine.get(id_, {}), held.get(id_, {}),
                there.linked.get(id_, {}), there.doubled.get(id_, {}),
                self._readable, self._protected, numbers[id_], self._unused,
            )  # fmt: skip
            self._plan(scene, found)
        found.people.update(ids)

    def _plan(self, scene: Scene, found: Evaluation) -> None:
        unread = set(scene.wanted) & (self._all_systems - self._readable)
        waiting, settled, blocked = bool(unread), True, _rights_to_lose(scene, unread)
        for result in self._planner.plan(scene):
            if isinstance(result, Dispute):
                found.disputes.append(result)
                waiting = True
                continue
            if result.kind is ChangeKind.LINK:
                there, want = scene.linked[result.system], scene.wanted[result.system]
                both = sorted(there.entitlements & set(want.entitlements))
                found.linked[result.system, result.login] = tuple((name, want.entitlements[name]) for name in both)
            else:
                settled = False
            # A right of the old post that cannot be seen to go keeps those of the new one waiting (R03).
            if not (blocked and result.kind is ChangeKind.GRANT):
                found.changes.append(result)
        if waiting:
            found.waiting.add(scene.person.id)
        if waiting or not settled:
            found.unsettled.add(scene.person.id)
        found.adoptions += _adoptions(scene)

    def _department(self, person: Person) -> str:
        """Name of the department of the primary post on the day, or of the last post before it."""
        posts = [p for p in held_posts(person.entries) if p.begins <= self._on] or held_posts(person.entries)
        if not posts:
            return ""
        post = max(posts, key=lambda p: (p.on(self._on) and not p.entry.told.concurrent, p.begins))
        told = post.entry.told
        name, department = self._policy.rules.unit(told.org_code, max(told.valid_from, min(self._on, post.until)))
        return department or name or told.org_name

    def _there(self, numbers: Mapping[int, Iterable[str]], accounts: Mapping[int, Sequence[Account]]) -> "_There":
        found = _There()
        # 再任用 changes the number; what the target holds under the old one is still theirs.
        whose = {number: id_ for id_, many in numbers.items() for number in many}
        for system, observed in self._observed.items():
            natives = {a.native_id: a for many in accounts.values() for a in many if a.system == system and a.native_id}
            logins = {comparable_login(a.login): a for many in accounts.values() for a in many
                      if a.system == system and a.state is AccountState.RESERVED}  # fmt: skip
            reserved = [a.login for a in logins.values()]
            actuals = actual_of(self._connection, system, natives, whose, observed, logins=reserved)
            owned = self._owned(system, [a.account.native_id for a in actuals if a.account.native_id not in natives])
            for actual in sorted(actuals, key=lambda a: self._is_protected(system, a)):
                login = comparable_login(actual.account.login)
                account = natives.get(actual.account.native_id) or logins.get(login)
                if account is not None and account.person_id is not None:
                    found.mine.setdefault(account.person_id, {})[system, comparable_login(account.login)] = actual
                elif actual.account.native_id in owned or (system, login) in self._nobodys:
                    continue
                elif actual.account.link in whose:
                    found.link(system, whose[actual.account.link], actual, protected=self._is_protected(system, actual))
        return found

    def _is_protected(self, system: str, actual: Actual) -> bool:
        return (system, comparable_login(actual.account.login)) in self._protected

    def _owned(self, system: str, natives: Iterable[str]) -> set[str]:
        columns = account_table.c
        found: set[str] = set()
        for part in chunks(natives):
            query = select(columns.native_id).where(columns.system == system, among(columns.native_id, part))
            found.update(self._connection.execute(query).scalars())
        return found


@dataclass
class _There:
    """What targets hold of a stretch of people: under their accounts, and under their numbers alone."""

    mine: dict[int, dict[tuple[str, str], Actual]] = field(default_factory=dict)
    linked: dict[int, dict[str, Actual]] = field(default_factory=lambda: defaultdict(dict))
    doubled: dict[int, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))

    def link(self, system: str, person: int, actual: Actual, *, protected: bool) -> None:
        if protected and (system in self.linked[person] or system in self.doubled[person]):
            # A marked account beside an ordinary one is nobody's rival for it.
            return
        other = self.linked[person].pop(system, None)
        if other or system in self.doubled[person]:
            logins = "、".join(sorted({actual.account.login, *([other.account.login] if other else [])}))
            self.doubled[person][system] = (
                f"同じ職員番号のIDが二つ以上あります（{logins}）。iam reconcile {system} で確かめてください。"
            )
        else:
            self.linked[person][system] = actual


class _LazyLogins(Logins):
    """Reads the logins of a system only when a login must be chosen there."""

    def __init__(
        self, connection: Connection, observed: Mapping[str, Observation], protected: Container[tuple[str, str]]
    ) -> None:
        super().__init__({}, {}, protected)
        self._connection = connection
        self._observed = observed
        self._loaded: dict[str, dict[str, str]] = {}

    def choose(self, system: str, template: str, person: Person) -> str | Dispute:
        if system not in self._loaded:
            self._loaded[system] = logins_on(self._connection, system, self._observed.get(system))
            self._taken[system] = taken_logins(self._connection, system) | logins_ever_kept(self._connection, system)
            self._on_target = self._loaded
        return super().choose(system, template, person)


def _held(
    connection: Connection, accounts: Mapping[int, Sequence[Account]]
) -> dict[int, dict[tuple[str, str], frozenset[str]]]:
    by_id = {a.id: a for many in accounts.values() for a in many}
    rights: dict[int, set[str]] = defaultdict(set)
    columns = holding_table.c
    for part in chunks(by_id):
        query = select(columns.account_id, columns.entitlement).where(
            among(columns.account_id, part), columns.held_until.is_(None)
        )
        for row in connection.execute(query):
            rights[row.account_id].add(row.entitlement)
    found: dict[int, dict[tuple[str, str], frozenset[str]]] = defaultdict(dict)
    for id_, names in rights.items():
        account = by_id[id_]
        if account.person_id is not None:
            found[account.person_id][account.system, comparable_login(account.login)] = frozenset(names)
    return found


def _rights_to_lose(scene: Scene, systems: Iterable[str]) -> bool:
    """Whether the person is known to hold, on a system that could not be read, a right that must go."""
    for account in scene.accounts:
        if account.system in systems:
            held = scene.held.get((account.system, comparable_login(account.login)), frozenset())
            if held - set(scene.wanted[account.system].entitlements):
                return True
    return False


def _adoptions(scene: Scene) -> Iterator[Adoption]:
    for account in scene.accounts:
        key = (account.system, comparable_login(account.login))
        there = scene.actual.get(key)
        want: Wanted | None = scene.wanted.get(account.system)
        if there is None or want is None or not scene.theirs(there):
            continue
        unknown = there.entitlements - scene.held.get(key, frozenset())
        rights = tuple((name, want.entitlements[name]) for name in sorted(unknown & set(want.entitlements)))
        is_on = account.state is AccountState.ACTIVE
        stale = account.state is AccountState.RESERVED or is_on != there.account.enabled
        if stale or rights:
            yield Adoption(account, there.account.native_id, there.account.enabled, rights)
