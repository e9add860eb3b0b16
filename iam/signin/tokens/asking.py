"""Clients, by two officers: one asks for a new one, a change, a new secret, a stop; a head confirms.

The one law: *nobody connects a system alone* (design law 4): the whole new state stands in the case, bound to its
hash and to what the client was when it was asked, and is carried out in the act that confirms it.  A secret is made at
that moment and shown once to the head who confirmed, who hands it over: it never waits in the database for anybody, and
goes through no mail; whoever asked alone, or fetched alone, would hold a credential alone.
"""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection

from iam.access.model import AccessModel
from iam.errors import Conflict, NotFound
from iam.office import cases
from iam.office.cases import Case, CaseKind
from iam.record.act import Act
from iam.record.columns import canonical_json
from iam.signin.door import Door, Entrant
from iam.signin.tokens.clients import (
    Client,
    ClientState,
    Draft,
    Secret,
    change_client,
    client_of,
    clients,
    draft_of,
    insert_client,
    renew_secret,
    set_state,
)
from iam.signin.tokens.details import Detail, ForwardDetail, RadiusDetail, SamlDetail
from iam.signin.tokens.issued import revoke

LONGEST_FORMER: Final = 30
"""Days for which a former secret may still be taken, while it is exchanged on machines."""


class Deed(StrEnum):
    """What is asked for."""

    NEW = "new"
    CHANGE = "change"
    SECRET = "secret"  # noqa: S105 - a deed
    STOP = "stop"
    AGAIN = "again"

    @property
    def label_ja(self) -> str:
        """The words that an officer reads."""
        return {
            "new": "登録", "change": "変更", "secret": "シークレットの更新", "stop": "停止", "again": "再開",
        }[self.value]  # fmt: skip


def ask_new(act: Act, door: Door, officer: Entrant, draft: Draft, *, reason: str) -> Case:
    """Ask for a new client.

    Raises:
        Conflict: the code is taken or asked for, or system or right do not exist; Forbidden: not for this officer.
    """
    _see_new(act.connection, door, draft)
    return _ask(act, door, officer, {"deed": Deed.NEW.value, **draft.content, "was": ""}, reason)


def ask_change(act: Act, door: Door, officer: Entrant, draft: Draft, *, reason: str) -> Case:
    """Ask that the client `draft.code` be as `draft` says; kind and public stay.

    Raises:
        NotFound, Conflict, Forbidden: as `ask_new`.
    """
    client = _known(act.connection, draft.code)
    _see_change(act.connection, door, client, draft)
    content = {"deed": Deed.CHANGE.value, **draft.content, "was": state_of(client)}
    return _ask(act, door, officer, content, reason)


def ask_secret(act: Act, door: Door, officer: Entrant, code: str, *, former_days: int, reason: str) -> Case:
    """Ask for a new secret; the former one works for `former_days` more (0: it is known to somebody; tokens die too).

    Raises:
        NotFound, Conflict, Forbidden: as `ask_new`.
    """
    client = _known(act.connection, code)
    if not draft_of(client).has_secret:
        raise Conflict(f"{client.name}（{code}）はシークレットを使わない連携先です。")
    if not 0 <= former_days <= LONGEST_FORMER:
        raise Conflict(
            f"前のシークレットを併用できるのは{LONGEST_FORMER}日までです。0 から {LONGEST_FORMER} で指定してください。"
        )
    content = {**_content(client, Deed.SECRET), "former_days": former_days}
    return _ask(act, door, officer, content, reason)


def ask_stop(act: Act, door: Door, officer: Entrant, code: str, *, reason: str) -> Case:
    """Ask that a client be served no longer; its tokens die.

    Raises:
        NotFound, Conflict, Forbidden: as `ask_new`.
    """
    client = _known(act.connection, code)
    if not client.active:
        raise Conflict(f"{client.name}（{code}）はすでに停止しています。")
    return _ask(act, door, officer, _content(client, Deed.STOP), reason)


def ask_again(act: Act, door: Door, officer: Entrant, code: str, *, reason: str) -> Case:
    """Ask that a stopped client be served again.

    Raises:
        NotFound, Conflict, Forbidden: as `ask_new`.
    """
    client = _known(act.connection, code)
    if client.active:
        raise Conflict(f"{client.name}（{code}）は停止していません。")
    return _ask(act, door, officer, _content(client, Deed.AGAIN), reason)


def take_effect(act: Act, door: Door, case: Case) -> Secret | None:
    """What confirming does, judged once more; the secret where there is a new one.

    Raises:
        NotFound, Conflict: when it could no longer be asked for, or the client has changed since.
        ConfigurationError: when what was asked for is not held to be sound any more.
    """
    deed, content = Deed(case.content["deed"]), case.content
    if deed is Deed.NEW:
        return _made(act, door, case)
    client = _known(act.connection, content["code"])
    if content["was"] != state_of(client):
        raise Conflict(
            f"申請のあとで{client.name}（{client.code}）の登録が変わっています。あらためて申請してください。"
        )
    secret = _done(act, door, client, deed, case)
    detail: dict[str, object] = {"deed": deed, "client": client.id, "case": case.id}
    if deed is Deed.CHANGE:
        detail |= {"content": Draft.of(content).content}
    act.record("client.changed", f"client {client.code}", detail)
    return secret


