"""An invented body and the people in it: rows of its personnel file, and the nights it lives through.

A row is what a source says, as text under our field names; the situations
(`leaver`, `mover`, `renewed`, …) turn rows into rows, so that a test reads as
what HR did.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from iam.access.accounts import account_table
from iam.access.model import AccessModel
from iam.access.wanted import Rules
from iam.intake.staging import SourceRules
from iam.jobs.night import Feed, Job, nightly, preview
from iam.people.feed import FeedCodes, FeedRow
from iam.people.ledger import Person, people, persons_by_number
from iam.people.rows import read_row
from iam.people.standing import Standing
from iam.policy.profile import Band, DefaultEnd, Guard, PlanBands
from iam.ports import Authority, Target, Unreadable
from iam.record.audit.verify import verify
from iam.record.columns import metadata
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.sync.prepare import Policy
from iam.sync.report import Report
from migrations.run import upgrade
from tests.memory import MemorySource, MemoryTarget, fingerprint_of

Row = Mapping[str, str]

DAY = timedelta(days=1)
START = date(2026, 3, 2)
"""The first night of a body, a Monday well before 1 April."""

UNITS = {
    "0101": ("総務課", "総務部"),
    "0102": ("人事課", "総務部"),
    "0201": ("市民課", "市民部"),
    "0202": ("税務課", "市民部"),
    "0301": ("危機管理課", "危機管理部"),
}

MODEL = """
[systems.gw]
name = "グループウェア"
zone = "lgwan"
owner = "情報政策課"
[systems.gw.attributes]
cn = "{name}"
ou = "{org_name}"
[systems.gw.entitlements]
mail = { name = "メール" }
soumu = { name = "総務部掲示板" }
shimin = { name = "市民部掲示板" }
kacho = { name = "課長" }

[systems.zei]
name = "税務システム"
zone = "mnu"
owner = "税務課"
on_leave = "keep"
delete_after_retention = true
[systems.zei.entitlements]
view = { name = "照会" }
edit = { name = "更新" }

