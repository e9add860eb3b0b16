"""Findings in words: the evidence in short Japanese sentences, for pages, sheets and exports.

The one law: *an officer can check every word*: each sentence says what was seen, when and where, and nothing else.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

from iam.people.standing import Status
from iam.record.columns import local_text
from iam.review.words import FindingKind

MOST_NAMED: Final = 5
"""Rights or persons that one sentence names."""

Told = Mapping[str, Any]


def said(kind: FindingKind, evidence: Mapping[str, Any]) -> list[str]:
    """The evidence of one finding, the reason first, then rights, last sign-in, standing with 人事, last decision.

    Self-contained: names and words stand in the evidence as they were when the review was opened.
    """
    told = evidence
    return [*why(kind, told), *_held(kind, told), *_sight(kind, told), *_standing(told), *_former(told)]


def why(kind: FindingKind, evidence: Mapping[str, Any]) -> list[str]:
    """The reason of one finding alone, for tables that have columns of their own for all else."""
    return list(_REASONS[kind](evidence))


# --- what is told beside the reason


def _held(kind: FindingKind, told: Told) -> Iterator[str]:
    if kind in _RIGHTS and told["rights"]:
        yield f"{_RIGHTS[kind]}: {_list(told['rights'])}。"


_RIGHTS: Final = {FindingKind.OWNER_LEFT: "残っている権限", FindingKind.ROGUE: "持っている権限"}


def _sight(kind: FindingKind, told: Told) -> Iterator[str]:
    if told["used"]:
        where = f"（{told['where']}）" if told["where"] else ""
        yield f"最後の使用: {_minute(told['used'])}{where}。"
    elif kind is not FindingKind.MISSING:
        made = f"作成は {_minute(told['created'])[:10]}。" if told["created"] else ""
        yield f"使用の記録はありません。{made}"


def _standing(told: Told) -> Iterator[str]:
    if told["status"]:
        since = f"、{told['since']}から" if told["since"] else ""
        post = f"。発令: {told['post']}" if told["post"] else ""
        yield f"人事: {Status(told['status']).label_ja}{since}{post}。"


def _former(told: Told) -> Iterator[str]:
    if told["former"]:
        yield f"前回の棚卸: {told['former']}。"


# --- the reasons, by kind


def _no_owner(told: Told) -> Iterator[str]:
    if told["link"]:
        yield f"システムにある職員番号 {told['link']} の職員は、名簿にいません。"
    else:
        yield "台帳に持ち主の記載がありません。"


def _owner_left(told: Told) -> Iterator[str]:
    if told["enabled"]:
        yield "退職などで在職していない人のIDですが、有効なままです。"
    else:
        yield "退職などで在職していない人のIDです。停止していますが、権限が残っています。"


def _owner_moved(told: Told) -> Iterator[str]:
    for name, why in told["rights"]:
        yield f"「{name}」は、いまの職では与えられない権限です。出どころ: {why}。"


def _unused(told: Told) -> Iterator[str]:
    yield f"{told['days']:,}日使われていません（{_limit(told)}）。"


def _never_used(told: Told) -> Iterator[str]:
    yield f"作成から{told['days']:,}日、一度も使われていません（{_limit(told)}）。"


def _limit(told: Told) -> str:
    whose = "特権を持つID" if told["strict"] else told["zone"]
    return f"{whose}の基準は{told['limit']:,}日"


def _contract_over(told: Told) -> Iterator[str]:
    if told.get("term"):
        until = f" {told['until']} に" if told["until"] else ""
        yield f"任期が{until}満了し、更新の発令がありません。"
    else:
        company = f"（{told['company']}）" if told["company"] else ""
        yield f"台帳の期限 {told['until']} が過ぎています{company}。"


def _project_over(told: Told) -> Iterator[str]:
    yield f"事業・作業「{told['project']}」の期限 {told['until']} が過ぎています。"


def _rogue(told: Told) -> Iterator[str]:
    yield _whence(told)
    if told["linked"]:
        yield f"職員番号 {told['link']} は {told['linked']} のものですが、台帳に紐付けがありません。"
    elif told["link"]:
        yield f"職員番号 {told['link']} が付いていますが、名簿にいません。"


def _whence(told: Told) -> str:
    if told["entry"]:
        return "利用者IDではないもの（グループのグループ、範囲外のDNなど）が、権限を持っています。"
    if told["deleted"]:
        return "台帳では削除済みのIDが、システムにあります。"
    if told["protected_until"]:
        return f"保護の期限 {told['protected_until']} が切れています（持ち主: {told['protected_by']}）。"
    if told["retired"]:
        return f"{told['retired']} に台帳から外されたIDが、システムに残っています。"
    return "どの台帳にもなく、保護の印もないIDです。"


def _missing(told: Told) -> Iterator[str]:
    yield f"台帳では有効ですが、システムにありません（{_minute(told['read'])} に確認）。"


def _no_keeper(told: Told) -> Iterator[str]:
    purpose = f"（用途: {told['purpose']}）" if told["purpose"] else ""
    yield f"共用などのIDですが、管理者が定められていません{purpose}。"


def _keeper_gone(told: Told) -> Iterator[str]:
    keeper, since = told["keeper"], f"（{told['keeper_since']}から）" if told["keeper_since"] else ""
    if told["why"] == "moved":
        yield f"管理者の{keeper}は、{told['then']}から{told['now']}へ異動しています。"
    elif told["why"] == "stopped":
        yield f"管理者の{keeper}は、権利を停止されています。"
    else:
        yield f"管理者の{keeper}は、{Status(told['keeper_status']).label_ja}です{since}。"


def _member_gone(told: Told) -> Iterator[str]:
    names = [f"{name}（{day}まで）" for name, day in told["members"]]
    yield f"使わなくなった人がいます: {_list(names)}。"
    changed = told["changed"]
    yield f"パスワードの最後の変更は {changed} です。" if changed else "パスワードを変えた日の記録がありません。"


def _no_delegation(told: Told) -> Iterator[str]:
    if told["rights"]:
        yield f"特権利用の申請がないのに、特権「{'」「'.join(told['rights'])}」を持っています。"
    if told["opened"]:
        yield "利用されていない特権IDですが、有効なままです。"
    if told["nobody"]:
        yield "この特権IDを使える人（承認された代行者）がいません。"


def _development(told: Told) -> Iterator[str]:
    yield from _in_production(told, "開発用")


def _test_id(told: Told) -> Iterator[str]:
    yield from _in_production(told, "試験用")


def _in_production(told: Told, what: str) -> Iterator[str]:
    why = f"名前が「{told['pattern']}」に当てはまります" if told["pattern"] else f"{what}のIDとして登録されています"
    yield f"本番のシステムにある{what}のIDです（{why}）。"


def _no_second_factor(told: Told) -> Iterator[str]:
    yield f"{told['zone']}は種類の異なる二つの要素を求めますが、パスワードのほかにありません。"


def _unusual_right(told: Told) -> Iterator[str]:
    for name, held, granted in told["rights"]:
        by = f"。{granted}" if granted else ""
        yield f"「{name}」を持つのは、同じ所属・職（{told['unit']}）の{told['peers']}人中{held}人です{by}。"


def _no_sponsor(told: Told) -> Iterator[str]:
    company = f"（{told['company']}）" if told["company"] else ""
    if told["sponsor"]:
        standing = Status(told["sponsor_status"]).label_ja
        yield f"委託先のID{company}の受入れの責任者 {told['sponsor']} は、責任を持てない状態です（{standing}）。"
    else:
        yield f"委託先のIDですが、受入れの責任者が定められていません{company}。"


_REASONS: Final[Mapping[FindingKind, Callable[[Told], Iterator[str]]]] = {
    FindingKind.NO_OWNER: _no_owner, FindingKind.OWNER_LEFT: _owner_left, FindingKind.OWNER_MOVED: _owner_moved,
    FindingKind.UNUSED: _unused, FindingKind.NEVER_USED: _never_used, FindingKind.CONTRACT_OVER: _contract_over,
    FindingKind.PROJECT_OVER: _project_over, FindingKind.ROGUE: _rogue, FindingKind.MISSING: _missing,
    FindingKind.NO_KEEPER: _no_keeper, FindingKind.KEEPER_GONE: _keeper_gone, FindingKind.MEMBER_GONE: _member_gone,
    FindingKind.NO_DELEGATION: _no_delegation, FindingKind.DEVELOPMENT: _development, FindingKind.TEST_ID: _test_id,
    FindingKind.NO_SECOND_FACTOR: _no_second_factor, FindingKind.UNUSUAL_RIGHT: _unusual_right,
    FindingKind.NO_SPONSOR: _no_sponsor,
}  # fmt: skip


# --- how things are written


def _list(names: list[str]) -> str:
    more = f"、ほか{len(names) - MOST_NAMED}件" if len(names) > MOST_NAMED else ""
    return "、".join(names[:MOST_NAMED]) + more


def _minute(instant: str | datetime | date) -> str:
    at = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    return local_text(at) if isinstance(at, datetime) else at.isoformat()
