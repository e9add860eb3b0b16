"""Clients: the systems, gateways and terminals that ask who somebody is.

The one law: *a client is a system* (R42): whatever it is given is a decision about that
system, and two officers decide what a client may do (`asking`).
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Row, RowMapping, Select, insert, select, update

from iam.errors import Conflict
from iam.record.act import Act
from iam.signin.door import hash_of, new_token
from iam.signin.tokens.books import client_table
from iam.signin.tokens.details import (
    ClientKind,
    Detail,
    ForwardDetail,
    OidcDetail,
    RadiusDetail,
    SamlDetail,
    TerminalDetail,
    detail_of,
    written_of,
)

__all__ = [
    "Client",
    "ClientKind",
    "ClientState",
    "Detail",
    "Draft",
    "ForwardDetail",
    "OidcDetail",
    "RadiusDetail",
    "SamlDetail",
    "Secret",
    "TerminalDetail",
    "authenticate",
    "client_by_id",
    "client_of",
    "clients",
]  # fmt: skip

D = TypeVar("D", bound=Detail)
NO_SECRET: Final = ""
_CODE: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")


class ClientState(StrEnum):
    """Whether a client is served."""

    ACTIVE = "active"
    STOPPED = "stopped"

    @property
    def label_ja(self) -> str:
        """The word that an officer reads."""
        return {"active": "利用中", "stopped": "停止中"}[self.value]


@dataclass(frozen=True, slots=True)
class Client:
    """One client.

    `code`: its client_id.  `system`: the system it stands for; `entitlement`: a right that is asked for besides, or "".
    `public`: it can keep no secret (PKCE alone).  `detail`: what is agreed, by kind; see `agreed`.
    `former_until`: until when its secret before the present one is taken too.
    """

    id: int
    code: str
    kind: ClientKind
    system: str
    entitlement: str
    name: str
    public: bool
    detail: Detail
    state: ClientState
    case_id: int | None
    created_at: datetime
    changed_at: datetime
    former_until: datetime | None = None

    def agreed(self, kind: type[D]) -> D:
        """`detail`, known to be of this kind: `client.agreed(OidcDetail).redirect_uris`.

        Raises:
            Conflict: when the client comes by another door.
        """
        if not isinstance(self.detail, kind):
            raise Conflict(f"連携先 {self.code} は{self.kind.label_ja}のものです。この接続方式では使えません。")
        return self.detail

    @property
    def active(self) -> bool:
        """Whether it is served."""
        return self.state is ClientState.ACTIVE


_ALL: Final[Select[Any]] = select(client_table)


def client_of(connection: Connection, code: str) -> Client | None:
    """The client with this client_id, active or not; None when there is none."""
    return _client(connection.execute(_ALL.where(client_table.c.code == code)).one_or_none())


def client_by_id(connection: Connection, client_id: int) -> Client | None:
    """The client of a row that names it."""
    return _client(connection.execute(_ALL.where(client_table.c.id == client_id)).one_or_none())


def clients(connection: Connection, kind: ClientKind | None = None) -> list[Client]:
    """Every client, or those of one door, by code; also those that were stopped."""
    query = _ALL.order_by(client_table.c.code)
    if kind is not None:
        query = query.where(client_table.c.kind == kind)
    return [found for row in connection.execute(query) if (found := _client(row)) is not None]


def authenticate(connection: Connection, code: str, secret: str, at: datetime) -> Client | None:
    """The active client that proved itself by its secret, or by the former one while that still holds.

    None in every other case: no such client, stopped, public, a wrong secret.
    """
    row = connection.execute(_ALL.where(client_table.c.code == code)).one_or_none()
    now = _same(secret, NO_SECRET if row is None else row.secret_hash)
    before = _same(secret, NO_SECRET if row is None else row.former_secret_hash)
    in_time = row is not None and row.former_until is not None and at < row.former_until
    found = _client(row)
    if found is None or not found.active or found.public:
        return None
    return found if now or (before and in_time) else None


def _same(secret: str, kept: str) -> bool:
    """In the same time whatever is kept; nothing matches where nothing is."""
    return hmac.compare_digest(hash_of(secret), kept or hash_of("")) and bool(kept)


# --- written by `asking` alone, when the second officer has confirmed


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that two officers decide about a client.  Fields as in `Client`."""

    code: str
    kind: ClientKind
    system: str
    name: str
    detail: Detail
    entitlement: str = ""
    public: bool = False

    @property
    def has_secret(self) -> bool:
        """Whether it proves itself by a secret: SAML signs instead, a reverse proxy is known by its address, and a
        public client has nothing to keep one in."""
        return self.kind not in {ClientKind.SAML, ClientKind.FORWARD} and not self.public

    @property
    def code_mistake(self) -> str:
        """What is wrong with the code; "" for a right one."""
        cure = "クライアントIDは、半角の英小文字、数字、- . _ を使い、英数字で始めて2文字から64文字で付けてください。"
        return "" if _CODE.fullmatch(self.code) else cure

    @property
    def publicly_wrong(self) -> bool:
        """Whether it is said to keep no secret though its door asks for one."""
        return self.public and self.kind is not ClientKind.OIDC

    @property
    def content(self) -> dict[str, Any]:
        """As a case and the audit hold it: no secret is in it."""
        return {
            "code": self.code, "kind": self.kind.value, "system": self.system, "name": self.name,
            "entitlement": self.entitlement, "public": self.public, "detail": written_of(self.detail),
        }  # fmt: skip

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> "Draft":
        """What `content` said.

        Raises:
            ConfigurationError: when the detail does not hold any more.
        """
        kind = ClientKind(content["kind"])
        return cls(
            content["code"], kind, content["system"], content["name"], detail_of(kind, content["detail"]),
            content["entitlement"], content["public"],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Secret:
    """A client's new secret, for whoever confirmed: shown once and kept by nobody.  "" for whoever has none."""

    code: str
    name: str
    text: str = field(repr=False)


def draft_of(client: Client) -> Draft:
    """What was decided about a client as it stands."""
    return Draft(
        client.code, client.kind, client.system, client.name, client.detail, client.entitlement, client.public
    )  # fmt: skip


def insert_client(act: Act, draft: Draft, case_id: int | None) -> tuple[int, Secret]:
    """A new client and its secret."""
    secret, kept = new_token() if draft.has_secret else ("", NO_SECRET)
    values = {
        **_values(draft), "code": draft.code, "kind": draft.kind, "public": draft.public, "secret_hash": kept,
        "former_secret_hash": NO_SECRET, "state": ClientState.ACTIVE, "case_id": case_id, "created_at": act.at,
        "changed_at": act.at,
    }  # fmt: skip
    made = act.connection.execute(insert(client_table).values(**values).returning(client_table.c.id))
    return int(made.scalar_one()), Secret(draft.code, draft.name, secret)


def change_client(act: Act, client: Client, draft: Draft, case_id: int) -> None:
    """What was decided anew; code, kind and whether it is public stay as they are."""
    _update(act, client, case_id=case_id, **_values(draft))


def renew_secret(act: Act, client: Client, former_until: datetime, case_id: int) -> Secret:
    """A new secret; the one before is taken until `former_until`."""
    secret, kept = new_token()
    columns = client_table.c
    _update(
        act, client, secret_hash=kept, former_secret_hash=columns.secret_hash, former_until=former_until,
        case_id=case_id,
    )  # fmt: skip
    return Secret(client.code, client.name, secret)


def set_state(act: Act, client: Client, state: ClientState, case_id: int) -> None:
    """Serve it or serve it no longer."""
    _update(act, client, state=state, case_id=case_id)


def _update(act: Act, client: Client, **values: object) -> None:
    query = update(client_table).where(client_table.c.id == client.id)
    act.connection.execute(query.values(**values, changed_at=act.at))


def _values(draft: Draft) -> dict[str, Any]:
    uri = draft.detail.logout_uri if isinstance(draft.detail, OidcDetail) else ""
    return {
        "system": draft.system, "entitlement": draft.entitlement, "name": draft.name,
        "detail": written_of(draft.detail), "logout_uri": uri,
    }  # fmt: skip


def client_in(values: RowMapping) -> Client:
    """The client in a row that has every column of the table, perhaps beside others."""
    columns = client_table.c
    kind = ClientKind(values[columns.kind])
    return Client(
        values[columns.id], values[columns.code], kind, values[columns.system], values[columns.entitlement],
        values[columns.name], values[columns.public], detail_of(kind, values[columns.detail]),
        ClientState(values[columns.state]), values[columns.case_id], values[columns.created_at],
        values[columns.changed_at], values[columns.former_until],
    )  # fmt: skip


def _client(row: Row[Any] | None) -> Client | None:
    return None if row is None else client_in(row._mapping)
