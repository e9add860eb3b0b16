"""From a source's row of text to typed statements, or the first rule that it breaks.

The one law: `read_row` never raises and never guesses.  Whatever a source may
say, the answer is a list of `FeedRow` or one `Rejected`, and no My Number
passes through it, not even in a refusal (R05, R07, R44, R49).
"""

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import replace
from datetime import date
from enum import StrEnum
from functools import lru_cache

from iam.people.feed import OPEN_END, AppointmentKind, CategoryRule, FeedCodes, FeedRow, Gives, Rejected
from iam.people.japanese import NotADate, Open, fiscal_year_end, hide_my_numbers, holds_my_number, narrow, parse_date
from iam.people.organisation import Organisation
from iam.ports import SourceRow

FIELD_LABELS: Mapping[str, str] = {
    "staff_number": "職員番号",
    "name": "氏名",
    "name_kana": "氏名カナ",
    "category": "任用区分",
    "org_code": "所属コード",
    "org_name": "所属名",
    "title_code": "職名コード",
    "title": "職名",
    "primary": "本務兼務区分",
    "kind": "発令区分",
    "status": "在職区分",
    "valid_from": "発令年月日",
    "valid_until": "終了年月日",
    "announce_from": "内示解禁日",
    "email": "メールアドレス",
    "previous_number": "旧職員番号",
    "home_body": "派遣元団体",
}
"""Every field that a row may carry, and what officers call it."""


class _State(StrEnum):
    """在職区分 in our words."""

    IN_SERVICE = "in_service"
    LEAVE = "leave"
    AWAY = "away"
    RETIRED = "retired"


class _Primary(StrEnum):
    """本務兼務区分 in our words."""

    PRIMARY = "primary"
    CONCURRENT = "concurrent"


_KINDS = frozenset(map(str, AppointmentKind))
_STATES = frozenset(map(str, _State))
_PRIMARIES = frozenset(map(str, _Primary))


