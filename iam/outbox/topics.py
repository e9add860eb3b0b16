"""What people are told of, and the words of each letter.

The one law: *a fixed text with named, harmless values*: each topic lists its
fields, and anything else is refused.  There is no field for a password, a code
or a key, so no letter and no notice can carry one (R33, R49, ASVS 6.4.1).  No
letter has a link: whoever expects none is not led astray by a forged one.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

from iam.record.columns import JST

Value: TypeAlias = str | int | date | datetime
"""What a field may hold.  A text is one line; bytes are never a value."""

LONGEST_TEXT: Final = 120
"""Characters of one text value; whatever is longer is cut, with … at its end."""

_OWN: Final = "心当たりがないときは、すぐに情報システムの担当者へ連絡してください。"
_LOOK: Final = "ポータルで確かめてください。"
_FOOTER: Final = """
--
鍵守（利用者IDの管理）が自動で送りました。返信はできません。
パスワードや認証コードをメールでお知らせしたり、おたずねしたりすることはありません。リンクも付けません。
"""


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


@dataclass(frozen=True, slots=True)
class Text:
    """The words of one topic; `{field}` stands for a value."""

    fields: Mapping[str, type]
    subject: str
    body: str


def _text(subject: str, *lines: str, **fields: type) -> Text:
    return Text(MappingProxyType(fields), subject, "\n".join(lines))


TEXTS: Final[Mapping[Topic, Text]] = MappingProxyType(
    {
        Topic.FACTOR_ENROLLED: _text(
            "認証手段を登録しました",
            "{at}に、{form}「{name}」を登録しました。",
            _OWN,
            at=datetime, form=str, name=str,
        ),
        Topic.FACTOR_REMOVED: _text(
            "認証手段を削除しました",
            "{at}に、{form}「{name}」を削除しました。今後のサインインには使えません。",
            _OWN,
            at=datetime, form=str, name=str,
        ),
        Topic.FACTOR_LOST: _text(
            "紛失の届出を受け付けました",
            "{at}に、{form}「{name}」の紛失の届出を受け付け、使えないようにしました。",
            "サインイン中だった端末は、すべてサインアウトしました。",
            _OWN,
            at=datetime, form=str, name=str,
        ),
        Topic.FACTOR_STOPPED: _text(
            "認証手段を停止しました",
            "{at}に、{form}「{name}」を停止しました。",
            "くわしくは情報システムの担当者へおたずねください。",
            at=datetime, form=str, name=str,
        ),
        Topic.RECOVERY_CODES_MADE: _text(
            "回復コードを作り直しました",
            "{at}に、回復コードを新しく作りました。前の回復コードは使えません。",
            _OWN,
            at=datetime,
        ),
        Topic.RECOVERY_CODE_USED: _text(
            "回復コードでサインインしました",
            "{at}に、回復コードが使われました。残りは{left}個です。",
            _OWN,
            at=datetime, left=int,
        ),
        Topic.TEMPORARY_CODE_ISSUED: _text(
            "窓口コードを発行しました",
            "{at}に、窓口コードを発行しました。{until}まで、一度だけ使えます。",
            _OWN,
            at=datetime, until=datetime,
        ),
        Topic.TEMPORARY_CODE_USED: _text(
            "窓口コードでサインインしました",
            "{at}に、窓口コードが使われました。",
            _OWN,
            at=datetime,
        ),
        Topic.TEMPORARY_PASSWORD_ISSUED: _text(
            "仮パスワードを発行しました",
            "{at}に、仮パスワードを発行しました。{until}までにサインインし、パスワードを変更してください。",
            _OWN,
            at=datetime, until=datetime,
        ),
        Topic.PASSWORD_CHANGED: _text(
            "パスワードを変更しました",
            "{at}に、パスワードを変更しました。",
            _OWN,
            at=datetime,
        ),
        Topic.PASSWORD_TO_CHANGE: _text(
            "パスワードの変更をお願いします",
            "次のサインインで、パスワードの変更が必要です（理由: {reason}）。",
            reason=str,
        ),
        Topic.SIGNIN_UNUSUAL: _text(
            "いつもと違うサインインがありました",
            "{at}に、いつもと違うサインインがありました（接続元: {address}、端末: {terminal}）。",
            _OWN,
            at=datetime, address=str, terminal=str,
        ),
        Topic.SIGNIN_FAILURES: _text(
            "サインインの失敗が続いています",
            "{at}までに、サインインの失敗が{failures}回続きました。しばらくの間、続けて試せないようにしています。",
            _OWN,
            at=datetime, failures=int,
        ),
        Topic.SIGNIN_STOPPED: _text(
            "失敗が続いたため、使えないようにしました",
            "{at}に、{form}での失敗が続いたため、使えないようにしました。",
            "再び使うには、情報システムの担当者へ連絡してください。",
            at=datetime, form=str,
        ),
        Topic.SIGNIN_UNLOCKED: _text(
            "サインインの制限を解除しました",
            "{at}に、情報システムの担当者がサインインの制限を解除しました。",
            _OWN,
            at=datetime,
        ),
        Topic.SESSIONS_ENDED: _text(
            "サインイン中の端末をサインアウトしました",
            "{at}に、サインイン中だった端末をすべてサインアウトしました（理由: {reason}）。",
            at=datetime, reason=str,
        ),
        Topic.TOKEN_LENT: _text(
            "ワンタイムパスワードの機器をお貸ししました",
            "{at}に、製造番号 {serial} の機器をお貸ししました。人に貸したり、共用したりしないでください。",
            "なくしたときは、ポータルからすぐに届け出てください。",
            at=datetime, serial=str,
        ),
        Topic.TOKEN_RETURNED: _text(
            "ワンタイムパスワードの機器の返却を受け付けました",
            "{at}に、製造番号 {serial} の機器の返却を受け付けました。",
            at=datetime, serial=str,
        ),
        Topic.RIGHT_RETURNED: _text(
            "権限の返却を受け付けました",
            "{at}に、{system}の「{right}」の返却を受け付けました。次の同期で反映します。",
            _OWN,
            at=datetime, system=str, right=str,
        ),
        Topic.ENROLMENT_ASKED: _text(
            "認証手段の登録をお願いします",
            "{until}までに、ポータルにサインインして、認証手段を登録してください。",
            "登録がないと、その後は利用できない情報システムがあります。",
            until=date,
        ),
        Topic.DEPUTY_APPOINTED: _text(
            "代理に指定されました",
            "{since}から{until}まで、{role}の代理に指定されました。",
            role=str, since=date, until=date,
        ),
        Topic.DEPUTY_ENDED: _text(
            "代理の指定を終了しました",
            "{role}の代理の指定を、{on}に終了しました。",
            role=str, on=date,
        ),
        Topic.OUTSIDE_PERMITTED: _text(
            "庁外からの利用が許可されました",
            "{first}から{last}まで、庁外からの利用が許可されました。",
            "理由は「{reason}」です。入るときは、二種類の要素が要ります。",
            first=date, last=date, reason=str,
        ),
        Topic.OUTSIDE_ENDED: _text(
            "庁外からの利用の許可を取り消しました",
            "{last}までとしていた庁外からの利用の許可を、{on}に取り消しました。",
            "くわしくは情報システムの担当者へおたずねください。",
            last=date, on=date,
        ),
        Topic.LOSS_REPORTED: _text(
            "認証手段の紛失の届出がありました",
            "{at}に、{person}（職員番号 {staff_number}）の{form}「{name}」の紛失の届出がありました。",
            "使えないようにし、サインイン中の端末をすべてサインアウトしました。" + _LOOK,
            at=datetime, person=str, staff_number=str, form=str, name=str,
        ),
        Topic.LEAK_SUSPECTED: _text(
            "パスワードの漏えいが疑われます",
            "{at}に、{person}（職員番号 {staff_number}）から、パスワードの漏えいの疑いが届け出られました。",
            "サインイン中の端末をすべてサインアウトし、次のサインインで変更を求めます。" + _LOOK,
            at=datetime, person=str, staff_number=str,
        ),
        Topic.CASE_ASKED: _text(
            "確認をお願いします",
            "{asker}から、「{case}」（受付番号 {number}）の確認の依頼があります。{until}までに" + _LOOK,
            asker=str, case=str, number=int, until=datetime,
        ),
        Topic.CASE_DECIDED: _text(
            "依頼の結果",
            "「{case}」（受付番号 {number}）は「{decision}」となりました。",
            case=str, number=int, decision=str,
        ),
        Topic.PLAN_HELD: _text(
            "同期の計画を保留しています",
            "計画 {plan}（変更 {changes}件）を保留しています。担当者二人の確認が必要です。" + _LOOK,
            plan=int, changes=int,
        ),
    }
)  # fmt: skip


def harmless(topic: Topic, values: Mapping[str, Value]) -> dict[str, Value]:
    """`values` as a letter or notice may hold them: each field of the topic once, texts in one line.

    Raises:
        ValueError: when a field is missing or is not one of the topic's.
        TypeError: when a value is of another type than its field.
    """
    fields = TEXTS[topic].fields
    if values.keys() != fields.keys():
        raise ValueError(f"{topic} has the fields {sorted(fields)}, not {sorted(values)}")
    for name, value in values.items():
        if type(value) is not fields[name]:
            # Exactly: a datetime is a date to isinstance, and True an int.
            raise TypeError(f"{topic}.{name} is {fields[name].__name__}, not {type(value).__name__}")
    return {name: one_line(value) if isinstance(value, str) else value for name, value in values.items()}


def composed(topic: Topic, values: Mapping[str, Value]) -> tuple[str, str]:
    """Subject and body of a letter.

    Raises:
        ValueError, TypeError: see `harmless`.
    """
    text = TEXTS[topic]
    said = {name: _said(value) for name, value in harmless(topic, values).items()}
    return f"【鍵守】{text.subject}", text.body.format_map(said) + "\n" + _FOOTER


def one_line(text: str) -> str:
    """`text` without control, format and separator characters, in at most `LONGEST_TEXT` characters."""
    shown = "".join(char if char.isprintable() and not _hidden(char) else " " for char in text)
    shown = " ".join(shown.split())
    return shown if len(shown) <= LONGEST_TEXT else shown[: LONGEST_TEXT - 1] + "…"


def _hidden(char: str) -> bool:
    return unicodedata.category(char) in {"Cf", "Cc", "Cs", "Zl", "Zp"}


def _said(value: Value) -> str:
    if isinstance(value, datetime):
        local = value.astimezone(JST)
        return f"{local.year}年{local.month}月{local.day}日 {local.hour}:{local:%M}"
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value:,}" if isinstance(value, int) and value > 9999 else str(value)  # noqa: PLR2004 - a serial stays whole
