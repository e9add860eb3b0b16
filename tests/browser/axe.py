"""axe-core over a page: JIS X 8341-3:2016 and WCAG 2.2, levels A and AA."""

from functools import cache
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

AXE: Final = Path(__file__).parents[2] / ".tools/npm/node_modules/axe-core/axe.min.js"
_TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def violations(page: Page) -> list[str]:
    """What axe finds, one line for each kind: rule, weight, what to do, where."""
    # Evaluated by the debugger, not added as a script: the page's content security policy stays as it is.
    page.evaluate(_source())
    found: list[dict[str, Any]] = page.evaluate(
        "async tags => (await axe.run(document, {runOnly: tags, resultTypes: ['violations']})).violations", _TAGS
    )
    return [_line(each) for each in found]


def assert_accessible(page: Page) -> None:
    """No violation on this page, as it stands now."""
    assert violations(page) == [], page.url


def _line(violation: dict[str, Any]) -> str:
    places = "; ".join(" ".join(map(str, node["target"])) for node in violation["nodes"])
    return f"{violation['id']} ({violation['impact']}): {violation['help']}: {places}"


@cache
def _source() -> str:
    assert AXE.is_file(), "axe-core is missing: run ./dev assets"
    return AXE.read_text(encoding="utf-8")
