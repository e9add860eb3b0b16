"""What is agreed with a client, in rows that people read; and what a case would change of it.

The one law: *everything that is agreed is shown*, and no secret: a field without words here is shown by its own name.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flask_babel import gettext, lazy_gettext

from iam.signin.tokens.asking import Deed
from iam.signin.tokens.clients import Client, Draft, draft_of
from iam.signin.tokens.details import ClientKind
from web.officer.systems import name_of, right_of
from web.site.face.language import day

LABELS: Final[Mapping[str, Any]] = {
    "code": lazy_gettext("クライアントID"),
    "kind": lazy_gettext("つなぎ方"),
    "name": lazy_gettext("名前"),
    "system": lazy_gettext("情報システム"),
    "entitlement": lazy_gettext("求める権限"),
    "public": lazy_gettext("シークレットを持たない"),
    # OpenID Connect
    "redirect_uris": lazy_gettext("リダイレクトURI"),
    "post_logout_uris": lazy_gettext("サインアウト後の戻り先"),
    "logout_uri": lazy_gettext("サインアウトの通知先"),
    "algorithm": lazy_gettext("署名の方式"),
    "waiver": lazy_gettext("例外措置の番号"),
    "waiver_until": lazy_gettext("例外措置の期限"),
    "scopes": lazy_gettext("渡してよい情報"),
    "refresh": lazy_gettext("更新トークンを渡す"),
    "require_par": lazy_gettext("事前送信（PAR）を必須にする"),
    "start_uri": lazy_gettext("ポータルから開くアドレス"),
    # reverse proxy
    "origin": lazy_gettext("アプリのアドレス"),
    "paths": lazy_gettext("守るパス"),
    "proxies": lazy_gettext("リバースプロキシのアドレス"),
    # RADIUS, terminals
    "addresses": lazy_gettext("問い合わせてよいアドレス"),
    "devices": lazy_gettext("機器ごとの情報システム"),
    "vlans": lazy_gettext("領域ごとのVLAN番号"),
    "challenge": lazy_gettext("質問と応答を表示できる"),
    "nearby": lazy_gettext("機器の前で使う"),
    # SAML
    "entity_id": lazy_gettext("エンティティID"),
    "acs": lazy_gettext("アサーションの宛先（ACS）"),
    "logout_url": lazy_gettext("サインアウトの宛先"),
    "certificate": lazy_gettext("署名の証明書（PEM）"),
    "name_id": lazy_gettext("利用者の名乗り方（NameID）"),
    "attributes": lazy_gettext("渡す属性"),
    "unsolicited": lazy_gettext("ポータルから開ける"),
}
"""The word for each field, in the order in which they are shown."""

_SAID: Final[Mapping[str, Any]] = {
    "profile": lazy_gettext("氏名と職員番号"),
    "email": lazy_gettext("メールアドレス"),
    "groups": lazy_gettext("情報システムでの権限"),
    "persistent": lazy_gettext("変わらない番号（persistent）"),
    "login": lazy_gettext("利用者ID"),
    "staff_number": lazy_gettext("職員番号"),
    "name": lazy_gettext("氏名"),
    "name_kana": lazy_gettext("氏名の読み"),
    "org_code": lazy_gettext("所属のコード"),
    "org_name": lazy_gettext("所属の名前"),
    "title": lazy_gettext("職名"),
}
"""Words of the agreement that are choices from a list."""


@dataclass(frozen=True)
class Row:
    """One field: what it is now and what it would be, each line by line.  `now` None: there is nothing to compare."""

    label: str
    wanted: Sequence[str]
    now: Sequence[str] | None = None

    @property
    def differs(self) -> bool:
        """Whether it would change."""
        return self.now is not None and list(self.now) != list(self.wanted)


def label_of(name: str) -> str:
    """The word for a field."""
    return str(LABELS.get(name, name))


def said(value: str) -> str:
    """A choice from a list in words; anything else as it is."""
    return str(_SAID.get(value, value))


def rows_of(client: Client) -> list[Row]:
    """What is agreed with a client."""
    return [Row(label_of(name), lines) for name, lines in _lines(draft_of(client).content).items()]


def rows_of_case(content: Mapping[str, Any], client: Client | None) -> list[Row]:
    """What a case asks for; beside what is agreed now, where that is still to be compared (`client`)."""
    if Deed(content["deed"]) not in {Deed.NEW, Deed.CHANGE}:
        return []
    # By Draft, so that what is shown is what would be carried out.
    wanted = _lines(Draft.of(content).content)
    now = _lines(draft_of(client).content) if client else None
    return [Row(label_of(name), lines, None if now is None else now.get(name, ())) for name, lines in wanted.items()]


def _lines(content: Mapping[str, Any]) -> dict[str, list[str]]:
    flat = {**{name: value for name, value in content.items() if name != "detail"}, **content["detail"]}
    special = {
        "kind": [gettext(ClientKind(content["kind"]).label_ja)],
        "system": [name_of(content["system"])],
        "entitlement": [right_of(content["system"], content["entitlement"])] if content["entitlement"] else [],
    }
    order = [*(name for name in LABELS if name in flat), *(name for name in flat if name not in LABELS)]
    hidden = {"public"} if content["kind"] != ClientKind.OIDC else set()
    return {name: special.get(name, _words(name, flat[name])) for name in order if name not in hidden}


def _words(name: str, value: object) -> list[str]:
    if isinstance(value, bool):
        return [gettext("はい") if value else gettext("いいえ")]
    if value is None or value == "":
        return []
    if name == "waiver_until":
        return [day(date.fromisoformat(str(value)))]
    if isinstance(value, Mapping):
        return [f"{key} → {_value(name, str(each))}" for key, each in value.items()]
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_value(name, str(each)) for each in value]
    return [_value(name, str(value))] if name == "name_id" else str(value).splitlines()


def _value(name: str, value: str) -> str:
    if name == "devices":
        return name_of(value)
    return said(value) if name in {"scopes", "name_id", "attributes"} else value