[[birthright]]
id = "all"
clause = "baseline"
system = "gw"
entitlements = ["mail"]
[[birthright]]
id = "soumu"
clause = "baseline"
system = "gw"
org = ["01*"]
entitlements = ["soumu"]
[[birthright]]
id = "shimin"
clause = "baseline"
system = "gw"
org = ["02*"]
entitlements = ["shimin"]
[[birthright]]
id = "kacho"
clause = "baseline"
system = "gw"
title = ["20"]
post = "primary"
entitlements = ["kacho"]
[[birthright]]
id = "zei"
clause = "baseline"
system = "zei"
org = ["0202"]
entitlements = ["view"]
[[birthright]]
id = "zei-edit"
clause = "baseline"
system = "zei"
org = ["0202"]
category = ["regular"]
post = "primary"
entitlements = ["edit"]
"""


@dataclass(frozen=True)
class Category:
    """A staff category as rows need it."""

    code: str
    default_end: DefaultEnd = DefaultEnd.NONE
    needs_home_body: bool = False


CATEGORIES = {
    each.code: each
    for each in (
        Category("regular"),
        Category("reappointed", DefaultEnd.FISCAL_YEAR_END),
        Category("fiscal_year", DefaultEnd.FISCAL_YEAR_END),
        Category("seconded_in", DefaultEnd.REQUIRED, needs_home_body=True),
    )
}


def unit(code: str, _on: date) -> tuple[str, str]:
    """The unit and its department."""
    return UNITS.get(code, ("", ""))


def row(number: int | str, org: str = "0101", since: str = "2020-04-01", **said: str) -> Row:
    """Somebody at a post, open-ended unless `said` otherwise."""
    number = f"{number:07}" if isinstance(number, int) else number
    return {
        "staff_number": number, "name": f"山田 {number}", "name_kana": "ヤマダ タロウ", "category": "regular",
        "org_code": org, "title_code": "01", "title": "主事", "valid_from": since, **said,
    }  # fmt: skip


def leaver(of: Row, last: str) -> Row:
    """The same row, ended by a 退職 on `last`."""
    return {**of, "status": "retired", "valid_until": last}


def mover(of: Row, org: str, on: str) -> list[Row]:
    """A transfer as a file of events says it: the old row as it was, and the new one."""
    return [of, {**of, "org_code": org, "valid_from": on, "kind": "transfer"}]


def concurrent(of: Row, org: str, since: str, until: str = "") -> Row:
    """A post held beside the primary one (併任)."""
    return {**of, "org_code": org, "valid_from": since, "valid_until": until, "primary": "concurrent",
            "kind": "concurrent"}  # fmt: skip


def fiscal(number: int | str, year: int, org: str = "0201", **said: str) -> Row:
    """会計年度任用 for the fiscal year that begins in `year`, its end left to the rule."""
    return row(number, org, f"{year}-04-01", category="fiscal_year", **said)


def on_leave(of: Row, since: str, until: str = "") -> Row:
    """育休 beside the post, which goes on."""
    return {**_without_post(of), "kind": "leave", "valid_from": since, "valid_until": until}


def seconded_out(of: Row, since: str, until: str = "") -> Row:
    """出向(派遣) beside the post, which goes on."""
    return {**_without_post(of), "kind": "seconded_out", "valid_from": since, "valid_until": until}


def _without_post(of: Row) -> Row:
    return {**of, "org_code": "", "org_name": "", "title_code": "", "title": ""}


def unreadable(number: str | None, place: str = "jinji 99行目") -> Unreadable:
    """A row that the connector could not read."""
    return Unreadable(place, "name", "?", "文字コードが正しくありません。", number, fingerprint_of([number, place]))


def a_guard(**bands: Band) -> Guard:
    """The bands of the baseline, with some of `feed_total`, `disable`, … replaced."""
    plan = {
        "revoke": band(200, 0.05, 10), "disable": band(20, 0.05, 1), "create": band(200, 0.1, 10),
        "modify": band(None, 0.2, 20), "enable": band(200, 0.1, 10), "grant": band(None, 0.2, 20),
        "delete": band(20, 0.02, 1),
    }  # fmt: skip
    plan.update((name, bands.pop(name)) for name in list(bands) if name in plan)
    rest = {
        "feed_total": band(None, 0.05, 1), "feed_department": band(None, 0.3, 2),
        "department": band(None, 0.3, 2), "attribute": band(None, 0.2, 20), "ceiling": band(None, 0.5, 20),
    }  # fmt: skip
    return Guard(plan=PlanBands(**plan), **{**rest, **bands})


def band(count: int | None, share: float | None, minimum: int = 0) -> Band:
    """A band under the clause `baseline`."""
    return Band(count=count, share=share, minimum=minimum, clause="baseline")


WIDE = band(10_000, None)
OFFICERS = ("tanaka", "suzuki", "satou")
OPEN_GUARD = a_guard(**{name: WIDE for name in (*PlanBands.model_fields, *Guard.model_fields) if name != "plan"})
"""A guard that lets everything pass: for tests that are not about it."""


def rules(
    model: str | AccessModel = MODEL, overlap: Mapping[str, tuple[int, str]] | None = None, absence_runs: int = 3
) -> Rules:
    """What `wanted` needs to know of this body."""
    parsed = AccessModel.parse(model, "access.toml") if isinstance(model, str) else model
    return Rules(parsed, overlap or {}, {"jinji": absence_runs, "kumiai": absence_runs}, unit)


def source_rules(name: str = "jinji", authority: Iterable[Authority] = Authority) -> SourceRules:
    """A source whose codes are our own."""

    def department(of: FeedRow) -> str:
        name, above = unit(of.org_code, of.valid_from)
        return above or name or of.org_name

    return SourceRules(
        name=name,
        digest="1",
        authority=frozenset(authority),
        number_prefix="",
        read_row=lambda each: read_row(each, FeedCodes(), CATEGORIES, None, ""),
        department=department,
    )


@dataclass
class Body:
    """A body with its store, its sources by name, and its targets by system; `today` is JST."""

    store: Store
    sources: dict[str, MemorySource]
    targets: dict[str, MemoryTarget]
    feeds: list[Feed]
    policy: Policy
    clock: "Clock"
    waits: list[float] = field(default_factory=list)
    journal: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def today(self) -> date:
        """The JST date."""
        return self.clock.today

    @property
    def rows(self) -> list[Row | Unreadable]:
        """What the first source says."""
        return next(iter(self.sources.values())).rows

    @rows.setter
    def rows(self, said: Iterable[Row | Unreadable]) -> None:
        next(iter(self.sources.values())).rows = list(said)

    def say(self, *said: Row | Sequence[Row]) -> None:
        """Put these rows in the place of whatever the first source said of the same numbers."""
        flat = [one for each in said for one in ([each] if isinstance(each, Mapping) else each)]
        numbers = {one["staff_number"] for one in flat}
        kept = [old for old in self.rows if not (isinstance(old, Mapping) and old["staff_number"] in numbers)]
        self.rows = [*kept, *flat]

    def forget(self, *numbers: int | str) -> None:
        """Drop every row of these numbers from the first source."""
        gone = {f"{number:07}" if isinstance(number, int) else number for number in numbers}
        self.rows = [r for r in self.rows if not (isinstance(r, Mapping) and r["staff_number"] in gone)]

    def job(self, **changed: Any) -> Job:  # noqa: ANN401 - whichever fields of a Job a test wants otherwise
        """Tonight's job."""
        targets: dict[str, Target] = dict(self.targets)
        job = Job(
            self.store, "unyou", self.policy, self.feeds, targets, self.today, self.waits.append, officers=OFFICERS
        )
        return replace(job, **changed)

    def night(self, on: str | date | None = None) -> Report:
        """Tonight's run, or that of the night `on`."""
        if on is not None:
            self.clock.today = date.fromisoformat(on) if isinstance(on, str) else on
        return nightly(self.job())

    def nights(self, count: int) -> list[Report]:
        """So many further nights, one a day."""
        return [self.night(self.today + DAY) for _ in range(count)]

    def rehearse(self, on: str) -> Report:
        """What a night on that day would do, as shown to the officers."""
        return preview(self.job(), on=date.fromisoformat(on))

    def settle(self, most: int = 4) -> Report:
        """Nights until one has nothing left to do."""
        for _ in range(most):
            report = self.night(self.today + DAY)
            if not report.changes and not report.broken and not report.holds:
                return report
        raise AssertionError([str(change) for change in report.changes] + [str(h) for h in report.holds])

    def person(self, number: int | str) -> Person:
        """The person who has, or had, this number."""
        number = f"{number:07}" if isinstance(number, int) else number
        with self.store.read() as connection:
            id_ = persons_by_number(connection, [number])[number]
            return next(people(connection, [id_]))

    def stands(self, number: int | str) -> Standing:
        """How the person stands today."""
        return self.policy.rules.standing(self.person(number), self.today)

    def login(self, number: int | str, system: str = "gw") -> str:
        """The login that our ledger holds for the person."""
        columns = account_table.c
        with self.store.read() as connection:
            query = select(columns.login).where(columns.person_id == self.person(number).id, columns.system == system)
            return str(connection.execute(query).scalar_one())

    def is_on(self, number: int | str, system: str = "gw") -> bool | None:
        """Whether the person's account is enabled on the target; None when it has none."""
        return self.targets[system].is_on(self.login(number, system))

    def rights(self, number: int | str, system: str = "gw") -> set[str]:
        """What the person's account holds on the target."""
        return self.targets[system].rights_of(self.login(number, system))

    def content(self, *without: str) -> dict[str, list[tuple[object, ...]]]:
        """Every row of every table but the audit, without these tables and columns (`person.pending`)."""
        kept = [t for t in metadata.sorted_tables if not t.name.startswith("audit") and t.name not in without]
        found = {}
        with self.store.read() as connection:
            for table in kept:
                columns = [column for column in table.c if f"{table.name}.{column.name}" not in without]
                found[table.name] = sorted((tuple(r) for r in connection.execute(select(*columns))), key=repr)
        return found

    def audit_breaks(self) -> str:
        """What is wrong with the audit, or ""."""
        with self.store.read() as connection:
            verdict = verify(connection, self.store.keys)
        return verdict.broken.what if verdict.broken else ""


