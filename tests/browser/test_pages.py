"""Every page, as everybody who may come there sees it, on a wide screen and on a telephone.

No violation of JIS X 8341-3 and WCAG 2.2 A and AA, nothing that must be scrolled
sideways, no error and no refused script or style anywhere.
"""

from typing import Final

import pytest
from playwright.sync_api import Browser, Page

from iam.policy.profile import Role
from tests.browser.axe import violations
from tests.browser.chromium import PHONE
from tests.browser.city import City
from tests.browser.tour import Furnished, Scene, Tour, furnish, moments, pages, routes
from web.practice.portal.visitors import CAST

NARROW: Final = 320
"""CSS pixels at which WCAG 1.4.10 asks that nothing be scrolled sideways."""

_SHAPE: Final = """() => [...document.querySelectorAll('body *')].map(
  e => [e.tagName, e.className.baseVal ?? e.className, ...e.getAttributeNames()].join(' '))"""
_WIDE: Final = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def found(city: City) -> Furnished:
    return furnish(city)


class Judge:
    """Judges what was not judged before: the same page for another officer often holds nothing new."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def mistakes(self, scene: Scene, page: Page) -> list[str]:
        """What is wrong with this page at any width."""
        new = set(page.evaluate(_SHAPE)) - self._known
        self._known |= new
        wide = [f"{scene.name}: {each}" for each in violations(page)] if new else []
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        narrow = [f"{scene.name} on a telephone: {each}" for each in violations(page)] if new else []
        page.set_viewport_size({"width": NARROW, "height": PHONE[1]})
        sideways = [f"{scene.name} must be scrolled sideways"] if page.evaluate(_WIDE) else []
        return wide + narrow + sideways


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge()


def judged(judge: Judge, browser: Browser, city: City, scenes: list[Scene]) -> list[str]:
    """All mistakes of all scenes."""
    with Tour(browser, city) as tour:
        mistakes = [each for scene in scenes for each in judge.mistakes(scene, tour.shown(scene))]
        return mistakes + tour.faults()


ROLES: Final = (None, *(part.role for part in CAST if part.role))


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role or "staff")
def test_every_page_is_for_everybody(judge: Judge, browser: Browser, found: Furnished, role: Role | None) -> None:
    mine = [scene for scene in pages(found) if (scene.who.role if scene.who else "") == (role or "")]
    assert judged(judge, browser, found.city, mine) == []


def test_every_moment_is_for_everybody(judge: Judge, browser: Browser, found: Furnished) -> None:
    assert judged(judge, browser, found.city, list(moments(found))) == []


def test_the_tour_misses_no_page(found: Furnished) -> None:
    asked = {rule.endpoint for rule in routes(found.city)}
    assert {scene.name for scene in pages(found)} == asked
