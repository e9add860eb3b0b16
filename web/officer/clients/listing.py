"""Connected systems: which there are, what is agreed with each, and what the other side must be told.

The one law: *no secret and no key is shown here*: what is shown may be copied into a ticket.
"""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, render_template, request
from flask_babel import gettext
from sqlalchemy import Connection

from iam.errors import NotFound
from iam.office import cases
from iam.office.cases import Case, CaseKind
from iam.signin.tokens.clients import Client, ClientState, client_of, clients, draft_of
from iam.signin.tokens.details import ClientKind, ForwardDetail, SamlDetail
from web.officer.clients.words import rows_of
from web.officer.officer import officer
from web.officer.systems import name_of
from web.site.access import TABLE
from web.site.site import at, the_site

pages = Blueprint("clients", __name__)

TONES: Final = {ClientState.ACTIVE: "success", ClientState.STOPPED: "error"}
CHAPTERS: Final = {
    ClientKind.OIDC: 4, ClientKind.FORWARD: 5, ClientKind.RADIUS: 6, ClientKind.TERMINAL: 7, ClientKind.SAML: 8,
}  # fmt: skip
"""Chapters of docs/接続手引き.md."""

_LONGEST: Final = 200

Fact = tuple[str, str]


@pages.get("/office/clients")
def page() -> str:
    """All of them."""
    with the_site().store.read() as connection:
        found, waiting = clients(connection), _waiting(connection)
    return render_template(
        "officer/clients/list.html", clients=found, waiting=waiting, tones=TONES, name_of=name_of, may=may()
    )


@pages.get("/office/clients/one")
def one() -> str:
    """One of them, and what its other side must be told."""
    client = wanted()
    with the_site().store.read() as connection:
        waiting = [case for case in _waiting(connection) if case.content["code"] == client.code]
    return render_template(
        "officer/clients/one.html", client=client, rows=rows_of(client), endpoints=endpoints(client), tones=TONES,
        chapter=CHAPTERS[client.kind], waiting=waiting, may=may(), has_secret=draft_of(client).has_secret,
        former=client.former_until if client.former_until and client.former_until > at() else None,
    )  # fmt: skip


def wanted() -> Client:
    """The client that the address names.

    Raises:
        NotFound: there is none.
    """
    with the_site().store.read() as connection:
        found = client_of(connection, request.args.get("code", "")[:_LONGEST].replace("\0", ""))
    if found is None:
        raise NotFound(gettext("この連携先はありません。一覧から開き直してください。"))
    return found


def endpoints(client: Client) -> list[Fact]:
    """What is copied into the other side's configuration."""
    base = the_site().portal.origin
    match client.kind:
        case ClientKind.OIDC:
            return [
                (gettext("発行者（issuer）"), base),
                (gettext("ディスカバリーのアドレス"), f"{base}/.well-known/openid-configuration"),
                (gettext("クライアントID"), client.code),
            ]
        case ClientKind.FORWARD:
            return [
                (gettext("判定を尋ねるパス（鍵守に直接）"), f"/auth/check?app={client.code}"),
                (gettext("アプリの側で渡すパス"), f"{client.agreed(ForwardDetail).origin}/.kagimori/"),
                (gettext("クライアントID"), client.code),
            ]
        case ClientKind.RADIUS:
            return [(gettext("RADIUSの問い合わせ先（connect_uri）"), base), (gettext("クライアントID"), client.code)]
        case ClientKind.TERMINAL:
            return [
                (gettext("端末APIのアドレス"), f"{base}/validate/check"), (gettext("クライアントID"), client.code),
            ]  # fmt: skip
        case ClientKind.SAML:
            return [
                (gettext("メタデータのアドレス"), f"{base}/saml/metadata"),
                (gettext("登録したエンティティID"), client.agreed(SamlDetail).entity_id),
            ]


def may() -> bool:
    """Whether this officer may ask for something."""
    return bool(TABLE["client_asks.new"].roles & officer().who.roles)


def _waiting(connection: Connection) -> Sequence[Case]:
    return [case for case in cases.waiting(connection, at()) if case.kind is CaseKind.CLIENT]
