"""Forms as a person fills them in: what a page offers, and something sensible in every empty field.

fields = filled(html, {"reason": "障害のため"})
"""

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Final

SOMETHING: Final = "確かめたうえで行います"

Fields = dict[str, str | list[str]]


class _Form(HTMLParser):
    """The fields of the last form on a page that is sent to the page itself."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: Fields = {}
        self._select = self._area = ""
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        has = {name for name, _ in attrs}
        match tag:
            case "form" if "action" not in has:
                self.fields = {}
            case "input":
                self._input(found, has)
            case "select":
                self._select = found.get("name", "")
            case "option" if self._select and ("selected" in has or (found.get("value") and self._empty())):
                self.fields[self._select] = found.get("value", "")
            case "textarea":
                self._area, self._text = found.get("name", ""), []

    def _empty(self) -> bool:
        return not self.fields.get(self._select)

    def _input(self, found: Mapping[str, str], has: set[str]) -> None:
        name, value = found.get("name", ""), found.get("value", "")
        if found.get("type") == "checkbox":
            self.fields[name] = value or "y"
        elif found.get("type") == "radio":
            if "checked" in has or name not in self.fields:
                self.fields[name] = value
        elif name and found.get("type") != "file":
            self.fields[name] = value or SOMETHING

    def handle_data(self, data: str) -> None:
        if self._area:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area:
            self.fields[self._area] = "".join(self._text).strip() or SOMETHING
            self._area = ""
        elif tag == "select":
            self._select = ""


def filled(page: str, said: Mapping[str, str | list[str]]) -> Fields:
    """The fields of the page's form, with `said` over what stands there; no token."""
    parser = _Form()
    parser.feed(page)
    return {**{name: value for name, value in parser.fields.items() if name != "csrf_token"}, **said}
