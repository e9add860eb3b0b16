"""Somebody at a page with a keyboard and no mouse: types, presses, follows, and reads what the page says.

Every page that is reached this way is judged by axe, as it stands at that moment.
"""

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.city import City
from tests.browser.keyboard import press, tab_to
from web.practice.portal.visitors import Visitor

_FOCUSED = "element => element === document.activeElement"


@dataclass(frozen=True)
class Hands:
    """At one page of the city's portal."""

    city: City
    page: Page

    # --- what a keyboard can do

    def opens(self, path: str, heading: str) -> None:
        """Go to an address."""
        self.page.goto(self.city.origin + path)
        self.sees(heading)

    def types(self, label: str, text: str) -> None:
        """Into the field with this label, in place of what is there."""
        self._goes_to(self.page.get_by_label(label))
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def presses(self, name: str, *, then: str = "") -> None:
        """A button by its name; `then`: the heading of the page that comes."""
        self._goes_to(self.page.get_by_role("button", name=name, exact=True))
        self.page.keyboard.press("Enter")
        if then:
            self.sees(then)

    def follows(self, name: str, *, then: str) -> None:
        """A link by its name, to the page with this heading; what it is about may follow the name in brackets."""
        words = r"\s".join(map(re.escape, name.split()))  # browsers take the wide space of a name for a narrow one
        wanted = re.compile(rf"^{words}( ?（.*）)?$")
        press(self.page, self.page.get_by_role("link", name=wanted).first)
        self.sees(then)

    def chooses(self, name: str) -> None:
        """One of several, by the arrows: Tab goes to the group only."""
        wanted = self.page.get_by_role("radio", name=name)
        first = self.page.get_by_role("radio", checked=True).or_(self.page.get_by_role("radio").first).first
        self._goes_to(first)
        for _ in range(self.page.get_by_role("radio").count()):
            if wanted.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"the arrows do not lead to {name}")

    def ticks(self, label: str) -> None:
        """A box, by the space bar."""
        self._goes_to(self.page.get_by_label(label))
        self.page.keyboard.press("Space")
        expect(self.page.get_by_label(label)).to_be_checked()

    def unfolds(self, summary: str) -> None:
        """What is folded away under these words, or a menu."""
        self._goes_to(self.page.locator("summary").filter(has_text=summary))
        self.page.keyboard.press("Enter")

    def _goes_to(self, target: Locator) -> None:
        if not target.evaluate(_FOCUSED):
            tab_to(self.page, target)

    # --- what they see

    def sees(self, heading: str) -> None:
        """The page with this heading, and that nothing of it shuts anybody out."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
        assert_accessible(self.page)

    def reads(self, *words: str) -> None:
        """These words, wherever they stand."""
        for each in words:
            expect(self.page.locator("main").get_by_text(each).first).to_be_visible()

    # --- what they do day by day

    def gives_password(self, who: Visitor, *, then: str, password: str = "") -> None:
        """The first step at the door."""
        self.opens("/login", "サインイン")
        self.types("職員番号", who.number)
        self.types("パスワード", password or who.password)
        self.presses("サインイン", then=then)

    def gives_code(self, who: Visitor, *, then: str = "") -> None:
        """The second step, by the app."""
        self.types("6桁の数字", self.city.code(who))
        self.presses("確認する", then=then or f"{who.name}さん")

    def signs_in(self, who: Visitor) -> None:
        """By password and app."""
        self.gives_password(who, then="認証アプリの数字を入力してください")
        self.gives_code(who)

    def signs_out(self, who: Visitor) -> None:
        """By the menu under one's name."""
        self.unfolds(who.name)
        self.presses("サインアウト", then="サインイン")
        self.reads("サインアウトしました。")