class _Refused(Exception):
    """Ends the reading of one row; never leaves this module."""

    def __init__(self, field: str, value: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.value = value
        self.reason = reason


def read_row(
    row: SourceRow,
    codes: FeedCodes,
    categories: Mapping[str, CategoryRule],
    organisation: Organisation | None,
    number_prefix: str,
) -> list[FeedRow] | Rejected:
    """What `row` says: one statement, or two where it says two things, or why it is refused.

    A row of a post whose 在職区分 is leave, away or retired gives the post and
    the leave, the secondment or the last day beside it.  A row of 休職 or
    出向(派遣) gives the post too where 在職区分 says so as well: then the file
    is one of states, and the row is all there is about the person.
    """
    try:
        return _statements(row, codes, categories, organisation, number_prefix)
    except _Refused as refused:
        number = _number_if_readable(row.fields.get("staff_number", ""), number_prefix)
        announced = _announced(row.fields.get("announce_from", ""))
        return Rejected(
            row.place, refused.field, _shown(refused.value), refused.reason, number, row.fingerprint, announced
        )


def _statements(
    row: SourceRow,
    codes: FeedCodes,
    categories: Mapping[str, CategoryRule],
    organisation: Organisation | None,
    prefix: str,
) -> list[FeedRow]:
    text = _texts(row.fields)
    number = _number("staff_number", text["staff_number"], prefix)
    kind = AppointmentKind(_code("kind", text, codes.kind, _KINDS) or AppointmentKind.UNTOLD)
    state = _State(_code("status", text, codes.status, _STATES) or _State.IN_SERVICE)
    rule = _category(text, kind, codes, categories)
    concurrent = _concurrent(text, codes, kind)
    previous = _number("previous_number", text["previous_number"], prefix) if text["previous_number"] else ""
    stated = _stated(row, text, kind, rule, numbers=(number, previous), concurrent=concurrent)
    if rule is None or kind is AppointmentKind.CANCELLATION:
        return [replace(stated, gives=Gives.VOID)]
    if "org_code" in row.fields and not (stated.org_code or stated.org_name) and kind not in _WITHOUT_POST:
        raise _Refused("org_code", "", "所属コードが空です。人事システムで所属を入れてください。")
    if kind is AppointmentKind.RETIRE or state is _State.RETIRED:
        return _ending(stated, rule, organisation)
    return _serving(stated, state, rule, organisation)


def _stated(
    row: SourceRow,
    text: Mapping[str, str],
    kind: AppointmentKind,
    rule: CategoryRule | None,
    *,
    numbers: tuple[str, str],
    concurrent: bool,
) -> FeedRow:
    """The row as a post, whatever it turns out to give."""
    first, last = _dates(text)
    return FeedRow(
        staff_number=numbers[0],
        name=_required("name", text),
        name_kana=text["name_kana"],
        category=rule.code if rule else "",
        gives=Gives.POST,
        kind=kind,
        org_code=narrow(text["org_code"]),
        org_name=text["org_name"],
        title_code=narrow(text["title_code"]),
        title=text["title"],
        concurrent=concurrent,
        valid_from=first,
        valid_until=last,
        announce_from=_announcement(text, first),
        email=text["email"],
        previous_number=numbers[1],
        home_body=text["home_body"],
        place=row.place,
        fingerprint=row.fingerprint,
    )


_WITHOUT_POST = frozenset({AppointmentKind.LEAVE, AppointmentKind.SECONDED_OUT, AppointmentKind.RETIRE})


def _ending(stated: FeedRow, rule: CategoryRule, organisation: Organisation | None) -> list[FeedRow]:
    """退職: the last day in service, and the post up to it where the row spans more than that day."""
    retiring = stated.kind is AppointmentKind.RETIRE
    open_end = stated.valid_until == OPEN_END
    if open_end and not retiring:
        raise _Refused("valid_until", "", "在職区分が退職ですが、終了年月日がありません。退職日を入れてください。")
    last = stated.valid_from if open_end else stated.valid_until
    end = replace(stated, gives=Gives.END, valid_from=last, valid_until=last)
    if retiring and not (stated.org_code and stated.valid_from < last):
        return [end]
    return [_post(stated, rule, organisation), end]


def _serving(stated: FeedRow, state: _State, rule: CategoryRule, organisation: Organisation | None) -> list[FeedRow]:
    """The post, the leave or the secondment, or a post with one of them beside it."""
    overlay = _OVERLAY_OF_STATE.get(state) or _OVERLAY_OF_KIND.get(stated.kind)
    if overlay is None:
        return [_post(stated, rule, organisation)]
    beside = replace(stated, gives=overlay)
    if stated.kind not in _OVERLAY_OF_KIND:
        return [_post(stated, rule, organisation), beside]
    if state is _State.IN_SERVICE or not stated.org_code:
        return [beside]
    # The row's dates are the leave's; the post outlives it unless the category forbids an open end.
    post = stated if _must_end(rule) else replace(stated, valid_until=OPEN_END)
    return [_post(post, rule, organisation), beside]


_OVERLAY_OF_STATE = {_State.LEAVE: Gives.LEAVE, _State.AWAY: Gives.AWAY}
_OVERLAY_OF_KIND = {AppointmentKind.LEAVE: Gives.LEAVE, AppointmentKind.SECONDED_OUT: Gives.AWAY}


def _post(stated: FeedRow, rule: CategoryRule, organisation: Organisation | None) -> FeedRow:
    """`stated` as a post that the category and the organisation allow (R05)."""
    if rule.needs_home_body and not stated.home_body:
        reason = "出向（受入）の職員に派遣元団体がありません。人事システムで派遣元団体を入れてください。"
        raise _Refused("home_body", "", reason)
    named = _placed(stated, organisation) if organisation and stated.org_code else stated
    if named.valid_until != OPEN_END:
        return named
    if _must_end(rule):
        reason = "この任用区分には終了年月日（任期または出向期間の末日）が要ります。人事システムで入れてください。"
        raise _Refused("valid_until", "", reason)
    if rule.default_end == "fiscal_year_end":
        return replace(named, valid_until=fiscal_year_end(named.valid_from), end_assumed=True)
    return named


def _must_end(rule: CategoryRule) -> bool:
    return rule.default_end == "required" or rule.needs_home_body


def _placed(stated: FeedRow, organisation: Organisation) -> FeedRow:
    """`stated` with the name of its unit.  Posts from before the list begins cannot be checked."""
    if stated.valid_until < organisation.begins:
        return stated
    units = organisation.during(stated.org_code, stated.valid_from, stated.valid_until)
    if not units:
        reason = (
            f"所属コードが{stated.valid_from}以降の組織の一覧にありません。"
            "組織の一覧に加えるか、人事システムの所属コードを直してください。"
        )
        raise _Refused("org_code", stated.org_code, reason)
    return stated if stated.org_name else replace(stated, org_name=units[0].name)


_FREE_TEXT = frozenset({"name", "name_kana", "org_name", "title", "email", "home_body"})
_LONGEST = 500
_LONGEST_SHOWN = 60
# Control characters, marks that turn the direction of text around or have no width, halves of pairs.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")
_BREAKS = re.compile("[\r\n\t]+")


def _texts(fields: Mapping[str, str]) -> dict[str, str]:
    """Every field, "" where the row has none, without spaces around it and with breaks as one space."""
    text = {field: fields.get(field, "").strip() for field in FIELD_LABELS}
    if _UNPRINTABLE.search("".join(text.values())):
        text = {field: _BREAKS.sub(" ", value) for field, value in text.items()}
        _refuse_first(
            text, _UNPRINTABLE.search, "に制御文字など表示できない文字があります。人事システムで直してください。"
        )
    joined = "\n".join(text.values())
    if hide_my_numbers(joined) != joined:
        reason = "にマイナンバーの形をした12桁の数字があります。取り込まず、人事システムの出力項目を確かめてください。"
        written = {field: value for field, value in text.items() if field in _FREE_TEXT}
        _refuse_first(written, lambda value: hide_my_numbers(value) != value, reason)
        _refuse_first(text, holds_my_number, reason)
    if len(joined) > _LONGEST:
        _refuse_first(text, lambda value: len(value) > _LONGEST, f"が長すぎます（上限{_LONGEST}文字）。")
    return text


def _refuse_first(text: Mapping[str, str], bad: Callable[[str], object], reason: str) -> None:
    for field, value in text.items():
        if bad(value):
            raise _Refused(field, value, FIELD_LABELS[field] + reason)


def _required(field: str, text: Mapping[str, str]) -> str:
    if not text[field]:
        label = FIELD_LABELS[field]
        raise _Refused(field, "", f"{label}が空です。人事システムで{label}を入れてください。")
    return text[field]


_NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,31}")


