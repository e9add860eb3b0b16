"""The cover of a workbook: which review, what was read, found, decided and signed, and boxes for seals (決裁欄).

The one law: *what could not be read stands above what was found* (R09).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from iam.people.japanese import wareki
from iam.record.columns import local_text
from iam.review.exports.cover import NOBODYS, Cover
from iam.review.words import Verdict
from web.paper.fitting import row_height
from web.paper.tally import Tally
from web.paper.text.characters import printable

SEALS: Final = ("起案", "係長", "課長", "統括", "人事")
"""Who puts a seal on it, from left to right."""

_WIDTHS: Final = (26.0, 32.0, 16.0, 12.0, 12.0, 12.0, 12.0, 12.0)
_FIRST_SEAL: Final = 3
_SEAL_HEIGHT: Final = 58
_LAST: Final = len(_WIDTHS) - 1
_A4: Final = 9

Cell = str | int


def put_cover(tab: Any, formats: Mapping[str, Any], cover: Cover, tally: Tally, tabs: Mapping[str, str]) -> None:  # noqa: ANN401 - a worksheet of a library without types
    """Write the cover; `tabs`: departments to the names of their sheets."""
    front = _Front(tab, formats)
    front.head(cover)
    front.pairs("概要", _summary(cover))
    front.table("読み取れなかったシステム", *_unread(cover))
    front.table("システム", ("システム", "担当", "読み取り", "システム上", "台帳のみ", "行"), _systems(cover))
    front.table("部", ("部", "シート", "行", "指摘あり"), _departments(cover, tabs))
    front.table("指摘", ("指摘", "行"), [(kind.label_ja, count) for kind, count in cover.findings.items()])
    front.table("判定", ("判定", "行"), _verdicts(tally))
    front.table("反映", ("決定", "確認済", "取消し", "未完了"), [_carried(cover)])
    front.table("署名", ("役割", "署名した人", "日時"), _signatures(cover))
    front.pairs("証明", _proofs(cover))
    front.finish(cover)


class _Front:
    """A sheet that is written downwards."""

    def __init__(self, tab: Any, formats: Mapping[str, Any]) -> None:  # noqa: ANN401 - as above
        self._tab, self._formats, self._row = tab, formats, 0
        for column, width in enumerate(_WIDTHS):
            tab.set_column(column, column, width)

    def head(self, cover: Cover) -> None:
        """The body, the title, and the boxes for seals beside them."""
        self._write(0, cover.body, "title")
        self._write(_FIRST_SEAL - 1, "決裁", "heading")
        for column, word in enumerate(SEALS, _FIRST_SEAL):
            self._write(column, word, "heading")
        self._row += 1
        self._tab.set_row(self._row, _SEAL_HEIGHT)
        self._tab.merge_range(self._row, 0, self._row, 1, printable(cover.campaign.title), self._formats["huge"])
        self._write(_FIRST_SEAL - 1, "", "cell")
        for column in range(_FIRST_SEAL, _FIRST_SEAL + len(SEALS)):
            self._write(column, "印", "seal")
        self._row += 2

    def pairs(self, title: str, pairs: Iterable[tuple[str, str]]) -> None:
        """What is called how."""
        self._part(title)
        for name, words in pairs:
            self._tab.set_row(self._row, row_height([(name, _WIDTHS[0]), (words, sum(_WIDTHS[1:]))]))
            self._write(0, name, "cell")
            self._tab.merge_range(self._row, 1, self._row, _LAST, printable(words), self._formats["cell"])
            self._row += 1
        self._row += 1

    def table(self, title: str, headings: Sequence[str], lines: Iterable[Sequence[Cell]]) -> None:
        """A table; without headings its lines are sentences."""
        self._part(title)
        for column, heading in enumerate(headings):
            self._write(column, heading, "heading")
        self._row += bool(headings)
        for line in lines:
            sized = zip(map(str, line), _WIDTHS, strict=False)
            self._tab.set_row(self._row, row_height(sized if headings else [("", 1)]))
            for column, cell in enumerate(line):
                self._write(column, cell, "cell" if headings else "plain")
            self._row += 1
        self._row += 1

    def finish(self, cover: Cover) -> None:
        """What a printer needs to know."""
        self._tab.set_landscape()
        self._tab.set_paper(_A4)
        self._tab.fit_to_pages(1, 0)
        self._tab.print_area(0, 0, self._row - 2, _LAST)
        self._tab.set_footer(f"&L{cover.year} {cover.period}&C&P / &N")

    def _part(self, title: str) -> None:
        self._tab.set_row(self._row, 17)
        self._write(0, title, "part")
        self._row += 1

    def _write(self, column: int, cell: Cell, look: str) -> None:
        if isinstance(cell, int):
            self._tab.write_number(self._row, column, cell, self._formats["number"])
        else:
            self._tab.write_string(self._row, column, printable(cell), self._formats[look])


def _summary(cover: Cover) -> list[tuple[str, str]]:
    campaign = cover.campaign
    return [
        ("年度・期間", f"{cover.year}　{cover.period}"),
        ("種類", campaign.kind.label_ja),
        ("基準日", _day(campaign.day)),
        ("回答の期限", _day(campaign.due_on)),
        ("状態", _state(cover)),
        ("件数", f"{cover.lines:,}件（指摘のあるもの {cover.with_findings:,}件）"),
        ("開始", f"{local_text(campaign.opened_at)}　{campaign.opened_by}"),
    ]


def _state(cover: Cover) -> str:
    campaign = cover.campaign
    words = campaign.state.label_ja
    if campaign.complete is False:
        words += f"（一部のシステムを除く。理由: {campaign.partial_reason}）"
    return f"{words}　{local_text(campaign.closed_at)}" if campaign.closed_at else words


def _unread(cover: Cover) -> tuple[Sequence[str], list[Sequence[Cell]]]:
    if not cover.unread:
        return (), [("すべてのシステムを読み取りました。",)]
    return ("システム", "理由"), [(each.name, each.trouble or "まだ読み取っていません。") for each in cover.unread]


def _systems(cover: Cover) -> list[Sequence[Cell]]:
    return [
        (each.name, each.owner, _read(each.connected, each.read_at), each.on_target, each.missing, each.lines)
        for each in cover.systems
    ]


def _read(connected: bool, at: datetime | None) -> str:  # noqa: FBT001 - two columns of a table
    return local_text(at) if at else ("読み取れず" if connected else "接続なし（台帳のみ）")


def _departments(cover: Cover, tabs: Mapping[str, str]) -> list[Sequence[Cell]]:
    listed: list[Sequence[Cell]] = [
        (each.name or NOBODYS, tabs.get(each.name, ""), each.lines, each.with_findings) for each in cover.departments
    ]
    return [*listed, ("合計", "", cover.lines, cover.with_findings)]


def _verdicts(tally: Tally) -> list[Sequence[Cell]]:
    listed: list[Sequence[Cell]] = [
        (verdict.label_ja, tally.verdicts[verdict]) for verdict in Verdict if tally.verdicts[verdict]
    ]
    if tally.verdicts[None]:
        listed.append(("未判定", tally.verdicts[None]))
    if tally.silent:
        listed.append(("うち回答なしによるもの", tally.silent))
    return [*listed, ("合計", tally.lines)]


def _carried(cover: Cover) -> Sequence[Cell]:
    carried = cover.carried
    return carried.wanted, carried.verified, carried.lifted, carried.waiting


def _signatures(cover: Cover) -> list[Sequence[Cell]]:
    return [
        (each.part.label_ja, each.who or "未署名", local_text(each.at) if each.at else "") for each in cover.signatures
    ]


def _proofs(cover: Cover) -> list[tuple[str, str]]:
    campaign = cover.campaign
    return [
        ("スナップショット（SHA-256）", campaign.snapshot_hash),
        ("職員の記録（SHA-256）", campaign.people_hash),
        ("判定（SHA-256）", campaign.result_hash or "署名の前です"),
        ("回答の版", str(campaign.revision)),
    ]


def _day(day: date) -> str:
    return f"{wareki(day)}（{day.isoformat()}）"