@dataclass
class Clock:
    """One o'clock in the morning in Japan, so that UTC is still at the day before."""

    today: date = START
    step: int = 0

    def __call__(self) -> datetime:
        self.step += 1
        morning = datetime.combine(self.today, time(16), UTC) - DAY
        return morning + timedelta(milliseconds=self.step)


def a_body(
    url: str,
    keys: KeyRing | Path,
    *,
    guard: Guard = OPEN_GUARD,
    of: Rules | None = None,
    sources: Mapping[str, Iterable[Authority]] | None = None,
    retention_days: int = 365,
    migrated: bool = False,
) -> Body:
    """A body on the empty database at `url`, with nobody in it and empty targets."""
    if not migrated:
        upgrade(url)
    ring = KeyRing.create(keys) if isinstance(keys, Path) else keys
    clock = Clock()
    of = of or rules()
    journal: list[tuple[str, Any]] = []
    wanted_sources = sources or {"jinji": tuple(Authority)}
    feeds = [Feed(MemorySource(name), source_rules(name, what)) for name, what in wanted_sources.items()]
    read = {feed.rules.name: feed.source for feed in feeds}
    return Body(
        Store(url, ring, clock),
        {name: source for name, source in read.items() if isinstance(source, MemorySource)},
        {code: MemoryTarget(code, journal=journal) for code in of.model.systems},
        feeds,
        Policy(of, guard, retention_days, "1"),
        clock,
        journal=journal,
    )
