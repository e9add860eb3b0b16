"""Short words for what a row of a decision says: which door asked, which reasons it had.

The one law: *a reason without words here is shown by its code*, never left out.
"""

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import gettext, lazy_gettext

from iam.signin.tokens.details import ClientKind

_DOORS: Final = {"validate": ClientKind.TERMINAL}
"""Doors that are not called as their clients are."""

_WHY: Final[Mapping[str, Any]] = {
    # the right (iam/signin/deciding/rules/right.py)
    "standing": lazy_gettext("在職していないか、権利停止中"),
    "in-service": lazy_gettext("在職中"),
    "no-right": lazy_gettext("利用する権限がない"),
    "no-entitlement": lazy_gettext("求められた権限がない"),
    "right": lazy_gettext("権限がある"),
    # the place (place.py)
    "address-missing": lazy_gettext("接続元がわからない"),
    "place": lazy_gettext("同じ領域からの接続"),
    "no-flow": lazy_gettext("認められていない領域からの接続"),
    "flow": lazy_gettext("認められた領域からの接続"),
    "outside-closed": lazy_gettext("庁外からは使えない"),
    "public-closed": lazy_gettext("公衆回線からは使えない"),
    "outside-no-permission": lazy_gettext("庁外利用の許可がない"),
    "public-no-permission": lazy_gettext("公衆回線の許可がない"),
    "outside-terminal": lazy_gettext("許可された持出し用の端末ではない"),
    "permission": lazy_gettext("庁外利用の許可がある"),
    # the terminal (terminal.py)
    "terminal": lazy_gettext("登録された端末"),
    "unregistered": lazy_gettext("登録された端末と確かめられない"),
    "terminal-lost": lazy_gettext("紛失した端末"),
    "terminal-retired": lazy_gettext("廃止した端末"),
    "terminal-in-stock": lazy_gettext("保管中の端末"),
    "terminal-device": lazy_gettext("サインインする端末ではない"),
    "terminal-lent": lazy_gettext("ほかの職員の端末"),
    "device-no-vlan": lazy_gettext("VLANを決めていない領域の機器"),
    "terminal-overdue": lazy_gettext("貸出しの期限が過ぎた端末"),
    "terminal-elsewhere": lazy_gettext("別の場所で使われている端末"),
    "terminal-zone": lazy_gettext("別の領域の端末"),
    "terminal-other-task": lazy_gettext("別の業務の専用端末"),
    "not-dedicated": lazy_gettext("専用端末ではない"),
    # the proofs (proof.py)
    "sign-in": lazy_gettext("サインインしていない"),
    "signed-in": lazy_gettext("サインイン済"),
    "two-kinds": lazy_gettext("二種類の認証"),
    "resistant": lazy_gettext("フィッシングに強い認証"),
    "outside-kinds": lazy_gettext("庁外からの二種類の認証"),
    "asked-kinds": lazy_gettext("システムが求める認証の種類"),
    "asked-resistant": lazy_gettext("システムが求めるフィッシングに強い認証"),
    "asked-age": lazy_gettext("システムが求める直前の本人確認"),
    "waiver": lazy_gettext("例外措置"),
    "locked": lazy_gettext("画面のロック中"),
    "idle": lazy_gettext("操作がなかった"),
    "overall": lazy_gettext("サインインから時間がたった"),
    "duty-password": lazy_gettext("パスワードの変更が先"),
    "duty-enrol": lazy_gettext("認証手段の登録が先"),
    "session-zone": lazy_gettext("別の領域でのサインイン"),
}


def door_words(door: str) -> str:
    """By which door it was asked; "" for an officer's question."""
    known = _DOORS.get(door) or (ClientKind(door) if door in set(ClientKind) else None)
    return gettext(known.label_ja) if known else door


def why(code: str) -> str:
    """One reason in a few words."""
    return str(_WHY.get(code, code))
