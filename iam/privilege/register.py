"""The register of privileged IDs (特権ID台帳): what there is on which system, what for, and how many may hold it.

The one law: *only what two officers registered can be delegated or used* (OITA-S8.2.1.3a, OITA-S8.1.4.3), and any
change of a row changes its digest, so that whatever was approved of the former one is void.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Row, Select, select, update

from iam.access.accounts import AccountKind, AccountState, account_table
from iam.access.kept.register import kept_by_login
from iam.access.model import AccessModel
from iam.access.naming import comparable_login
from iam.errors import Conflict, Forbidden, NotFound
from iam.office.cases import Case, CaseKind, ask, case_of
from iam.privilege.barred import why_barred
from iam.privilege.books import privileged_id_table, use_table
from iam.privilege.default_names import is_default_name
from iam.record.act import Act
from iam.record.columns import among, canonical_json
from iam.signin.door import Door
from iam.sync.urgent.errands import Mode

__all__ = [
    "Deed",
    "Mode",
    "PrivilegedId",
    "Wish",
    "by_id",
    "in_use",
    "mistakes",
    "privileged_id",
    "privileged_ids",
    "propose",
    "take_effect",
    "wrong",
]

LIFE: Final = timedelta(days=7)
"""How long such a case waits: nobody stands at a desk for it."""

MOST_HOLDERS: Final = 20
"""More delegates at a time than this would be no 最小化 (OITA-S8.2.1.3a)."""

Refusal: TypeAlias = Conflict | Forbidden | NotFound

MODES: Final[Mapping[Mode, str]] = {
    Mode.ENABLE: "利用中だけ有効にする",
    Mode.MEMBER: "利用中だけ権限グループに入れる",
    Mode.SECRET: "利用のたびに使い捨てのパスワードを設定する",
}
"""How a use opens an ID, as people read it."""


class Deed(StrEnum):
    """What is asked for."""

    NEW = "new"
    CHANGE = "change"
    RETIRE = "retire"

    @property
    def label_ja(self) -> str:
        """The word that people read."""
        return {"new": "登録", "change": "変更", "retire": "廃止"}[self.value]


@dataclass(frozen=True, slots=True)
class PrivilegedId:
    """One row.  `login` "" for a MEMBER, `entitlement` "" for the others.  `most_holders`: live delegations at a time.

    `emergency`: may be used without a delegation in an emergency.  `kept`: its secret stays in the vault between uses.
    `note`: why a name that a product brings with it must stay.
    """

    id: int
    system: str
    mode: Mode
    login: str
    entitlement: str
    purpose: str
    most_holders: int
    emergency: bool
    kept: bool
    note: str
    case_id: int | None
    registered_at: datetime
    changed_at: datetime
    retired_at: datetime | None

    @property
    def name(self) -> str:
        """The login, or the entitlement."""
        return self.login or self.entitlement

    @property
    def label(self) -> str:
        """As operators type it, by the code of its system; other people read `telling.called`."""
        return f"{self.system} の {self.name}"

    @property
    def digest(self) -> str:
        """SHA-256 over everything that was registered and by which case: another after any change, also one back."""
        words = [
            self.id, self.system, self.mode, self.login, self.entitlement, self.purpose, self.most_holders,
            self.emergency, self.kept, self.note, self.case_id, self.retired_at is not None,
        ]  # fmt: skip
        return hashlib.sha256(canonical_json(words).encode()).hexdigest()

    @property
    def subject(self) -> str:
        """How the audit names it."""
        return f"privileged_id {self.id}"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for.  `id`: of the row to be changed or retired; None for a new one."""

    deed: Deed
    system: str
    mode: Mode
    login: str = ""
    entitlement: str = ""
    purpose: str = ""
    most_holders: int = 1
    emergency: bool = False
    kept: bool = False
    note: str = ""
    id: int | None = None

    @property
    def content(self) -> dict[str, object]:
        """As a case holds it."""
        return asdict(self)

    @classmethod
    def of(cls, case: Case) -> "Wish":
        """What the case asks for."""
        content: Mapping[str, Any] = case.content
        values = {each.name: content[each.name] for each in fields(cls)}
        return cls(**{**values, "deed": Deed(values["deed"]), "mode": Mode(values["mode"])})

    @classmethod
    def retiring(cls, found: PrivilegedId) -> "Wish":
        """That a row is retired."""
        return cls.like(found, Deed.RETIRE)

    @classmethod
    def like(cls, found: PrivilegedId, deed: Deed = Deed.CHANGE) -> "Wish":
        """What a row says now, to be changed from there."""
        return cls(
            deed, found.system, found.mode, found.login, found.entitlement, found.purpose, found.most_holders,
            found.emergency, found.kept, found.note, found.id,
        )  # fmt: skip


# --- what there is


def privileged_ids(connection: Connection, *, retired: bool = False, system: str | None = None) -> list[PrivilegedId]:
    """Every row in force by system and name; with `retired` those that are over as well."""
    columns = privileged_id_table.c
    query = select(privileged_id_table).order_by(columns.system, columns.login, columns.entitlement, columns.id)
    if not retired:
        query = query.where(columns.retired_at.is_(None))
    if system is not None:
        query = query.where(columns.system == system)
    return [_row(row) for row in connection.execute(query)]


