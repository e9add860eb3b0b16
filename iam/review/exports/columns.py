"""The columns of tables: what stands under each heading for a row, in words.

The one law: *a heading means the same in every format*, and what stands under one heading is not said again under
another; CSV has all columns, paper those that fit on it, in fewer words.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from iam.access.accounts import AccountState
from iam.access.kept.register import KeptKind
from iam.people.standing import Status
from iam.record.columns import jst_day, local_text
from iam.review.campaigns import CampaignPerson, Right
from iam.review.deciding.verdicts import Answer, Outcome
from iam.review.exports.rows import Row
from iam.review.findings import why
from iam.review.words import Part

_KINDS: Final = {
    "": "台帳なし", "personal": "本人のID", "privileged": "特権ID", **{each.value: each.label_ja for each in KeptKind},
}  # fmt: skip
_GIVEN: Final = {"rule": "標準付与", "grant": "個別付与", "use": "特権利用", "none": "根拠なし"}

Words = Mapping[str, str]
"""The body's words for its staff categories, by code."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `key` its name in JSON, `width` on paper in characters, `text` what stands there for a row."""

    key: str
    heading: str
    width: int
    text: Callable[[Row, Words, date], str]


def texts(columns: Sequence[Column], row: Row, categories: Words, on: date) -> list[str]:
    """The texts of a row under `columns`, not guarded against formulas yet.  `on`: the day of the export (JST)."""
    # A form of a page sends line breaks as CR LF.
    return [column.text(row, categories, on).replace("\r\n", "\n") for column in columns]


def day_text(at: date | datetime | None) -> str:
    """A day as tables say it: 2026-10-05, of an instant the day in Japan; "" for none."""
    if isinstance(at, datetime):
        at = jst_day(at)
    return "" if at is None else at.isoformat()


def standing(person: CampaignPerson | None) -> str:
    """How somebody stands with 人事: 退職（2026-03-31から）; "" for nobody."""
    if person is None:
        return ""
    words = Status(person.status).label_ja
    return f"{words}（{day_text(person.since)}から）" if person.since else words


def state(row: Row) -> str:
    """Whether the account can be used, and where it was met."""
    line = row.line
    if not line.native_id:
        return f"システムにない（台帳では{AccountState(line.state).label_ja}）" if line.state else "システムにない"
    return f"{'有効' if line.enabled else '停止'}・{line.sorting.label_ja}"


def used(row: Row) -> str:
    """The last sign-in and where it was seen; that none is known is said."""
    if row.line.used_at is None:
        return "利用の記録なし"
    where = f"（{row.line.used_where}）" if row.line.used_where else ""
    return day_text(row.line.used_at) + where


def marks(row: Row) -> str:
    """What was found, by its words."""
    return "、".join(each.kind.label_ja for each in row.findings)


def evidence(row: Row) -> str:
    """Why, for everything that was found, one finding a line."""
    return "\n".join(f"{each.kind.label_ja}: {''.join(why(each.kind, each.evidence))}" for each in row.findings)


def right_words(right: Right) -> str:
    """One right with what it stands on: メール〔標準付与 全職員〕."""
    until = f" {right.until}まで" if right.until else ""
    privileged = " 特権" if right.privileged else ""
    base = f"{_GIVEN.get(right.by, right.by)} {right.rule}".rstrip()
    return f"{right.name or right.right}〔{base}{until}{privileged}〕"


def verdict(outcome: Outcome | None) -> str:
    """What comes of all answers, in words; 未判定 while there are none."""
    if outcome is None:
        return "未判定"
    until = f"（{day_text(outcome.until)}まで）" if outcome.until else ""
    rights = f"（{'、'.join(outcome.rights)}）" if outcome.rights else ""
    silent = "・回答なし" if outcome.silent else ""
    return f"{outcome.verdict.label_ja}{until}{rights}{silent}"


def answer_words(row: Row, part: Part) -> str:
    """What one part answered, who, when and how: 継続　0001234 川口 遥 2026-10-06 09:30（画面）; "" for nothing."""
    return "\n".join(_answer(row, each) for each in row.answers if each.part is part)


def _answer(row: Row, given: Answer) -> str:
    detail = [
        "、".join(given.rights),
        f"{day_text(given.until)}まで" if given.until else "",
        row.names.get(given.given_to, "") if given.given_to else "",
    ]
    extra = f"（{' '.join(filter(None, detail))}）" if any(detail) else ""
    by = row.names.get(given.answered_by, "") if given.answered_by else ""
    return f"{given.verdict.label_ja}{extra}　{by} {local_text(given.answered_at)}（{given.how.label_ja}）"


def reasons(row: Row) -> str:
    """The reasons of all answers, by whom they are."""
    return "\n".join(f"{each.part.label_ja}: {each.reason}" for each in row.answers if each.reason)


def carried(row: Row, on: date) -> str:
    """How far what was decided is carried out."""
    return "\n".join(
        f"{each.what.label_ja}{f' {each.entitlement}' if each.entitlement else ''}: {each.state_ja(on)}"
        + (f" {day_text(each.verified_at)}" if each.verified_at and not each.lifted_at else "")
        + (f"（{each.trouble}）" if each.trouble and not each.verified_at else "")
        for each in row.removals
    )


def _person(row: Row, of: Callable[[CampaignPerson], str]) -> str:
    return of(row.owner) if row.owner else ""


