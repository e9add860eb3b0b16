"""What stands against a nomination, an approval, a review; and what breaks a delegation: pure.

The one law: *nobody decides their own case, and no role stands above the staff category* (OITA-S3.7.1, OITA-S8.2.1.3d,
R13, R14, R17).  One function for each decision, from facts of this instant.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, TypeAlias

from iam.errors import Conflict, Forbidden, NotFound
from iam.people.standing import Status
from iam.policy.entry.privileged import Privileged
from iam.policy.profile import Role
from iam.privilege.delegating.delegation import Broken, Delegation, DelegationState, Wish
from iam.privilege.register import PrivilegedId
from iam.record.columns import jst_day

Refusal: TypeAlias = Conflict | Forbidden | NotFound

REVIEWS: Final = frozenset({Role.GENERAL_OFFICER, Role.APPROVER, Role.HR_OFFICER, Role.DATA_OFFICER})
"""Who may look afterwards at what a deputy did under an exception."""

ENDS: Final = frozenset({Role.GENERAL_OFFICER, Role.APPROVER})
"""Who may end any delegation; its delegate and its nominator may as well."""

_BARRED: Final = "職員区分により特権IDを扱えない職員（外部の事業者など）には、任せられません。"
_FACTOR: Final = (
    "任せる職員に、なりすましに強い認証手段（同期されないセキュリティキーかICカード）がありません。"
    "先に登録してもらってください。"
)


@dataclass(frozen=True, slots=True)
class Officer:
    """Who decides.  `proper`: roles by post or nomination; `deputised`: those held for somebody else, or at first.

    `waiver_id`: an exception under which a deputy may nominate or approve for all systems concerned.
    """

    person_id: int
    proper: frozenset[Role] = frozenset()
    deputised: frozenset[Role] = frozenset()
    barred: bool = False
    suspended: bool = False
    waiver_id: int | None = None

    def holds(self, role: Role) -> bool:
        """Whether they may act in this role here: as its holder, or as a deputy under an exception."""
        return role in self.proper or (role in self.deputised and self.waiver_id is not None)

    def exception(self, role: Role) -> int | None:
        """The exception that they need for acting in this role."""
        return None if role in self.proper else self.waiver_id


@dataclass(frozen=True, slots=True)
class Delegate:
    """Whom it is about.  `suspended`: every right is stopped, or every right in one of the systems concerned.

    `posts`: a mark of the posts of this day.  `resistant`: holds a phishing-resistant factor that counts for privileged
    IDs.  `lost_at`: when the last loss of a factor was reported.  `restored_at`: when the last such stop was lifted.
    """

    person_id: int
    status: Status
    posts: str
    barred: bool = False
    suspended: bool = False
    resistant: bool = True
    lost_at: datetime | None = None
    restored_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that a nomination is judged by.

    `ids`: the rows that it names, by id.  `others`: nominations and live delegations that name one of them.
    `renewed`: the delegation that it would follow.
    """

    officer: Officer
    delegate: Delegate | None
    ids: Mapping[int, PrivilegedId]
    others: Sequence[Delegation]
    rules: Privileged
    at: datetime
    renewed: Delegation | None = None

    @property
    def today(self) -> date:
        """The day (JST)."""
        return jst_day(self.at)


# --- nominating


def why_not_nominate(wish: Wish, facts: Facts) -> Refusal | None:
    """The first rule that stands against this nomination, or None."""
    return next(iter(against_nomination(wish, facts).values()), None)


def against_nomination(wish: Wish, facts: Facts) -> dict[str, Refusal]:
    """Every rule that stands against it, by what it is about: "officer", "delegate", "privileged_ids", "days",
    "reason", "renews"."""
    found = {
        "officer": _wrong_officer(facts.officer, Role.GENERAL_OFFICER, wish.delegate_id),
        "delegate": _wrong_delegate(facts.delegate),
        "privileged_ids": _wrong_ids(wish.privileged_ids, facts.ids) or _met(wish, facts),
        "days": _wrong_days(wish, facts),
        "reason": None if wish.reason.strip() else Conflict("任せる理由を書いてください。"),
        "renews": _wrong_renewal(wish, facts),
    }
    return {about: refusal for about, refusal in found.items() if refusal is not None}


def _wrong_officer(officer: Officer, role: Role, delegate_id: int) -> Forbidden | None:
    if officer.barred:
        return Forbidden("この職員区分（外部の事業者など）では、特権IDの指名・承認はできません。")
    if officer.person_id == delegate_id:
        return Forbidden("自分に特権IDを任せることを、自分では決められません。別の担当者に頼んでください。")
    if officer.suspended:
        return Forbidden("利用が停止されている担当者は、指名・承認ができません。")
    if officer.holds(role):
        return None
    words = "指名" if role is Role.GENERAL_OFFICER else "承認"
    if role in officer.deputised:
        return Forbidden(f"代理の担当者が{words}するには、例外措置（特権代行の指名・承認）の承認が先に要ります。")
    return Forbidden(f"特権代行を{words}できるのは、{role.label_ja}の担当者だけです。")