def privileged_id(connection: Connection, id_: int) -> PrivilegedId:
    """One row, whether or not it is in force.

    Raises:
        NotFound: there is none with this id.
    """
    found = by_id(connection, [id_])
    if id_ not in found:
        raise NotFound("その特権IDは台帳にありません。一覧から開き直してください。")
    return found[id_]


def by_id(connection: Connection, ids: Collection[int], *, lock: bool = False) -> dict[int, PrivilegedId]:
    """These rows by id; with `lock` they stay as they are until the act ends, whoever else decides over them."""
    columns = privileged_id_table.c
    # In the order of their numbers, so that two who lock several never wait for each other.
    query: Select[Any] = select(privileged_id_table).where(among(columns.id, sorted(ids))).order_by(columns.id)
    return {row.id: _row(row) for row in connection.execute(query.with_for_update() if lock else query)}


def in_use(connection: Connection, id_: int) -> bool:
    """Whether a use of this ID is not over."""
    busy = use_table.c.privileged_id == id_, use_table.c.slot.is_not(None)
    return connection.execute(select(use_table.c.id).where(*busy).limit(1)).first() is not None


# --- what stands against a wish


def mistakes(connection: Connection, door: Door, wish: Wish, reason: str) -> dict[str, Refusal]:
    """Every rule that stands against it, by the field that it is about; "reason" and "id" among them."""
    found = dict[str, Refusal](wrong(door.model, wish, reason))
    taken = _taken(connection, wish) if wish.deed is Deed.NEW else _not_as_it_is(connection, wish)
    if taken is not None:
        found.setdefault("id" if wish.id is not None else "login" if wish.login else "entitlement", taken)
    return found


def wrong(model: AccessModel, wish: Wish, reason: str) -> dict[str, Conflict]:
    """The same without the database: what a wish says that cannot be, by field; of what is retired, nothing."""
    system = model.systems.get(wish.system)
    found = {
        "reason": "" if reason.strip() else "理由を書いてください。",
        **({} if wish.deed is Deed.RETIRE else _fields(wish)),
    }
    if wish.deed is not Deed.RETIRE:
        if system is None:
            found["system"] = f"情報システム「{wish.system}」がありません。コードを確かめてください。"
        elif not system.provisioned:
            found["system"] = "接続していない情報システムの特権IDは、開け閉めできないため登録できません。"
        elif wish.mode is Mode.MEMBER:
            found["entitlement"] = _right(model, wish)
    return {field: Conflict(words) for field, words in found.items() if words}


def _fields(wish: Wish) -> dict[str, str]:
    member = wish.mode is Mode.MEMBER
    return {
        "login": _login(wish),
        "entitlement": "" if member or not wish.entitlement else "権限は、権限グループに入れるときだけ選びます。",
        "purpose": "" if wish.purpose.strip() else "何のためのIDか（用途）を書いてください。",
        "most_holders": ""
        if 1 <= wish.most_holders <= MOST_HOLDERS
        else f"同時に任せる人数は、1人から{MOST_HOLDERS}人までにしてください。",
        "kept": "パスワードを保管できるのは、使い捨てのパスワードを設定するIDだけです。"
        if wish.kept and wish.mode is not Mode.SECRET
        else "",
        "note": "製品の初期設定の名前です。変えられないときは、変えられない理由を書いてください。"
        if not member and is_default_name(wish.login) and not wish.note.strip()
        else "",
    }


def _login(wish: Wish) -> str:
    if wish.mode is Mode.MEMBER:
        return "権限グループに入れる特権IDには、ログイン名を書きません。" if wish.login else ""
    if not wish.login.strip() or wish.login != wish.login.strip() or not wish.login.isprintable():
        return "ログイン名を、前後に空白を付けずに書いてください。"
    return ""


def _right(model: AccessModel, wish: Wish) -> str:
    right = model.systems[wish.system].entitlements.get(wish.entitlement)
    if right is None:
        return f"権限「{wish.entitlement}」がこの情報システムにありません。"
    if not right.privileged:
        return f"「{right.name}」は特権ではありません。アクセスモデルで privileged = true にしてください。"
    return ""


def _taken(connection: Connection, wish: Wish) -> Conflict | None:
    columns, account = privileged_id_table.c, account_table.c
    name = comparable_login(wish.login)
    same = columns.system == wish.system, columns.comparable == name, columns.entitlement == wish.entitlement
    if connection.execute(select(columns.id).where(*same, columns.retired_at.is_(None))).first():
        return Conflict("この特権IDはすでに台帳にあります。変更の申請をしてください。")
    if name and (kept := kept_by_login(connection, wish.system, wish.login)):
        return Conflict(f"{kept.kind.register_ja}にあるIDです。そちらの台帳から外してから、申請してください。")
    query = select(account.person_id, account.kind).where(account.system == wish.system, account.comparable == name)
    row = connection.execute(query).first() if name else None
    if row is not None and (row.person_id is not None or row.kind != AccountKind.PRIVILEGED):
        return Conflict("このログイン名は職員などの利用者IDとして使われています。別の名前の特権IDを用意してください。")
    return None