def _done(act: Act, door: Door, client: Client, deed: Deed, case: Case) -> Secret | None:
    if deed is Deed.CHANGE:
        draft = Draft.of(case.content)
        _see_change(act.connection, door, client, draft)
        change_client(act, client, draft, case.id)
        return None
    if deed is Deed.SECRET:
        former = timedelta(days=int(case.content["former_days"]))
        if not former:
            revoke(act, "secret_known", client_id=client.id)
        return renew_secret(act, client, act.at + former, case.id)
    if deed is Deed.STOP:
        revoke(act, "client_stopped", client_id=client.id)
    set_state(act, client, ClientState.STOPPED if deed is Deed.STOP else ClientState.ACTIVE, case.id)
    return None


def _made(act: Act, door: Door, case: Case) -> Secret | None:
    draft = Draft.of(case.content)
    _see_new(act.connection, door, draft)
    number, secret = insert_client(act, draft, case.id)
    detail = {"deed": Deed.NEW, "client": number, "case": case.id, "content": draft.content}
    act.record("client.registered", f"client {draft.code}", detail)
    return secret if draft.has_secret else None


def mistakes(model: AccessModel, draft: Draft) -> dict[str, Conflict]:
    """What does not fit the body's systems, by field: "code", "name", "system", "entitlement", "public", "devices"."""
    system = model.systems.get(draft.system)
    missing = [code for code in _devices(draft).values() if code not in model.systems]
    found = {
        "code": draft.code_mistake,
        "name": "" if draft.name.strip() else "名前を入力してください。",
        "public": "シークレットなしにできるのは OpenID Connect だけです。" if draft.publicly_wrong else "",
        "system": "" if system else f"情報システム {draft.system} はありません。コードを確かめてください。",
        "devices": f"情報システム {missing[0]} はありません。コードを確かめてください。" if missing else "",
    }  # fmt: skip
    if system and draft.entitlement and draft.entitlement not in system.entitlements:
        found["entitlement"] = f"{system.name}に権限 {draft.entitlement} はありません。"
    return {field: Conflict(sentence) for field, sentence in found.items() if sentence}


def state_of(client: Client) -> str:
    """What a client is, as one word: a case holds for the state that its asker saw."""
    words = [draft_of(client).content, client.state, client.changed_at]
    return hashlib.sha256(canonical_json(words).encode()).hexdigest()


def _devices(draft: Draft) -> Mapping[str, str]:
    return draft.detail.devices if isinstance(draft.detail, RadiusDetail) else {}


def _see_new(connection: Connection, door: Door, draft: Draft) -> None:
    _see(door, draft)
    if client_of(connection, draft.code) is not None:
        raise Conflict(f"クライアントID {draft.code} は、すでに使われています。別のものにしてください。")
    _see_name(connection, draft)


def _see_change(connection: Connection, door: Door, client: Client, draft: Draft) -> None:
    _see(door, draft)
    _see_name(connection, draft)
    if draft.kind is not client.kind or draft.public is not client.public:
        raise Conflict("接続方式とシークレットの有無は変えられません。新しい連携先として登録してください。")


def _see_name(connection: Connection, draft: Draft) -> None:
    """Refuse the name that another client has, by which its door alone tells who comes; stopped ones keep theirs."""
    name = _name_of(draft.detail)
    for other in clients(connection, draft.kind) if name else ():
        if other.code != draft.code and _name_of(other.detail) == name:
            cure = "別のものにするか、その連携先を変更してください"
            raise Conflict(f"{name} は、連携先 {other.code} がすでに使っています。{cure}。")


def _name_of(detail: Detail) -> str:
    """By what a door tells this client from others, besides its code; "" for nothing."""
    if isinstance(detail, SamlDetail):
        return detail.entity_id
    return detail.origin if isinstance(detail, ForwardDetail) else ""


def _see(door: Door, draft: Draft) -> None:
    if _name_of(draft.detail) == door.origin:
        # Whoever wrote a page there could act as anybody who is signed in.
        raise Conflict(f"{door.origin} は鍵守自身の宛先です。アプリケーションには別のホスト名を使ってください。")
    for refusal in mistakes(door.model, draft).values():
        raise refusal


def _known(connection: Connection, code: str) -> Client:
    client = client_of(connection, code)
    if client is None:
        raise NotFound(f"連携先 {code} はありません。一覧から開き直してください。")
    return client


def _content(client: Client, deed: Deed) -> dict[str, Any]:
    return {"deed": deed.value, "code": client.code, "name": client.name, "was": state_of(client)}


def _ask(act: Act, door: Door, officer: Entrant, content: Mapping[str, Any], reason: str) -> Case:
    waits = (each for each in cases.waiting(act.connection, act.at) if each.kind is CaseKind.CLIENT)
    if any(each.content["code"] == content["code"] for each in waits):
        raise Conflict("同じ連携先についての申請が、すでに確認を待っています。")
    return cases.ask(
        act, door.offices, CaseKind.CLIENT, officer.person_id, subject_id=None, content=content, reason=reason
    )
