"""The catalogue of translations, kept in step with the pages: `./dev words`.

The one law: *the Japanese text in the page is the message*: the catalogue is
made from the pages, never the other way round, and holds no line numbers, so
that a page may move without changing it.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from web.site.face.assets import TRANSLATIONS, WEB
from web.site.face.core_words import core_words

LANGUAGE: Final = "en"
FILE: Final = TRANSLATIONS / LANGUAGE / "LC_MESSAGES" / "messages.po"
_METHODS: Final = [("**.py", "python"), ("**.html", "jinja2")]
_OPTIONS: Final = {"**.html": {"trimmed": "true", "silent": "false", "extensions": "jinja2.ext.do"}}
_KEYWORDS: Final = {
    "_": None, "mark": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2),
}  # fmt: skip
_NO_DATE: Final = datetime(2026, 1, 1, tzinfo=UTC)
_ELSEWHERE: Final = ("cli", "practice", "body", "static")
"""Folders of web/ that speak to operators, in Japanese alone."""


def spoken() -> Catalog:
    """Every text of the pages."""
    catalogue = _empty()
    for folder in sorted(each for each in WEB.iterdir() if each.is_dir() and each.name not in _ELSEWHERE):
        for _, _, message, _, context in extract_from_dir(
            folder, _METHODS, _OPTIONS, _KEYWORDS, directory_filter=_wanted
        ):
            catalogue.add(message, context=context)
    for words in core_words():
        catalogue.add(words)
    return catalogue


def kept() -> Catalog:
    """The catalogue as it stands."""
    with FILE.open("rb") as file:
        return read_po(file, locale=LANGUAGE)


def missing() -> Iterator[str]:
    """Texts of the pages that have no translation."""
    known = kept()
    for message in spoken():
        if message.id:
            found = known.get(message.id, context=message.context)
            if found is None or not _whole(found):
                yield str(message.id)


def update() -> None:
    """Write the catalogue anew: texts that are gone go, new ones come empty, translations stay."""
    fresh, known = spoken(), kept() if FILE.exists() else _empty()
    for message in fresh:
        found = known.get(message.id, context=message.context) if message.id else None
        if found is not None:
            message.string = found.string
    FILE.parent.mkdir(parents=True, exist_ok=True)
    with FILE.open("wb") as file:
        write_po(file, fresh, width=0, no_location=True, omit_header=False, sort_output=True)


def _empty() -> Catalog:
    return Catalog(
        locale=LANGUAGE,
        project="Kagimori",
        header_comment="# English texts of the pages: collected by ./dev words, translated by hand.",
        creation_date=_NO_DATE,
        revision_date=_NO_DATE,
        last_translator="-",
        language_team="en",
        msgid_bugs_address="-",
        version="-",
        fuzzy=False,
    )


def _wanted(folder: str) -> bool:
    return not Path(folder).name.startswith((".", "__"))


def _whole(message: Message) -> bool:
    strings = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(strings)


if __name__ == "__main__":
    update()
