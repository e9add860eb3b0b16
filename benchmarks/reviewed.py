"""A city of so many accounts for the benchmark of reviews: persons, rights, and targets that answer from memory."""

import datetime as dt
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import psycopg
from sqlalchemy import insert
from sqlalchemy.engine import make_url

from benchmarks.figures import note
from iam.access.accounts import ACCOUNT_COLUMNS, account_table, holding_table
from iam.access.kept.books import kept_id_table
from iam.access.model import AccessModel
from iam.access.wanted import rules_for
from iam.jobs.job import Job
from iam.office.roles import Offices
from iam.people.ledger import ENTRY_COLUMNS, appointment_table, number_table, person_table
from iam.policy.loading import load
from iam.ports import Fingerprint, TargetBatch
from iam.record.columns import jst_day
from iam.record.keys import KeyRing
from iam.record.store import Store, bulk_insert
from iam.review.opening.plan import Ground
from iam.signin.factors.authenticators import authenticator_table
from iam.sync.actual.mirror import actual_account_table, actual_group_table, actual_member_table
from iam.sync.prepare import Policy
from migrations.run import upgrade

RIGHTS: Final = ("mail", "board", "section", "files")
SECTIONS: Final = 200
SINCE: Final = dt.date(2020, 4, 1)
AT: Final = dt.datetime(2020, 4, 1, tzinfo=dt.UTC)
USED: Final = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)


@dataclass
class Target:
    """A target of which everything is known: it says so, and when each account was used last."""

    system: str
    prints: Sequence[Fingerprint]
    used: Mapping[str, dt.datetime]

    def read(self, known: Container[Fingerprint]) -> Iterator[TargetBatch]:
        """Nothing is new."""
        assert all(each in known for each in self.prints)
        yield TargetBatch(self.prints, (), ())

    def last_used(self) -> Mapping[str, dt.datetime]:
        """Of every account that was ever used."""
        return self.used