def _wrong_delegate(delegate: Delegate | None) -> Refusal | None:
    if delegate is None:
        return NotFound("その職員は台帳にいません。職員番号を確かめてください。")
    if delegate.barred:
        return Forbidden(_BARRED)
    if delegate.status is not Status.IN_SERVICE:
        return Conflict(f"任せる職員は、いま職務に就いていません（{delegate.status.label_ja}）。")
    if delegate.suspended:
        return Conflict("任せる職員の利用が停止されています。停止が解かれてから、指名してください。")
    return None if delegate.resistant else Conflict(_FACTOR)


def _wrong_ids(asked: Collection[int], ids: Mapping[int, PrivilegedId]) -> Refusal | None:
    if not asked:
        return Conflict("任せる特権IDを選んでください。")
    if len(set(asked)) != len(asked) or any(id_ not in ids for id_ in asked):
        return NotFound("台帳にない特権IDが選ばれています。選び直してください。")
    for each in ids.values():
        if each.retired_at is not None:
            return Conflict(f"特権ID「{each.name}」は廃止されています。")
    return None


def _met(wish: Wish, facts: Facts) -> Conflict | None:
    return overlap(wish.delegate_id, wish.valid_from, wish.valid_until, facts.others, waiting=True)


def overlap(
    delegate_id: int, first: date, last: date, others: Sequence[Delegation], *, waiting: bool = False
) -> Conflict | None:
    """That the same person has the same ID on a day already; `waiting`: also by a nomination that waits."""
    states = {DelegationState.LIVE, *({DelegationState.NOMINATED} if waiting else set())}
    for each in others:
        if each.delegate_id == delegate_id and each.state in states and each.meets(first, last):
            if each.state is DelegationState.NOMINATED:
                return Conflict(f"同じ職員と特権IDの指名（受付番号 {each.id}）が承認を待っています。")
            return Conflict(
                f"同じ特権IDの代行（受付番号 {each.id}）が{each.valid_until}まで有効です。"
                "開始日をその翌日以降にするか、先にその代行を終了してください。"
            )
    return None


def _wrong_days(wish: Wish, facts: Facts) -> Conflict | None:
    most = timedelta(days=facts.rules.delegation_days.value)
    if wish.valid_from < facts.today:
        return Conflict("開始日は、今日以降の日にしてください。")
    if wish.valid_until < wish.valid_from:
        return Conflict("終了日は、開始日以降の日にしてください。")
    if wish.valid_until - wish.valid_from >= most:
        last = wish.valid_from + most - timedelta(days=1)
        return Conflict(f"代行の期間は{most.days}日以内です。終了日は{last}までにしてください。")
    if wish.valid_from - facts.today > most:
        return Conflict(f"開始日は、{facts.today + most}までにしてください。先の分は、近づいてから指名してください。")
    return None


def _wrong_renewal(wish: Wish, facts: Facts) -> Refusal | None:
    if wish.renews is None:
        return None
    if facts.renewed is None or facts.renewed.id != wish.renews or facts.renewed.approved_at is None:
        return NotFound("更新のもとになる特権代行がありません。")
    if facts.renewed.delegate_id != wish.delegate_id:
        return Conflict("更新は、同じ職員に任せるときだけです。別の職員には、新しく指名してください。")
    return None


# --- approving


@dataclass(frozen=True, slots=True)
class Seen:
    """What an approval is judged by beside the facts.  `hash`: shown to the approver; `now`: as worked out now."""

    hash: str
    now: str
    nominator: Officer


def why_not_approve(found: Delegation, seen: Seen, facts: Facts) -> Refusal | None:
    """The first rule that stands between this officer and this approval, or None."""
    if refusal := why_not_decline(found, facts.officer):
        return refusal
    if seen.nominator.barred or seen.nominator.suspended or not seen.nominator.holds(Role.GENERAL_OFFICER):
        return Conflict("指名した担当者が、いまは指名できる立場にありません。あらためて指名してもらってください。")
    if not seen.hash == found.content_hash == seen.now:
        return Conflict(
            "指名のあとで、内容か特権IDの登録が変わっています。開き直して確かめるか、指名し直してもらってください。"
        )
    return (
        _wrong_delegate(facts.delegate)
        or _changed_since(found, facts.delegate)
        or _wrong_ids(found.privileged_ids, facts.ids)
        or (Conflict("代行の期間が過ぎています。あらためて指名してもらってください。") if _past(found, facts) else None)
        or overlap(found.delegate_id, found.valid_from, found.valid_until, _without(found, facts.others))
        or _too_many(found, facts)
    )


