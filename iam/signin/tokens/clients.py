"""Clients: the systems, gateways and terminals that ask who somebody is.

The one law: *a client is a system* (R42): whatever it is given is a decision about that
system, and two officers decide what a client may do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, Column, ForeignKey, Table, Text

from iam.record.store import Instant, Json, Number, metadata

client_table = Table(
    "client",
    metadata,
    Column("id", Number, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("system", Text, nullable=False),
    Column("entitlement", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("public", Boolean, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("former_secret_hash", Text, nullable=False),
    Column("former_until", Instant),
    Column("detail", Json, nullable=False),
    Column("state", Text, nullable=False),
    Column("case_id", ForeignKey("office_case.id")),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
)


class ClientKind(StrEnum):
    """By which door a client comes."""

    OIDC = "oidc"
    FORWARD = "forward"
    RADIUS = "radius"
    TERMINAL = "terminal"
    SAML = "saml"

    @property
    def label_ja(self) -> str:
        """The words that an officer reads."""
        return {
            "oidc": "OpenID Connect", "forward": "リバースプロキシ", "radius": "RADIUS", "terminal": "端末API",
            "saml": "SAML 2.0",
        }[self.value]  # fmt: skip


class ClientState(StrEnum):
    """Whether a client is served."""

    ACTIVE = "active"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Client:
    """One client.

    `code`: its client_id.  `system`: the system it stands for; `entitlement`: a right that is asked for besides, or "".
    `public`: it can keep no secret (PKCE alone).  `detail` by kind: see `detail_of`.
    """

    id: int
    code: str
    kind: ClientKind
    system: str
    entitlement: str
    name: str
    public: bool
    detail: Mapping[str, Any]
    state: ClientState
    case_id: int | None
    created_at: datetime
    changed_at: datetime
