"""What a directory answers to a write, in words that an operator can act on."""

from typing import Final

from connectors.ldap.server import REFERRAL, TIME_LIMIT, said
from connectors.ldap.wire import Answer
from iam.ports import Failed, Order

NO_SUCH_ATTRIBUTE, VALUE_EXISTS, NO_SUCH_OBJECT, CLASS_VIOLATION, ENTRY_EXISTS = 16, 20, 32, 65, 68
NO_RIGHT, BUSY, UNAVAILABLE, UNWILLING = 50, 51, 52, 53
TRANSIENT: Final = frozenset({TIME_LIMIT, BUSY, UNAVAILABLE})

_REASONS: Final = {
    TIME_LIMIT: "サーバーの時間の上限に達しました。時間をおいてやり直します",
    REFERRAL: "このサーバーは書き込めず、別のサーバーを案内しました。url に更新を受け付けるサーバーを書いてください",
    8: "サーバーが TLS を求めています。url を ldaps:// にするか start_tls = true としてください",
    13: "サーバーが TLS を求めています。url を ldaps:// にするか start_tls = true としてください",
    NO_SUCH_ATTRIBUTE: "消そうとした値がサーバーにありません。システムの読み取りからやり直してください",
    17: "サーバーの知らない属性です。属性名と、サーバーのスキーマやオーバーレイ(ppolicy など)を確かめてください",
    19: "値がサーバーの制約に合いません。属性の値か、サーバーの制約を直してください",
    VALUE_EXISTS: "同じ値がすでにあります。属性の値の重なりを直してください",
    21: "値の書き方がその属性に合いません。属性の値を直してください",
    NO_SUCH_OBJECT: "エントリがないか、この bind_dn には見えません。DN とアクセス権を確かめてください",
    34: "DN として正しくありません。利用者IDと設定の DN を確かめてください",
    NO_RIGHT: "この bind_dn には書き込む権限がありません。サーバーのアクセス権を確かめてください",
    BUSY: "サーバーが混み合っています。時間をおいてやり直します",
    UNAVAILABLE: "サーバーが休止中です。時間をおいてやり直します",
    UNWILLING: "サーバーが断りました。サーバーの設定(読み取り専用など)を確かめてください",
    64: "DN の付け方がスキーマに合いません。rdn の属性を確かめてください",
    CLASS_VIOLATION: "オブジェクトクラスに合いません。必須の属性(cn、sn など)と object_classes を確かめてください",
    66: "下にエントリがあるため消せません。先に下のエントリを移してください",
    67: "DN に使われている属性は変えられません。サーバーで改名してください",
    ENTRY_EXISTS: "同じ DN のエントリがすでにあります。だれのIDか確かめてください",
}


def failed(order: Order, dn: str, answer: Answer) -> Failed:
    """An order that the server refused, with the server's own words."""
    reason = _REASONS.get(answer.code, "サーバーが断りました。サーバーの記録を確かめてください")
    return Failed(order.number, f"{dn}: {reason}({said(answer)})。", transient=answer.code in TRANSIENT)