def why_not_decline(found: Delegation, officer: Officer) -> Refusal | None:
    """The first rule that stands between this officer and any decision on it, or None."""
    if found.state is DelegationState.LAPSED:
        return Conflict("承認の期限が過ぎています。必要なときは、あらためて指名してもらってください。")
    if found.state is not DelegationState.NOMINATED:
        return Conflict(f"この指名は承認待ちではありません（いまは「{found.state.label_ja}」）。")
    if officer.person_id == found.nominated_by:
        return Forbidden("自分が指名したものは、自分では承認も差戻しもできません。別の担当者に頼んでください。")
    return _wrong_officer(officer, Role.APPROVER, found.delegate_id)


def _changed_since(found: Delegation, delegate: Delegate | None) -> Conflict | None:
    broken = None if delegate is None else _of_delegate(found, delegate)
    if broken is None:
        return None
    return Conflict(f"指名のあとで事情が変わりました（{broken.label_ja}）。あらためて指名してもらってください。")


def _past(found: Delegation, facts: Facts) -> bool:
    return found.valid_until < facts.today


def _without(found: Delegation, others: Sequence[Delegation]) -> list[Delegation]:
    return [each for each in others if each.id != found.id]


def _too_many(found: Delegation, facts: Facts) -> Conflict | None:
    """`most_holders` bounds the persons of live delegations that share a day with this one (OITA-S8.2.1.3a)."""
    for id_ in found.privileged_ids:
        holders = {
            each.delegate_id
            for each in _without(found, facts.others)
            if each.state is DelegationState.LIVE
            and id_ in each.privileged_ids
            and each.meets(found.valid_from, found.valid_until)
        }
        asked = facts.ids[id_]
        if len(holders) >= asked.most_holders:
            return Conflict(
                f"特権ID「{asked.name}」を同時に任せられるのは{asked.most_holders}人までです。ほかの代行を終えてから承認してください。"
            )
    return None


# --- afterwards


def why_not_review(found: Delegation, officer: Officer) -> Refusal | None:
    """The first rule that stands between this officer and the review after an exception, or None."""
    if not found.awaits_review:
        return Conflict("この特権代行に、事後の確認は要らないか、済んでいます。")
    if officer.person_id in {found.nominated_by, found.approved_by, found.delegate_id}:
        return Forbidden("事後の確認は、指名・承認した担当者と本人のほかの担当者が行います。")
    if officer.barred or officer.suspended or not REVIEWS & (officer.proper | officer.deputised):
        return Forbidden("特権代行の事後の確認ができるのは、統括・承認・人事・データの担当者だけです。")
    return None


def why_not_end(found: Delegation, officer: Officer) -> Refusal | None:
    """The first rule that stands against this person's ending it, or None: one is enough to take away."""
    if found.state is not DelegationState.LIVE:
        return Conflict(f"この特権代行は有効ではありません（いまは「{found.state.label_ja}」）。")
    if officer.person_id == found.delegate_id:
        return None
    if officer.barred or officer.suspended or not ENDS & (officer.proper | officer.deputised):
        return Forbidden("特権代行を終えられるのは、本人と、統括・承認の担当者だけです。")
    return None


def why_broken(found: Delegation, delegate: Delegate, now: str, at: datetime) -> Broken | None:
    """What breaks a delegation at this instant, or None; `now`: its hash over the register as it is."""
    if found.state is DelegationState.ENDED and found.ended_at is None:
        return Broken.EXPIRED
    if found.state is not DelegationState.LIVE:
        return Broken.NOT_LIVE
    if found.valid_until < jst_day(at):
        return Broken.EXPIRED
    return _of_delegate(found, delegate) or (Broken.CHANGED if now != found.content_hash else None)


def _of_delegate(found: Delegation, delegate: Delegate) -> Broken | None:
    if delegate.barred:
        return Broken.BARRED
    if delegate.status in {Status.ON_LEAVE, Status.AWAY}:
        return Broken.AWAY
    if delegate.status is not Status.IN_SERVICE:
        return Broken.LEFT
    # The strict way: a stop that was lifted since voids it too, as does a loss that was reported, whatever is left.
    if delegate.suspended or _since(found, delegate.restored_at):
        return Broken.SUSPENDED
    if delegate.posts != found.posts:
        return Broken.MOVED
    lost = _since(found, delegate.lost_at)
    return Broken.FACTOR_LOST if lost or not delegate.resistant else None


def _since(found: Delegation, at: datetime | None) -> bool:
    return at is not None and at >= found.nominated_at
