"""Going through a page by keyboard alone, as somebody without a mouse does."""

from typing import Final

from playwright.sync_api import Locator, Page

_MOST_STOPS: Final = 80
_STOP: Final = """target => {
  const ringed = style => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  const at = document.activeElement;
  const name = at.tagName.toLowerCase() + ' "' + (at.name || at.textContent || at.id).trim().slice(0, 40) + '"';
  if (at === document.body) return [name, true, false];
  const style = getComputedStyle(at);
  const around = at.closest('label'); // a whole card may show what its box has
  const seen = ringed(style) || style.boxShadow !== 'none' || (around !== null && ringed(getComputedStyle(around)));
  return [name, seen, at === target];
}"""
"""What has the focus, whether that is seen, and whether it is what was looked for; in one question."""


def tab_to(page: Page, target: Locator, *, back: bool = False) -> None:
    """Press Tab (or Shift+Tab) until the target has the focus; every stop on the way must show that it has it.

    Fails with the stops that were seen when the target cannot be reached.
    """
    stops = []
    for _ in range(_MOST_STOPS):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        name, seen, there = target.evaluate(_STOP)
        stops.append(name)
        assert seen, f"the focus is not seen on {name}"
        if there:
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
