"""A deed prepared at the console: for whom, what exactly, its code, and where it stands.

The one law: *preparing does nothing* (design law 4, R13): an account of the operating system proves no person, so what
it wrote is only a question to the person whom it names, sealed so that nobody changes it on the way, and soon gone.
"""

import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hmac import compare_digest
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from iam.errors import Conflict, NotFound
from iam.people.japanese import holds_my_number
from iam.privilege.barred import why_barred
from iam.privilege.books import console_deed_table
from iam.privilege.console.verbs import Content, Verb, mistaken, seen
from iam.privilege.using.deciding import LONGEST_WORDS
from iam.privilege.using.records import LONGEST_RECORD
from iam.record.act import Act
from iam.record.columns import canonical_json
from iam.record.keys import KeyRing
from iam.signin.door import Door
from iam.signin.factors.codes import normalised

LIFE: Final = timedelta(minutes=10)
"""How long a deed waits for its person."""

MOST_WAITING: Final = 5
"""Deeds that wait for one person at a time."""

_MINUTES: Final = int(LIFE.total_seconds()) // 60
_ALPHABET: Final = "ACDEFGHJKMNPQRTVWXY34679"
_CODE: Final = 8
_LONGEST: Final[Mapping[str, int]] = {"text": LONGEST_RECORD, "decision_number": 60, "conditions": 2_000}


class DeedState(StrEnum):
    """Where a deed is.  OPENED: its code was typed by its person; LOCKED: wrong codes were typed too often."""

    WAITING = "waiting"
    OPENED = "opened"
    DONE = "done"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    LOCKED = "locked"
    LAPSED = "lapsed"

    @property
    def label_ja(self) -> str:
        """The word that people read."""
        return {
            "waiting": "確認コードの入力待ち", "opened": "確定待ち", "done": "完了", "refused": "断られました",
            "cancelled": "取りやめ", "locked": "確認コードの間違いが続いたため無効", "lapsed": "時間切れ",
        }[self.value]  # fmt: skip

    @property
    def pending(self) -> bool:
        """Whether it may still be carried out."""
        return self in {DeedState.WAITING, DeedState.OPENED}


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be prepared, for whom, by which account of the operating system."""

    verb: Verb
    person_id: int
    content: Content
    account: str


@dataclass(frozen=True, slots=True)
class ConsoleDeed:
    """One deed.  `seal` covers verb, content, person, account and time; `outcome`: what came of it, or why not."""

    id: int
    verb: Verb
    content: Mapping[str, Any]
    seal: str
    person_id: int
    account: str
    code_hash: str
    prepared_at: datetime
    lapses_at: datetime
    tries: int
    state: DeedState
    settled_at: datetime | None
    outcome: str

    @property
    def subject(self) -> str:
        """How the audit names it."""
        return f"console_deed {self.id}"

    def intact(self, keys: KeyRing) -> bool:
        """Whether it is what was prepared."""
        key_id, _, _ = self.seal.partition(":")
        draft = Draft(self.verb, self.person_id, self.content, self.account)
        return keys.has(key_id) and compare_digest(self.seal, _sealed(keys, key_id, draft, self.code_hash))

    def opened_by(self, keys: KeyRing, typed: str) -> bool:
        """Whether this is its code."""
        key_id, _, _ = self.code_hash.partition(":")
        return keys.has(key_id) and compare_digest(self.code_hash, _hashed(keys, key_id, self.person_id, typed))


def prepare(act: Act, door: Door, draft: Draft) -> tuple[ConsoleDeed, str]:
    """Write it down for its person; the deed, and the code that is told once, at the console.

    Raises:
        NotFound: no such row; Forbidden: the person may never; Conflict: a text that cannot be read, too many that
        wait, or a rule that stands against it already.
    """
    if refusal := why_barred(act.connection, door, draft.person_id, act.at):
        raise refusal
    _readable(draft.content)
    if len(open_deeds(act.connection, draft.person_id, act.at)) >= MOST_WAITING:
        raise Conflict(f"この職員の確定を待つ操作が{MOST_WAITING}件あります。確定するか、{_MINUTES}分待ってください。")
    mistaken(act, door, draft.verb, draft.person_id, draft.content)
    content = {**draft.content, "seen": seen(act.connection, draft.verb, draft.content, act.at)}
    code = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE))
    made = _insert(act, door.keys, Draft(draft.verb, draft.person_id, content, draft.account), code)
    act.record(
        "console.prepared", made.subject, {"verb": draft.verb, "person": draft.person_id, "seal": made.seal},
    )  # fmt: skip
    return made, f"{code[:4]}-{code[4:]}"


def _insert(act: Act, keys: KeyRing, draft: Draft, code: str) -> ConsoleDeed:
    hashed = _hashed(keys, keys.current, draft.person_id, code)
    row = act.connection.execute(
        console_deed_table.insert()
        .values(
            verb=draft.verb, content=dict(draft.content), seal=_sealed(keys, keys.current, draft, hashed),
            person_id=draft.person_id, account=draft.account, code_hash=hashed, prepared_at=act.at,
            lapses_at=act.at + LIFE, tries=0, state=DeedState.WAITING, outcome="",
        )
        .returning(console_deed_table.c.id)
    )  # fmt: skip
    return deed(act.connection, row.scalar_one(), act.at)


def _readable(content: Content) -> None:
    """Refuse what a page could not show as it is, and a My Number."""
    for name, text in content.items():
        if not isinstance(text, str):
            continue
        if any(unicodedata.category(sign) in {"Cc", "Cf", "Cs"} and sign not in "\n\t" for sign in text):
            raise Conflict("表示できない文字が含まれています。入力し直してください。")
        if holds_my_number(text):
            raise Conflict("個人番号（マイナンバー）のような12桁の数字があります。消してから、やり直してください。")
        if len(text) > _LONGEST.get(name, LONGEST_WORDS):
            raise Conflict(f"文が長すぎます。{_LONGEST.get(name, LONGEST_WORDS):,}文字までにしてください。")


def _sealed(keys: KeyRing, key_id: str, draft: Draft, code_hash: str) -> str:
    said = canonical_json([draft.verb, draft.content, draft.person_id, draft.account, code_hash])
    return f"{key_id}:{keys.mac('console deed', said.encode(), key_id)}"


def _hashed(keys: KeyRing, key_id: str, person_id: int, code: str) -> str:
    return f"{key_id}:{keys.mac('console code', f'{person_id}:{normalised(code)}'.encode(), key_id)}"


# --- what there is


def deed(connection: Connection, id_: int, at: datetime) -> ConsoleDeed:
    """One deed; one whose time is over reads as LAPSED.

    Raises:
        NotFound: there is no such one.
    """
    row = connection.execute(select(console_deed_table).where(console_deed_table.c.id == id_)).one_or_none()
    if row is None:
        raise NotFound("その操作はありません。コンソールで準備し直してください。")
    return _deed(row, at)


def open_deeds(connection: Connection, person_id: int, at: datetime) -> list[ConsoleDeed]:
    """Those that this person may still carry out, oldest first."""
    columns = console_deed_table.c
    query = select(console_deed_table).where(
        columns.person_id == person_id, columns.lapses_at > at, columns.settled_at.is_(None)
    )
    return [_deed(row, at) for row in connection.execute(query.order_by(columns.id))]


def _deed(row: Row[Any], at: datetime) -> ConsoleDeed:
    values = {**row._mapping, "verb": Verb(row.verb), "state": DeedState(row.state)}
    if values["state"].pending and row.lapses_at <= at:
        values["state"] = DeedState.LAPSED
    return ConsoleDeed(**values)
