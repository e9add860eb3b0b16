"""Going through a page by keyboard alone, as somebody without a mouse does."""

from typing import Final

from playwright.sync_api import Locator, Page

from tests.browser.chromium import focused

_MOST_STOPS: Final = 80
_SEEN: Final = """element => {
  const style = getComputedStyle(element);
  const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  return ring || style.boxShadow !== 'none';
}"""


def tab_to(page: Page, target: Locator, *, back: bool = False) -> None:
    """Press Tab (or Shift+Tab) until the target has the focus; every stop on the way must show that it has it.

    Fails with the stops that were seen when the target cannot be reached.
    """
    stops = []
    for _ in range(_MOST_STOPS):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        stops.append(focused(page))
        at = page.locator(":focus")
        if at.count():
            assert at.evaluate(_SEEN), f"the focus is not seen on {stops[-1]}"
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab does not lead there; it stopped at {stops}")


def fill_by_keys(page: Page, target: Locator, text: str) -> None:
    """Go to a field and type, key by key."""
    tab_to(page, target)
    page.keyboard.type(text)


def press(page: Page, target: Locator, key: str = "Enter") -> None:
    """Go to a button or a link and press it."""
    tab_to(page, target)
    page.keyboard.press(key)
