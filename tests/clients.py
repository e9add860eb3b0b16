"""Clients as two officers would have registered them, put in at once: for tests of what clients may do.

client, secret = a_client(store, ClientKind.OIDC, "gyosei", {"redirect_uris": ["https://rp.test/cb"]})
"""

from collections.abc import Mapping
from typing import Any

from iam.record.store import Store
from iam.signin.tokens.clients import Client, ClientKind, Draft, client_of, insert_client
from iam.signin.tokens.details import detail_of


def a_client(
    store: Store, kind: ClientKind, system: str, detail: Mapping[str, Any], *, code: str = "", public: bool = False,
    entitlement: str = "",
) -> tuple[Client, str]:  # fmt: skip
    """An active client of `system` and its secret ("" when it has none); `code` is the system's unless given."""
    draft = Draft(code or system, kind, system, f"{system}の連携", detail_of(kind, detail), entitlement, public)
    with store.act("test") as act:
        _, secret = insert_client(act, draft, None)
        found = client_of(act.connection, draft.code)
        assert found
        return found, secret.text
