"""What stands between a person and a use: one pure function for each decision.

The one law: *the first rule that stands is told, with its cure*: what is refused is refused for one clear reason, and
whoever reads it knows what to do.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from iam.errors import Conflict, Forbidden, IamError
from iam.people.standing import Status
from iam.policy.entry.privileged import Privileged
from iam.policy.profile import Role
from iam.privilege.register import Mode, PrivilegedId
from iam.privilege.using.uses import End, ProofNeeded, Use, UseState, Wish, over
from iam.record.columns import local_text
from iam.signin.door import Entrant
from iam.signin.kinds import two_kinds
from iam.signin.sessions import Session

SHORTEST: Final = 5
"""Minutes: a shorter use is no use (the lower bound of the profile's own windows)."""

LONGEST_WORDS: Final = 500
"""Characters of a purpose, a reason or a decision number."""

STARTS_EMERGENCIES: Final = frozenset({Role.OPERATOR, Role.GENERAL_OFFICER, Role.SYSTEM_OWNER})
"""Who may open an ID in an emergency without a delegation for its system (OITA-S9.4.2: 緊急時)."""

ENDS_ANY: Final = frozenset({Role.GENERAL_OFFICER, Role.APPROVER, Role.OPERATOR})
"""Who may end anybody's use."""

REVIEWS: Final = frozenset({Role.GENERAL_OFFICER, Role.APPROVER, Role.OPERATOR, Role.SYSTEM_OWNER})
"""Who confirms the record of a use that nobody witnessed."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a beginning is judged by.

    `unproved`, `barred`: see `why_unproved` and `barred.why_barred`.  `delegated`: a live delegation for this ID.
    `near`: in an emergency, a role of `STARTS_EMERGENCIES` or a live delegation for any ID of the system.
    `login`: of the account to be used, "" where the person has none.  `holder`: the use that has the slot.
    `on_system`: the person's uses on the system, newest first.  `overdue`: a use whose record is late.
    """

    at: datetime
    rules: Privileged
    on: PrivilegedId
    who: Entrant
    login: str
    delegated: bool
    near: bool
    unproved: ProofNeeded | None = None
    barred: Forbidden | None = None
    holder: Use | None = None
    on_system: Sequence[Use] = ()
    overdue: Use | None = None


def why_unproved(session: Session, fresh: bool, *, phishing_resistant: bool) -> ProofNeeded | None:  # noqa: FBT001 - read as "session, fresh"
    """What the session lacks, or None; `fresh`: proved within the profile's time (R39, OITA-S8.2.1.3e)."""
    if not two_kinds(session.proofs.methods):
        return ProofNeeded("二種類の要素での確認が要ります。「本人の確認」の画面で、もう一つの要素を使ってください。")
    if phishing_resistant and not session.proofs.phishing_resistant:
        return ProofNeeded(
            "セキュリティキーかICカードでの確認が要ります。「本人の確認」の画面で、セキュリティキーかICカードを使ってください。"
        )
    if not fresh:
        return ProofNeeded("本人の確認から時間がたっています。「本人の確認」の画面で、もう一度確かめてください。")
    return None


# --- beginning

Check = Callable[[Ground, Wish], IamError | None]


def why_not_ask(ground: Ground, wish: Wish) -> IamError | None:
    """The first rule that stands against asking for a use, or None."""
    return _first((_person, _proof, _words, _delegation, _record, _account, _slot, _minutes_asked), ground, wish)


def why_not_start(ground: Ground, wish: Wish, reason: str) -> IamError | None:
    """The first rule that stands against an emergency, or None: neither delegation, witness nor late records."""
    if not reason.strip() or len(reason) > LONGEST_WORDS:
        return Conflict(f"緊急に使う理由を、{LONGEST_WORDS}文字までで書いてください。")
    return _first((_person, _proof, _words, _emergency, _account, _slot, _emergency_minutes), ground, wish)


def _first(checks: Sequence[Check], ground: Ground, wish: Wish) -> IamError | None:
    return next((found for check in checks if (found := check(ground, wish)) is not None), None)


def why_away(who: Entrant) -> Forbidden | None:
    """Why this person may have no part in a use, as far as standing goes, or None."""
    if who.in_service and who.status is Status.IN_SERVICE:
        return None
    return Forbidden("在職していない方、利用を停止されている方は、特権IDの利用に加われません。")


def _person(ground: Ground, _wish: Wish) -> IamError | None:
    return why_away(ground.who) or ground.barred


def _proof(ground: Ground, _wish: Wish) -> IamError | None:
    return ground.unproved


def _words(ground: Ground, wish: Wish) -> IamError | None:
    if ground.on.retired_at is not None:
        return Conflict("この特権IDは台帳から外されています。一覧から開き直してください。")
    if not wish.purpose.strip() or len(wish.purpose) > LONGEST_WORDS:
        return Conflict(f"利用の目的を、{LONGEST_WORDS}文字までで書いてください。")
    if len(wish.decision_number) > LONGEST_WORDS:
        return Conflict(f"決裁番号は{LONGEST_WORDS}文字までにしてください。")
    return None


def _delegation(ground: Ground, _wish: Wish) -> IamError | None:
    if ground.delegated:
        return None
    return Forbidden(
        f"あなたは、いま特権ID「{ground.on.name}」の利用を指名されていません。統括の担当者に指名を頼んでください。"
    )


def _record(ground: Ground, _wish: Wish) -> IamError | None:
    if ground.overdue is None:
        return None
    return Conflict(
        f"期限を過ぎた作業記録があります（受付番号 {ground.overdue.id}）。先に書き終えてから申請してください。"
    )


def _emergency(ground: Ground, _wish: Wish) -> IamError | None:
    if not ground.on.emergency:
        return Forbidden(f"特権ID「{ground.on.name}」は、緊急利用ができるIDとして登録されていません。")
    if ground.near:
        return None
    return Forbidden(
        "緊急利用を始められるのは、統括・運用・情報システムの責任者と、このシステムの特権IDを指名された方です。"
    )


def _account(ground: Ground, _wish: Wish) -> IamError | None:
    if ground.login:
        return None
    return Conflict("このシステムに、あなたの有効な利用者IDがありません。先に利用者IDの用意を頼んでください。")


def _slot(ground: Ground, _wish: Wish) -> IamError | None:
    if ground.holder is None:
        return None
    if ground.holder.person_id == ground.who.person_id:
        return Conflict(f"あなたは、この特権IDの利用をすでに始めています（受付番号 {ground.holder.id}）。")
    return Conflict(
        f"この特権IDは、いま別の方が利用しています（受付番号 {ground.holder.id}）。終わってから申請してください。"
    )


def _minutes_asked(ground: Ground, wish: Wish) -> IamError | None:
    return _minutes(ground, wish.minutes)


def _emergency_minutes(ground: Ground, wish: Wish) -> IamError | None:
    longest = ground.rules.emergency.value
    if wish.minutes is not None and wish.minutes > longest:
        return Conflict(f"緊急利用は{longest}分までです。")
    return _minutes(ground, wish.minutes)


def _minutes(ground: Ground, minutes: int | None) -> IamError | None:
    longest, left = ground.rules.longest.value, minutes_left(ground)
    if minutes is not None and not SHORTEST <= minutes <= longest:
        return Conflict(f"利用の長さは{SHORTEST}分から{longest}分までで指定してください。")
    if left >= (SHORTEST if minutes is None else minutes):
        return None
    row = in_a_row(ground.on_system, ground.at, ground.rules)
    free = max(_finish(each, ground.at) for each in row) + timedelta(minutes=ground.rules.rest.value)
    rest = f"あと{left}分です。{left}分以内にするか" if left >= SHORTEST else "もう残っていません。短くはできないので"
    return Conflict(
        f"続けて使える{longest}分のうち、{rest}、{local_text(free)}以降に申請してください。"
        f"（{ground.rules.rest.value}分以上あけずに使うと、続けて使ったものとして数えます。）"
    )


def minutes_of(ground: Ground, wish: Wish, *, emergency: bool = False) -> int:
    """The minutes of a use that may begin: those asked for, or the profile's, as far as the cap leaves them."""
    if wish.minutes is not None:
        return wish.minutes
    usual = ground.rules.emergency if emergency else ground.rules.window
    return min(usual.value, minutes_left(ground))


# --- uses in a row


def minutes_left(ground: Ground) -> int:
    """How many minutes the cap leaves to a use that begins now (R12)."""
    row = in_a_row(ground.on_system, ground.at, ground.rules)
    used = sum((duration(each) for each in row), timedelta(0))
    return max(ground.rules.longest.value - -(-used // timedelta(minutes=1)), 0)


def in_a_row(uses: Sequence[Use], at: datetime, rules: Privileged) -> list[Use]:
    """Those of `uses` (of one person on one system) that a use at `at` would go on with: less than `rest` between."""
    rest, edge, row = timedelta(minutes=rules.rest.value), at, []
    for each in sorted((use for use in uses if counts(use)), key=lambda use: _finish(use, at), reverse=True):
        if edge - _finish(each, at) >= rest:
            break
        row.append(each)
        edge = min(edge, _start(each))
    return row


def counts(use: Use) -> bool:
    """Whether a use was open, or may yet be."""
    return use.opened_at is not None or use.state in (UseState.ASKED, UseState.OPENING)


def duration(use: Use) -> timedelta:
    """How long it was open, or is to be at most; what it was late to close is no time that anybody asked for."""
    if use.opened_at is None or use.ends_at is None:
        return timedelta(minutes=use.minutes)
    end = use.ends_at if use.ended_at is None else min(use.ended_at, use.ends_at)
    return max(end - use.opened_at, timedelta(0))


def _start(use: Use) -> datetime:
    return use.opened_at or use.asked_at


def _finish(use: Use, at: datetime) -> datetime:
    """When it ended, or will at the latest."""
    if use.ended_at is not None:
        return use.ended_at
    # One whose end has passed and that nobody has ended yet is still open.
    return max(use.ends_at, at) if use.ends_at else at + timedelta(minutes=use.minutes)


# --- joining


def why_not_join(use: Use, who: Entrant, at: datetime) -> IamError | None:
    """The first rule that stands against being the witness of a use, but for proofs and categories, or None."""
    if who.person_id == use.person_id:
        return Forbidden("自分の利用には、自分では立ち会えません。別の職員に頼んでください。")
    if refusal := why_away(who):
        return refusal
    if use.state is UseState.ASKED:
        if at >= use.lapses_at:
            return Conflict("この依頼は時間切れです。利用者に、もう一度申請してもらってください。")
        return None
    if use.state is UseState.PAUSED or (use.emergency and use.under_way and use.witness_id is None):
        return None
    return Conflict(f"この利用には立ち会えません（いまは「{use.state.label_ja}」）。")


def why_not_stay(use: Use, who: Entrant) -> IamError | None:
    """Why somebody cannot say that they are there as the witness, or None."""
    if use.witness_id != who.person_id:
        return Forbidden("この利用の立会者ではありません。")
    if refusal := why_away(who):
        return refusal
    return None if use.under_way else over(use)


# --- the secret, the end, the record


def why_not_reveal(use: Use, on: PrivilegedId, session: Session, at: datetime) -> IamError | None:
    """The first rule that stands against showing the secret in this session, but for proofs, or None."""
    if session.person_id != use.person_id:
        return Forbidden("パスワードを見られるのは、この利用の利用者だけです。")
    if session.id != use.session_id:
        return Forbidden("パスワードは、申請したときと同じサインインの画面でだけ見られます。")
    if on.mode is not Mode.SECRET:
        return Conflict("このIDに、画面で見るパスワードはありません。")
    if use.state is not UseState.OPEN or use.ends_at is None or at >= use.ends_at:
        return Conflict(f"パスワードを見られるのは利用中だけです（いまは「{use.state.label_ja}」）。")
    return None if use.shown_at is None else shown_before()


def shown_before() -> Conflict:
    """Why a secret is not shown twice, and the cure."""
    return Conflict(
        "パスワードはすでに一度表示しました。控えられなかったときは、この利用を終えて、もう一度申請してください。"
    )


def why_not_end(use: Use, by: int | None, roles: frozenset[Role]) -> IamError | None:
    """Why somebody cannot end a use, or None; `by` None: at the console."""
    if by is None or by in (use.person_id, use.witness_id) or roles & ENDS_ANY:
        return None
    return Forbidden("この利用を終えられるのは、利用者、立会者、統括・承認・運用の担当者です。")


def ended_as(use: Use, by: int | None) -> End:
    """As what somebody ends a use by hand; `by` None: at the console."""
    if by is None:
        return End.OFFICER
    return {use.person_id: End.USER, use.witness_id: End.WITNESS}.get(by, End.OFFICER)


def why_not_write(use: Use, person_id: int) -> IamError | None:
    """Why somebody cannot write the work record, or None."""
    if use.person_id != person_id:
        return Forbidden("作業記録を書けるのは、利用した本人だけです。")
    if use.opened_at is None or use.state not in (UseState.CLOSING, UseState.CLOSED):
        return Conflict(f"作業記録は、利用が終わってから書いてください（いまは「{use.state.label_ja}」）。")
    if use.confirmed_at is not None:
        return Conflict("この作業記録は確認済みです。書き直せません。")
    if use.approved_at is not None:
        return Conflict("この作業記録は、緊急利用として承認済みです。書き直せません。")
    return None


def why_not_confirm(use: Use, person_id: int, roles: frozenset[Role]) -> IamError | None:
    """Why somebody cannot confirm the work record, or None."""
    if use.person_id == person_id:
        return Forbidden("自分の作業記録は、自分では確認できません。")
    if use.witness_id is not None and use.witness_id != person_id:
        return Forbidden("作業記録を確認できるのは、立ち会った本人だけです。")
    if use.witness_id is None and not roles & REVIEWS:
        return Forbidden("立会いのない利用の作業記録を確認できるのは、統括・承認・運用の担当者とシステムの責任者です。")
    if not use.record:
        return Conflict("作業記録がまだ書かれていません。利用者に頼んでください。")
    return Conflict("この作業記録は、すでに確認されています。") if use.confirmed_at is not None else None


def why_not_approve(use: Use, person_id: int, roles: frozenset[Role]) -> IamError | None:
    """Why somebody cannot approve an emergency afterwards, or None."""
    if not use.emergency:
        return Conflict("事後の承認が要るのは、緊急利用だけです。")
    if person_id in (use.person_id, use.witness_id):
        return Forbidden("利用した方と立ち会った方は、事後の承認はできません。別の承認の担当者に頼んでください。")
    if Role.APPROVER not in roles:
        return Forbidden("事後の承認をできるのは、承認の担当者だけです。")
    if use.under_way:
        return Conflict("まだ終わっていません。利用が終わり、作業記録が書かれてから承認してください。")
    if use.opened_at is not None and not use.record:
        return Conflict("作業記録がまだ書かれていません。利用者に頼んでください。")
    return Conflict("この緊急利用は、すでに承認されています。") if use.approved_at is not None else None
