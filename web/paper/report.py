"""The report of a review as PDF: figures and charts, what could not be read, what was found, decided and carried out.

The one law: *nothing is fetched*: no address, no file; fonts alone come from the machine.  It is made by the command or
the worker, never while a page waits.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from weasyprint import HTML
from weasyprint.urls import FatalURLFetchingError, URLFetcher

from iam.people.japanese import wareki
from iam.record.columns import local_text
from iam.review.deciding.counting.progress import Progress
from iam.review.exports.columns import PAPER, texts
from iam.review.exports.cover import NOBODYS, Cover
from iam.review.exports.figures import Days, Figures, Quarter
from iam.review.exports.rows import Row
from iam.review.words import FindingKind, Verdict
from web.paper.charts import Chart, Series, bars, columns, histogram, most_and_rest, stacked
from web.paper.front import SEALS
from web.paper.tally import Tally
from web.paper.text.characters import printable

LISTED: Final = 200
"""Lines with findings that the report lists; all of them stand in the workbook."""

_TEMPLATES: Final = Path(__file__).parents[1] / "templates" / "paper"
_BARS: Final = 24
"""Bars of one chart: more do not fit on a page."""

_LIST: Final = (
    "number",
    "unit",
    "staff_number",
    "name",
    "system",
    "login",
    "standing",
    "findings",
    "verdict",
    "carried",
)


class Report:
    """A review as PDF; a writer of `folder.write`."""

    def __init__(self, path: Path, cover: Cover, figures: Figures, on: date) -> None:
        self._path, self._cover, self._figures, self._on = path, cover, figures, on
        self._tally = Tally()
        self._listed: list[list[str]] = []
        self._shown = [each for each in PAPER if each.key in _LIST]

    @property
    def lines(self) -> int:
        """Lines of the review that were counted."""
        return self._tally.lines

    def take(self, row: Row) -> None:
        """One line of the review."""
        cells: list[str] = []
        if row.findings and len(self._listed) < LISTED:
            cells = [printable(each) for each in texts(self._shown, row, self._cover.categories, self._on)]
            self._listed.append(cells)
        headings = [each.heading for each in self._shown] if cells else []
        self._tally.take(row, f"{row.number}番", headings, cells)

    def close(self) -> None:
        """Lay it out and write it."""
        # What it is made of names it: the same review makes the same file.
        made = HTML(string=self.html(), base_url=None, url_fetcher=_Refusing())
        made.write_pdf(self._path, pdf_identifier=self._cover.campaign.snapshot_hash.encode(), pdf_tags=True)

    def html(self) -> str:
        """What is laid out."""
        made: str = _template("report.html").render(
            cover=self._cover,
            campaign=self._cover.campaign,
            tally=self._tally,
            charts=_charts(self._figures),
            progress=self._figures.progress,
            kinds=_kinds(self._cover, self._figures.quarters),
            quarters=self._figures.quarters,
            verdicts=[each for each in Verdict if self._tally.verdicts[each]],
            undecided=self._tally.verdicts[None],
            shown=self._shown,
            listed=self._listed,
            style=Markup((_TEMPLATES / "report.css").read_text(encoding="utf-8")),  # noqa: S704 - ours
            nobodys=NOBODYS, seals=SEALS, wareki=wareki, local=local_text,
        )  # fmt: skip
        return made

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self.close()


class _Refusing(URLFetcher):  # type: ignore[misc] # the library has no types
    """Refuses every address, those of files on this machine among them."""

    def fetch(self, url: str, headers: object = None) -> Any:  # noqa: ANN401 - as the library asks
        del headers
        raise FatalURLFetchingError(f"the report asks for nothing: {url[:60]}")


@dataclass(frozen=True, slots=True)
class Kind:
    """A row of the table of findings.  `before`, `change`: None where there was no review before."""

    label: str
    now: int
    before: int | None

    @property
    def change(self) -> str:
        """+3, ±0, −2; ― without a review before."""
        if self.before is None:
            return "―"
        difference = self.now - self.before
        return "±0" if not difference else f"{'＋' if difference > 0 else '－'}{abs(difference):,}"


def _kinds(cover: Cover, quarters: Sequence[Quarter]) -> list[Kind]:
    before = quarters[-2].counts if len(quarters) > 1 else None
    found = [kind for kind in FindingKind if cover.findings.get(kind) or (before and before.get(kind))]
    return [
        Kind(kind.label_ja, cover.findings.get(kind, 0), before.get(kind, 0) if before is not None else None)
        for kind in found
    ]


def _charts(figures: Figures) -> Mapping[str, list[Markup]]:
    return {
        "progress": list(_progress(figures.progress)),
        "kinds": _found(figures.quarters),
        "quarters": [_over_quarters(figures.quarters)] if len(figures.quarters) > 1 else [],
        "days": [_days(figures.days)] if any(each.count for each in figures.days) else [],
    }


def _progress(progress: Sequence[Progress]) -> Iterator[Markup]:
    for start in range(0, len(progress), _BARS):
        part = progress[start : start + _BARS]
        more = f"（{start // _BARS + 1}）" if len(progress) > _BARS else ""
        done, left = Series("判定済", [each.decided for each in part]), Series("未判定", [each.open for each in part])
        labels = [each.key or NOBODYS for each in part]
        title = f"部ごとの進み具合{more}"
        yield stacked(Chart(f"progress{start}", title, "部ごとの行の数。", labels, [done, left]))


def _found(quarters: Sequence[Quarter]) -> list[Markup]:
    counts = quarters[-1].counts if quarters else {}
    kinds = sorted(counts, key=lambda kind: -counts[kind])
    if not kinds:
        return []
    labels = [kind.label_ja for kind in kinds]
    return [
        bars(Chart("kinds", "指摘の種類", "指摘ごとの行の数。", labels, [Series("行", [counts[k] for k in kinds])]))
    ]


def _over_quarters(quarters: Sequence[Quarter]) -> Markup:
    kinds = [kind for kind in FindingKind if any(each.counts.get(kind) for each in quarters)]
    series = [Series(kind.label_ja, [each.counts.get(kind, 0) for each in quarters]) for kind in kinds]
    labels = [each.label for each in quarters]
    desc = "棚卸ごとの指摘の数。左が古い。"
    chart = Chart(
        "quarters", "指摘の移り変わり", desc, labels, most_and_rest(series) or [Series("指摘", [0] * len(labels))]
    )
    return columns(chart)


def _days(days: Sequence[Days]) -> Markup:
    series = Series("回答", [each.count for each in days])
    desc = "開始から回答までの日数ごとの回答の数。回答のないまま判定されたものは含みません。"
    return histogram(Chart("days", "回答までの日数", desc, [each.label for each in days], [series]))


def _template(name: str) -> Any:  # noqa: ANN401 - jinja2's own
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"count": "{:,}".format, "code": ord}
    return environment.get_template(name)