def _not_as_it_is(connection: Connection, wish: Wish) -> Refusal | None:
    """What stands against changing or retiring the row that a wish names."""
    found = by_id(connection, [wish.id or 0]).get(wish.id or 0)
    if found is None:
        return NotFound("その特権IDは台帳にありません。一覧から開き直してください。")
    if found.retired_at is not None:
        return Conflict("この特権IDはすでに廃止されています。")
    if (found.system, found.login, found.entitlement) != (wish.system, wish.login, wish.entitlement):
        return Conflict("情報システム・ログイン名・権限は変更できません。廃止して、新しく登録してください。")
    if wish.deed is Deed.CHANGE and Wish.like(found) == wish:
        return Conflict("いまの登録から変わるところがありません。")
    if in_use(connection, found.id):
        return Conflict("この特権IDは利用中です。利用を終わらせてから、確認してください。")
    return None


# --- asked for by one, confirmed by another


def propose(act: Act, door: Door, asked_by: int, wish: Wish, reason: str) -> Case:
    """Ask for a row, its change or its end; a head confirms.

    Raises:
        Conflict, Forbidden, NotFound: the first rule that stands against it.
    """
    if refusal := why_barred(act.connection, door, asked_by, act.at):
        raise refusal
    for mistake in mistakes(act.connection, door, wish, reason).values():
        raise mistake
    return ask(
        act, door.offices, CaseKind.PRIVILEGED_ID, asked_by, subject_id=None, content=wish.content, reason=reason,
        life=LIFE,
    )  # fmt: skip


def take_effect(act: Act, door: Door, case: Case) -> PrivilegedId:
    """What confirming does: the row as it was asked for, judged once more.

    Raises:
        Conflict, Forbidden, NotFound: when it could no longer be asked for.
    """
    wish, decided = Wish.of(case), case_of(act.connection, case.id, act.at)
    by_id(act.connection, [wish.id or 0], lock=True)
    for person in (case.asked_by, decided.decided_by or 0):
        if refusal := why_barred(act.connection, door, person, act.at):
            raise refusal
    for mistake in mistakes(act.connection, door, wish, case.reason).values():
        raise mistake
    id_ = _new(act, wish, case) if wish.id is None else _changed(act, wish, wish.id, case)
    made = privileged_id(act.connection, id_)
    verb = {Deed.NEW: "registered", Deed.CHANGE: "changed", Deed.RETIRE: "retired"}[wish.deed]
    told = {**wish.content, "case": case.id, "asked_by": case.asked_by, "confirmed_by": decided.decided_by}
    act.record(f"privileged_id.{verb}", made.subject, {**told, "digest": made.digest})
    return made


def _new(act: Act, wish: Wish, case: Case) -> int:
    row = act.connection.execute(
        privileged_id_table.insert()
        .values(
            **_values(wish), system=wish.system, login=wish.login, comparable=comparable_login(wish.login),
            entitlement=wish.entitlement, case_id=case.id, registered_at=act.at, changed_at=act.at,
        )
        .returning(privileged_id_table.c.id)
    )  # fmt: skip
    found: int = row.scalar_one()
    if wish.login:
        _keep_account(act, wish, found)
    return found


def _changed(act: Act, wish: Wish, id_: int, case: Case) -> int:
    values = {"retired_at": act.at} if wish.deed is Deed.RETIRE else _values(wish)
    columns = privileged_id_table.c
    changed = act.connection.execute(
        update(privileged_id_table)
        .where(columns.id == id_, columns.retired_at.is_(None))
        .values(**values, case_id=case.id, changed_at=act.at)
    )
    if changed.rowcount != 1:
        raise Conflict("この特権IDはすでに廃止されています。")
    return id_


def _values(wish: Wish) -> dict[str, object]:
    return {
        "mode": wish.mode, "purpose": wish.purpose, "most_holders": wish.most_holders, "emergency": wish.emergency,
        "kept": wish.kept, "note": wish.note,
    }  # fmt: skip


def _keep_account(act: Act, wish: Wish, id_: int) -> None:
    """An account of nobody's, so that naming gives the login to nobody and the nightly sync leaves it alone.

    Its number is below zero: those above are given by whoever holds the run's lock.
    """
    columns, name = account_table.c, comparable_login(wish.login)
    known = columns.system == wish.system, columns.comparable == name
    if act.connection.execute(select(columns.id).where(*known)).first() is not None:
        return
    act.connection.execute(
        account_table.insert().values(
            id=-id_, system=wish.system, login=wish.login, comparable=name,
            kind=AccountKind.PRIVILEGED, state=AccountState.ACTIVE, native_id="", created_at=act.at,
        )
    )  # fmt: skip


def _row(row: Row[Any]) -> PrivilegedId:
    return PrivilegedId(
        row.id, row.system, Mode(row.mode), row.login, row.entitlement, row.purpose, row.most_holders, row.emergency,
        row.kept, row.note, row.case_id, row.registered_at, row.changed_at, row.retired_at,
    )  # fmt: skip
