"""The words of each letter and notice, by topic: sign-in, factors, tokens, terminals, cases.

The one law: *a topic has its words and its fields in one place*, here, in `privileged_words` or in `review_words`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

OWN: Final = "心当たりがないときは、すぐに情報システムの担当者へ連絡してください。"
LOOK: Final = "ポータルで確かめてください。"


class Topic(StrEnum):
    """What a letter or a notice is about."""

    FACTOR_ENROLLED = "factor_enrolled"
    FACTOR_REMOVED = "factor_removed"
    FACTOR_LOST = "factor_lost"
    FACTOR_STOPPED = "factor_stopped"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    TEMPORARY_CODE_ISSUED = "temporary_code_issued"
    TEMPORARY_CODE_USED = "temporary_code_used"
    TEMPORARY_PASSWORD_ISSUED = "temporary_password_issued"  # noqa: S105 - the name of a topic
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of a topic
    PASSWORD_TO_CHANGE = "password_to_change"  # noqa: S105 - the name of a topic
    SIGNIN_UNUSUAL = "signin_unusual"
    SIGNIN_FAILURES = "signin_failures"
    SIGNIN_STOPPED = "signin_stopped"
    SIGNIN_UNLOCKED = "signin_unlocked"
    SESSIONS_ENDED = "sessions_ended"
    TOKEN_LENT = "token_lent"  # noqa: S105 - the name of a topic
    TOKEN_RETURNED = "token_returned"  # noqa: S105 - the name of a topic
    RIGHT_RETURNED = "right_returned"
    ENROLMENT_ASKED = "enrolment_asked"
    DEPUTY_APPOINTED = "deputy_appointed"
    DEPUTY_ENDED = "deputy_ended"
    OUTSIDE_PERMITTED = "outside_permitted"
    OUTSIDE_ENDED = "outside_ended"
    LOSS_REPORTED = "loss_reported"
    LEAK_SUSPECTED = "leak_suspected"
    CASE_ASKED = "case_asked"
    CASE_DECIDED = "case_decided"
    PLAN_HELD = "plan_held"
    PRIVILEGE_ENDED = "privilege_ended"
    PRIVILEGE_STUCK = "privilege_stuck"
    PRIVILEGE_SUSPECTED = "privilege_suspected"
    PRIVILEGE_RECORD_DUE = "privilege_record_due"
    PRIVILEGE_CONFIRMATION_DUE = "privilege_confirmation_due"
    PRIVILEGE_REVIEW_DUE = "privilege_review_due"
    PRIVILEGE_EMERGENCY = "privilege_emergency"
    PRIVILEGE_EMERGENCY_OVERDUE = "privilege_emergency_overdue"
    PRIVILEGE_FOUND = "privilege_found"
    PRIVILEGE_NOMINATED = "privilege_nominated"
    PRIVILEGE_DELEGATED = "privilege_delegated"
    PRIVILEGE_NOT_DELEGATED = "privilege_not_delegated"
    PRIVILEGE_DELEGATION_ENDED = "privilege_delegation_ended"
    PRIVILEGE_DELEGATION_REVIEW = "privilege_delegation_review"
    PRIVILEGE_WAIVED = "privilege_waived"
    SUSPENDED_PERSON = "suspended_person"
    SUSPENDED_RESTORED = "suspended_restored"
    SUSPENDED_STUCK = "suspended_stuck"
    REVIEW_ASKED = "review_asked"
    REVIEW_REMINDER = "review_reminder"
    REVIEW_OVERDUE = "review_overdue"
    REVIEW_TO_SIGN = "review_to_sign"
    REVIEW_STUCK = "review_stuck"
    REVIEW_LIFTED = "review_lifted"
    REVIEW_CLOSED = "review_closed"
    REVIEW_MISSED = "review_missed"
    CONFIGURATION_EMERGENCY = "configuration_emergency"
    CONFIGURATION_KEYS_EMERGENCY = "configuration_keys_emergency"


@dataclass(frozen=True, slots=True)
class Text:
    """The words of one topic; `{field}` stands for a value."""

    fields: Mapping[str, type]
    subject: str
    body: str


def worded(subject: str, /, *lines: str, **fields: type) -> Text:
    """The words of one topic, in lines, with the type of each field."""
    return Text(MappingProxyType(fields), subject, "\n".join(lines))


GENERAL_TEXTS: Final[Mapping[Topic, Text]] = MappingProxyType(
    {
        Topic.FACTOR_ENROLLED: worded(
            "認証手段を登録しました",
            "{at}に、{form}「{name}」を登録しました。",
            OWN,
            at=datetime, form=str, name=str,
        ),
        Topic.FACTOR_REMOVED: worded(
            "認証手段を削除しました",
            "{at}に、{form}「{name}」を削除しました。今後のサインインには使えません。",
            OWN,
            at=datetime, form=str, name=str,
        ),
        Topic.FACTOR_LOST: worded(
            "紛失の届出を受け付けました",
            "{at}に、{form}「{name}」の紛失の届出を受け付け、使えないようにしました。",
            "サインイン中だった端末は、すべてサインアウトしました。",
            OWN,
            at=datetime, form=str, name=str,
        ),
        Topic.FACTOR_STOPPED: worded(
            "認証手段を停止しました",
            "{at}に、{form}「{name}」を停止しました。",
            "くわしくは情報システムの担当者へおたずねください。",
            at=datetime, form=str, name=str,
        ),
        Topic.RECOVERY_CODES_MADE: worded(
            "回復コードを作り直しました",
            "{at}に、回復コードを新しく作りました。前の回復コードは使えません。",
            OWN,
            at=datetime,
        ),
        Topic.RECOVERY_CODE_USED: worded(
            "回復コードでサインインしました",
            "{at}に、回復コードが使われました。残りは{left}個です。",
            OWN,
            at=datetime, left=int,
        ),
        Topic.TEMPORARY_CODE_ISSUED: worded(
            "窓口コードを発行しました",
            "{at}に、窓口コードを発行しました。{until}まで、一度だけ使えます。",
            OWN,
            at=datetime, until=datetime,
        ),
        Topic.TEMPORARY_CODE_USED: worded(
            "窓口コードでサインインしました",
            "{at}に、窓口コードが使われました。",
            OWN,
            at=datetime,
        ),
        Topic.TEMPORARY_PASSWORD_ISSUED: worded(
            "仮パスワードを発行しました",
            "{at}に、仮パスワードを発行しました。{until}までにサインインし、パスワードを変更してください。",
            OWN,
            at=datetime, until=datetime,
        ),
        Topic.PASSWORD_CHANGED: worded(
            "パスワードを変更しました",
            "{at}に、パスワードを変更しました。",
            OWN,
            at=datetime,
        ),
        Topic.PASSWORD_TO_CHANGE: worded(
            "パスワードの変更をお願いします",
            "次のサインインで、パスワードの変更が必要です（理由: {reason}）。",
            reason=str,
        ),
        Topic.SIGNIN_UNUSUAL: worded(
            "いつもと違うサインインがありました",
            "{at}に、いつもと違うサインインがありました（接続元: {address}、端末: {terminal}）。",
            OWN,
            at=datetime, address=str, terminal=str,
        ),
        Topic.SIGNIN_FAILURES: worded(
            "サインインの失敗が続いています",
            "{at}までに、サインインの失敗が{failures}回続きました。しばらくの間、続けて試せないようにしています。",
            OWN,
            at=datetime, failures=int,
        ),
        Topic.SIGNIN_STOPPED: worded(
            "失敗が続いたため、使えないようにしました",
            "{at}に、{form}での失敗が続いたため、使えないようにしました。",
            "再び使うには、情報システムの担当者へ連絡してください。",
            at=datetime, form=str,
        ),
        Topic.SIGNIN_UNLOCKED: worded(
            "サインインの制限を解除しました",
            "{at}に、情報システムの担当者がサインインの制限を解除しました。",
            OWN,
            at=datetime,
        ),
        Topic.SESSIONS_ENDED: worded(
            "サインイン中の端末をサインアウトしました",
            "{at}に、サインイン中だった端末をすべてサインアウトしました（理由: {reason}）。",
            at=datetime, reason=str,
        ),
        Topic.TOKEN_LENT: worded(
            "ワンタイムパスワードの機器をお貸ししました",
            "{at}に、製造番号 {serial} の機器をお貸ししました。人に貸したり、共用したりしないでください。",
            "なくしたときは、ポータルからすぐに届け出てください。",
            at=datetime, serial=str,
        ),
        Topic.TOKEN_RETURNED: worded(
            "ワンタイムパスワードの機器の返却を受け付けました",
            "{at}に、製造番号 {serial} の機器の返却を受け付けました。",
            at=datetime, serial=str,
        ),
        Topic.RIGHT_RETURNED: worded(
            "権限の返却を受け付けました",
            "{at}に、{system}の「{right}」の返却を受け付けました。次の同期で反映します。",
            OWN,
            at=datetime, system=str, right=str,
        ),
        Topic.ENROLMENT_ASKED: worded(
            "認証手段の登録をお願いします",
            "{until}までに、ポータルにサインインして、認証手段を登録してください。",
            "登録がないと、その後は利用できない情報システムがあります。",
            until=date,
        ),
        Topic.DEPUTY_APPOINTED: worded(
            "代理に指定されました",
            "{since}から{until}まで、{role}の代理に指定されました。",
            role=str, since=date, until=date,
        ),
        Topic.DEPUTY_ENDED: worded(
            "代理の指定を終了しました",
            "{role}の代理の指定を、{on}に終了しました。",
            role=str, on=date,
        ),
        Topic.OUTSIDE_PERMITTED: worded(
            "庁外からの利用が許可されました",
            "{first}から{last}まで、庁外からの利用が許可されました。",
            "理由は「{reason}」です。入るときは、二種類の要素が要ります。",
            first=date, last=date, reason=str,
        ),
        Topic.OUTSIDE_ENDED: worded(
            "庁外からの利用の許可を取り消しました",
            "{last}までとしていた庁外からの利用の許可を、{on}に取り消しました。",
            "くわしくは情報システムの担当者へおたずねください。",
            last=date, on=date,
        ),
        Topic.LOSS_REPORTED: worded(
            "認証手段の紛失の届出がありました",
            "{at}に、{person}（職員番号 {staff_number}）の{form}「{name}」の紛失の届出がありました。",
            "使えないようにし、サインイン中の端末をすべてサインアウトしました。" + LOOK,
            at=datetime, person=str, staff_number=str, form=str, name=str,
        ),
        Topic.LEAK_SUSPECTED: worded(
            "パスワードの漏えいが疑われます",
            "{at}に、{person}（職員番号 {staff_number}）から、パスワードの漏えいの疑いが届け出られました。",
            "サインイン中の端末をすべてサインアウトし、次のサインインで変更を求めます。" + LOOK,
            at=datetime, person=str, staff_number=str,
        ),
        Topic.CASE_ASKED: worded(
            "確認をお願いします",
            "{asker}から、「{case}」（受付番号 {number}）の確認の依頼があります。{until}までに" + LOOK,
            asker=str, case=str, number=int, until=datetime,
        ),
        Topic.CASE_DECIDED: worded(
            "依頼の結果",
            "「{case}」（受付番号 {number}）は「{decision}」となりました。",
            case=str, number=int, decision=str,
        ),
        Topic.PLAN_HELD: worded(
            "同期の計画を保留しています",
            "計画 {plan}（変更 {changes}件）を保留しています。担当者二人の確認が必要です。" + LOOK,
            plan=int, changes=int,
        ),
    }
)  # fmt: skip
