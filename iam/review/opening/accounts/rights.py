"""Rights of accounts with the cause of each, as the JSON text that is frozen.

The one law: *what thousands hold for the same reason is worked out once*; the database gathers an account's rights into
one text, and each different text is taken apart once.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Text, and_, case, cast, func, literal, select

from iam.access.accounts import OF_A_USE, AccountKind, AccountState, account_table, holding_table
from iam.access.model import System
from iam.record.columns import among, canonical_json, jst_day
from iam.sync.actual.mirror import actual_member_table
from iam.sync.actual.reconcile import REGISTER

Given = Mapping[tuple[int, str, str], date]
"""(person, right, origin) -> the last day of a grant."""

NOTHING: Final = "[]"

# No code, rule or clause holds these: they separate what is gathered.
_PART: Final = "\x1f"
_RIGHT: Final = "\x1e"


def ours(columns: Any) -> tuple[ColumnElement[bool], ...]:  # noqa: ANN401 - of the table or of another name of it
    """Accounts that the target should have under the native id of the ledger."""
    alive = columns.kind != AccountKind.PRIVILEGED, columns.state != AccountState.DELETED
    return *alive, columns.native_id != ""


def on_target(connection: Connection, system: str, *which: ColumnElement[bool]) -> dict[str, str]:
    """Native id -> its rights on the target, each with the rule, clause and instant that the ledger has for it."""
    member, mine, held = actual_member_table.c, account_table.c, holding_table.c
    account = and_(mine.system == system, mine.native_id == member.native_id, *ours(mine))
    open_ = and_(held.account_id == mine.id, held.entitlement == member.entitlement, held.held_until.is_(None))
    query = (
        select(member.native_id, _gathered(member.entitlement))
        .outerjoin(account_table, account)
        .outerjoin(holding_table, open_)
        .where(member.system == system, *which)
        .group_by(member.native_id)
    )
    return {row[0]: row[1] for row in connection.execute(query).all()}


def in_ledger(connection: Connection, account_ids: Iterable[int | None]) -> dict[str, str]:
    """The same of what the ledger says they hold, where no target tells."""
    held, mine = holding_table.c, account_table.c
    query = (
        select(mine.native_id, _gathered(held.entitlement))
        .join(account_table, mine.id == held.account_id)
        .where(among(held.account_id, list(account_ids)), held.held_until.is_(None))
        .group_by(mine.native_id)
    )
    return {row[0]: row[1] for row in connection.execute(query).all()}


def _gathered(entitlement: ColumnElement[str]) -> ColumnElement[str]:
    held, part = holding_table.c, literal(_PART)
    cause = held.rule + part + held.clause + part + cast(held.held_from, Text)
    given = case((held.rule.is_not(None), entitlement + part + cause), else_=entitlement)
    return func.aggregate_strings(given, _RIGHT)


class Rights:
    """Takes apart what was gathered, for one system."""

    def __init__(self, system: System, given: Given, rules: Iterable[str]) -> None:
        self._system = system
        self._given = given
        self._granted = {person for person, _, _ in given}
        self._rules = set(rules)
        self._known: dict[tuple[str, bool], str] = {}

    def text(self, gathered: str, person_id: int | None, *, registered: bool) -> str:
        """The JSON text of an account's rights.  `registered`: a privileged ID, whose rights the register gives."""
        if person_id in self._granted:
            return self._worked_out(gathered, person_id, registered=registered)
        found = self._known.get((gathered, registered))
        if found is None:
            found = self._known[gathered, registered] = self._worked_out(gathered, None, registered=registered)
        return found

    def _worked_out(self, gathered: str, person_id: int | None, *, registered: bool) -> str:
        # In the order of codes, whatever order the database gathered them in.
        parts = sorted(set(gathered.split(_RIGHT)))
        return canonical_json([self._right(part.split(_PART), person_id, registered=registered) for part in parts])

    def _right(self, parts: list[str], person_id: int | None, *, registered: bool) -> dict[str, object]:
        code, rule, clause, since = parts if len(parts) > 1 else (parts[0], REGISTER if registered else "", "", "")
        until = None if person_id is None else self._given.get((person_id, code, rule))
        right = self._system.entitlements.get(code)
        return {
            "right": code, "name": right.name if right else code, "by": self._by(rule, until), "rule": rule,
            "clause": clause, "since": jst_day(datetime.fromisoformat(since)).isoformat() if since else "",
            "until": until.isoformat() if until else "", "privileged": self._system.gives_privilege(code),
        }  # fmt: skip

    def _by(self, rule: str, until: date | None) -> str:
        if not rule:
            return "none"
        if rule == REGISTER:
            return "register"
        if rule.startswith(OF_A_USE):
            return "use"
        return "grant" if until and rule not in self._rules else "rule"