def _keeper(row: Row) -> str:
    return f"{row.keeper.staff_number} {row.keeper.name}（{standing(row.keeper)}）" if row.keeper else ""


def _one(part: Part) -> Callable[[Row, Words, date], str]:
    return lambda row, _words, _on: answer_words(row, part)


def _answers(row: Row) -> str:
    """Every answer with its reason, as paper has them."""
    return "\n".join(
        f"{each.part.label_ja}: {_answer(row, each)}" + (f"\n理由: {each.reason}" if each.reason else "")
        for each in row.answers
    )


def _kind_and_state(row: Row, _words: Words, _on: date) -> str:
    keeper = f"管理者 {_keeper(row)}" if row.keeper else ""
    return _lines(_KINDS.get(row.line.kind, row.line.kind), state(row), keeper)


def _rights(row: Row) -> str:
    """What the rules give to everybody of a post by name alone; what else a right stands on is said."""
    usual = [each.by == "rule" and not each.until and not each.privileged for each in row.line.rights]
    named = [each.name or each.right for each, so in zip(row.line.rights, usual, strict=True) if so]
    told = [right_words(each) for each, so in zip(row.line.rights, usual, strict=True) if not so]
    return _lines("、".join(named), *told)


def _found(row: Row) -> str:
    former = f"前回: {row.line.former}" if row.findings and row.line.former else ""
    return _lines(evidence(row), former)


def _lines(*texts_: str) -> str:
    return "\n".join(filter(None, texts_))


MARK: Final = "●"
"""Stands in front of a line about which something was found: it is seen without colour, and can be filtered by."""

ALL: Final = (
    Column("number", "番号", 6, lambda row, _w, _o: str(row.number)),
    Column("department", "部", 14, lambda row, _w, _o: row.department),
    Column("unit", "所属", 14, lambda row, _w, _o: row.unit),
    Column("staff_number", "職員番号", 10, lambda row, _w, _o: _person(row, lambda p: p.staff_number)),
    Column("name", "氏名", 12, lambda row, _w, _o: _person(row, lambda p: p.name)),
    Column("title", "職", 10, lambda row, _w, _o: _person(row, lambda p: p.title)),
    Column(
        "category", "任用区分", 12, lambda row, words, _o: _person(row, lambda p: words.get(p.category, p.category))
    ),
    Column("standing", "在職の状況", 18, lambda row, _w, _o: standing(row.owner)),
    Column("appointment", "発令", 20, lambda row, _w, _o: _person(row, lambda p: p.appointment)),
    Column("system", "システム", 14, lambda row, _w, _o: row.system),
    Column("login", "ID", 14, lambda row, _w, _o: row.line.login),
    Column("kind", "種類", 10, lambda row, _w, _o: _KINDS.get(row.line.kind, row.line.kind)),
    Column("state", "状態", 16, lambda row, _w, _o: state(row)),
    Column("keeper", "管理者", 18, lambda row, _w, _o: _keeper(row)),
    Column("rights", "権限", 30, lambda row, _w, _o: "\n".join(map(right_words, row.line.rights))),
    Column("created", "作成日", 10, lambda row, _w, _o: day_text(row.line.created_at)),
    Column("used", "最終利用", 16, lambda row, _w, _o: used(row)),
    Column("findings", "指摘", 20, lambda row, _w, _o: marks(row)),
    Column("evidence", "指摘の根拠", 40, lambda row, _w, _o: evidence(row)),
    Column("hr", "人事の回答", 24, _one(Part.HR)),
    Column("owner", "責任者の回答", 24, _one(Part.OWNER)),
    Column("general", "統括の回答", 24, _one(Part.GENERAL)),
    Column("reasons", "理由", 30, lambda row, _w, _o: reasons(row)),
    Column("verdict", "判定", 14, lambda row, _w, _o: verdict(row.outcome)),
    Column("carried", "反映", 20, lambda row, _w, on: carried(row, on)),
    Column("former", "前回の判定", 14, lambda row, _w, _o: row.line.former),
    Column("clauses", "条項", 20, lambda row, _w, _o: " ".join(row.clauses)),
)
"""Every column, as CSV and JSON have them."""

_BY_KEY: Final = {each.key: each for each in ALL}

PAPER: Final = (
    Column("number", "番号", 5, lambda row, _w, _o: str(row.number)),
    Column("mark", "印", 3, lambda row, _w, _o: MARK if row.findings else ""),
    Column("unit", "所属・職", 13, lambda row, _w, _o: _person(row, lambda p: _lines(p.org_name, p.title))),
    Column("staff_number", "職員番号", 9, _BY_KEY["staff_number"].text),
    Column("name", "氏名", 11, _BY_KEY["name"].text),
    Column("standing", "在職の状況", 12, _BY_KEY["standing"].text),
    Column("system", "システム", 11, _BY_KEY["system"].text),
    Column("login", "ID", 11, _BY_KEY["login"].text),
    Column("state", "種類・状態", 15, _kind_and_state),
    Column("rights", "権限", 18, lambda row, _w, _o: _rights(row)),
    Column("used", "最終利用", 11, _BY_KEY["used"].text),
    Column("findings", "指摘", 36, lambda row, _w, _o: _found(row)),
    Column("answers", "回答", 20, lambda row, _w, _o: _answers(row)),
    Column("verdict", "判定", 10, _BY_KEY["verdict"].text),
    Column("carried", "反映", 10, _BY_KEY["carried"].text),
)
"""What fits on a sheet of A4 that lies on its side."""