def _number(field: str, text: str, prefix: str) -> str:
    number = narrow(text)
    if not number:
        raise _Refused(
            field, "", f"{FIELD_LABELS[field]}が空です。誰の行か分かりません。人事システムで直してください。"
        )
    if not _NUMBER.fullmatch(number):
        raise _Refused(
            field, text, f"{FIELD_LABELS[field]}は半角の数字と英字32文字までです。人事システムで直してください。"
        )
    return prefix + number


def _number_if_readable(text: str, prefix: str) -> str | None:
    """The staff number of a refused row, or None when it has none that may be kept."""
    number = narrow(text)
    if not _NUMBER.fullmatch(number) or holds_my_number(number):
        return None
    return prefix + number


def _code(field: str, text: Mapping[str, str], codes: Mapping[str, str], known: Container[str]) -> str:
    """Our code for the body's code; "" when the row says nothing."""
    value = text[field]
    if not value:
        return ""
    ours = codes.get(value) or codes.get(narrow(value)) if codes else narrow(value)
    if ours is None:
        reason = f"{FIELD_LABELS[field]}「{_shown(value)}」の読み替えが設定の codes.{field} にありません。"
        raise _Refused(field, value, reason + "設定に加えるか、人事システムで直してください。")
    if ours not in known:
        reason = f"{FIELD_LABELS[field]}「{_shown(ours)}」は使えない区分です。設定の codes.{field} を確かめてください。"
        raise _Refused(field, value, reason)
    return ours


def _category(
    text: Mapping[str, str], kind: AppointmentKind, codes: FeedCodes, categories: Mapping[str, CategoryRule]
) -> CategoryRule | None:
    """The profile's rule for the row's category; None only where a 取消 does not say (R05)."""
    if kind is AppointmentKind.CANCELLATION and not text["category"]:
        return None
    _required("category", text)
    return categories[_code("category", text, codes.category, categories)]


def _concurrent(text: Mapping[str, str], codes: FeedCodes, kind: AppointmentKind) -> bool:
    said = _code("primary", text, codes.primary, _PRIMARIES)
    return said == _Primary.CONCURRENT if said else kind is AppointmentKind.CONCURRENT


def _dates(text: Mapping[str, str]) -> tuple[date, date]:
    first = _date("valid_from", text["valid_from"])
    last = _date("valid_until", text["valid_until"]) or OPEN_END
    if first is None:
        raise _Refused("valid_from", text["valid_from"], "発令年月日がありません。人事システムで入れてください。")
    if last < first:
        reason = f"終了年月日（{last}）が発令年月日（{first}）より前です。人事システムで直してください。"
        raise _Refused("valid_until", text["valid_until"], reason)
    return first, last


def _announcement(text: Mapping[str, str], first: date) -> date | None:
    """The day from which the row may be told, at the latest the one on which it takes effect."""
    announced = _date("announce_from", text["announce_from"])
    if announced and announced > first:
        reason = (
            f"内示解禁日({announced})が発令年月日({first})より後です。発令後まで伏せたままにはできません。"
            "人事システムで直してください。"
        )
        raise _Refused("announce_from", text["announce_from"], reason)
    return announced


_parsed = lru_cache(maxsize=4096)(parse_date)


def _date(field: str, text: str) -> date | None:
    """The day, or None for an open end."""
    try:
        found = _parsed(text)
    except NotADate as error:
        raise _Refused(
            field, text, f"{FIELD_LABELS[field]}が正しくありません: {error}。人事システムで直してください。"
        ) from error
    return None if isinstance(found, Open) else found


def _announced(text: str) -> date | None:
    """The first day on which a refused row may be shown; never where that day cannot be read."""
    try:
        return _date("announce_from", text.strip())
    except _Refused:
        return date.max


def _shown(value: str) -> str:
    """`value` as it may be printed: short, printable, without a My Number."""
    # Digits that only invisible characters part are one number.
    bare = _UNPRINTABLE.sub("", value)
    hidden = hide_my_numbers(bare)
    plain = _UNPRINTABLE.sub("?", value) if hidden == bare else hidden
    return plain if len(plain) <= _LONGEST_SHOWN else plain[:_LONGEST_SHOWN] + "…"