@dataclass
class City:
    """A database with so many accounts, and what opens a review of it."""

    folder: Path
    store: Store
    job: Job
    ground: Ground

    @classmethod
    def built(cls, folder: Path, url: str, accounts: int, systems: int) -> "City":
        """Persons, accounts, rights, and what the targets hold of them."""
        note(f"{accounts:,} accounts on {systems} systems, {url.partition(':')[0]}")
        upgrade(url)
        store = Store(url, KeyRing.create(folder / "keys.json"))
        profile, model = load("baseline"), AccessModel.parse(_model(systems), "access.toml")
        targets: dict[str, Any] = {}
        with store.act("bench") as act:
            _people(act.connection, accounts // systems)
            for number, code in enumerate(model.systems):
                targets[code] = _system(act.connection, code, number, accounts // systems)
        if store.url.get_backend_name() == "postgresql":
            with psycopg.connect(plain_url(store), autocommit=True) as plain:
                plain.execute("VACUUM ANALYZE")
        rules = rules_for(model, profile, absence_runs={}, unit=_unit)
        today = jst_day(store.clock())
        job = Job(store, "bench", Policy(rules, profile.guard, 365, "1"), (), targets, today, lambda _: None)
        return cls(folder, store, job, Ground(profile, model, Offices(profile), _unit))


def _unit(code: str, _on: dt.date) -> tuple[str, str]:
    return f"第{code}課", f"第{code[:2]}部"


def _model(systems: int) -> str:
    rights = "\n".join(f'{right} = {{ name = "{right}の権限" }}' for right in RIGHTS)
    text = "".join(
        f'[systems.s{number}]\nname = "システム{number}"\nzone = "lgwan"\nowner = "情報政策課"\n'
        f"[systems.s{number}.entitlements]\n{rights}\n"
        for number in range(systems)
    )
    return text + "".join(
        f'[[birthright]]\nid = "r{number}"\nclause = "baseline"\nsystem = "s{number}"\n'
        'entitlements = ["mail", "board"]\n'
        for number in range(systems)
    )


def _people(connection: Any, count: int) -> None:  # noqa: ANN401 - an act's
    """One in a hundred has left, one has no second factor."""
    persons = [
        (n, f"{n:07}", "jinji", f"職員{n}号", "ショクイン", "", "", 0, None, "", False, AT) for n in range(1, count + 1)
    ]
    bulk_insert(connection, person_table, [column.name for column in person_table.c], persons)
    bulk_insert(connection, number_table, ("number", "person_id", "given_at"), ((p[1], p[0], AT) for p in persons))
    last = dt.date.max
    bulk_insert(
        connection, appointment_table, ENTRY_COLUMNS,
        ((n, n, "jinji", "post", "hire", f"{n % SECTIONS:04}", f"第{n % SECTIONS}課", f"{n % 7:02}", "主事", "regular",
          False, SINCE, dt.date(2025, 3, 31) if n % 100 == 0 else last, None, "new", None, AT, None, None, None, "", 1)
         for n in range(1, count + 1)),
    )  # fmt: skip
    bulk_insert(
        connection, authenticator_table,
        ("person_id", "form", "name", "state", "data", "counter", "enrolled_at", "confirmed_at", "end_reason"),
        ((n, "totp", "app", "active", {}, 0, AT, AT, "") for n in range(1, count + 1) if n % 100 != 5),  # noqa: PLR2004
    )  # fmt: skip


def _system(connection: Any, code: str, number: int, count: int) -> Target:  # noqa: ANN401 - as above
    """Of a hundred accounts one is rogue, one shared, one is missing on the target, one was never used."""
    first = number * count
    logins = [f"u{n:07}" for n in range(1, count + 1)]
    natives = [f"uid={login},ou=people,dc={code}" for login in logins]
    ours = [n for n in range(count) if n % 100 not in {1, 2}]
    bulk_insert(
        connection, account_table, ACCOUNT_COLUMNS,
        ((first + n + 1, code, logins[n], logins[n], n + 1, "personal", "active", natives[n], AT, None) for n in ours),
    )  # fmt: skip
    held = {n: ("mail", "board", "section") if n % 2 else ("mail", "board") for n in range(count)}
    bulk_insert(
        connection, holding_table, ("account_id", "entitlement", "held_from", "rule", "clause"),
        ((first + n + 1, right, AT, f"r{number}", "baseline") for n in ours for right in held[n][:2]),
    )  # fmt: skip
    kept = {"system": code, "kind": "shared", "purpose": "窓口", "project": "", "company": "", "registered_by": "bench",
            "registered_at": AT, "changed_at": AT}  # fmt: skip
    shared = [{**kept, "login": logins[n], "comparable": logins[n], "keeper_id": n + 1} for n in range(2, count, 100)]
    connection.execute(insert(kept_id_table), shared)
    there = [n for n in range(count) if n % 100 != 3]  # noqa: PLR2004 - the missing
    prints = {n: blake2b(natives[n].encode(), digest_size=16).digest() for n in there}
    bulk_insert(
        connection, actual_account_table,
        ("system", "native_id", "login", "link", "enabled", "attributes", "fingerprint"),
        ((code, natives[n], logins[n], "" if n % 100 in {1, 2} else f"{n + 1:07}", True, {}, prints[n]) for n in there),
    )  # fmt: skip
    groups = {right: blake2b(f"{code} {right}".encode(), digest_size=16).digest() for right in RIGHTS}
    bulk_insert(
        connection, actual_group_table, ("system", "entitlement", "fingerprint"),
        ((code, right, print_) for right, print_ in groups.items()),
    )  # fmt: skip
    bulk_insert(
        connection, actual_member_table, ("system", "entitlement", "native_id"),
        ((code, right, natives[n]) for n in there for right in held[n]),
    )  # fmt: skip
    used = {natives[n]: USED - dt.timedelta(minutes=n) for n in there if n % 100 != 4}  # noqa: PLR2004 - the unused
    return Target(code, [*prints.values(), *groups.values()], used)


def plain_url(store: Store) -> str:
    """The database's address as its own tools take it."""
    return make_url(store.url).set(drivername="postgresql").render_as_string(hide_password=False)
