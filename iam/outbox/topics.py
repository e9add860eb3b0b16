"""What people are told of: the harmless values of each topic, and the letter that they make.

The one law: *a fixed text with named, harmless values*: each topic lists its
fields, and anything else is refused.  There is no field for a password, a code
or a key, so no letter and no notice can carry one (R33, R49, ASVS 6.4.1).  No
letter has a link: whoever expects none is not led astray by a forged one.
"""

import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Final, TypeAlias

from iam.outbox.privileged_words import PRIVILEGED_TEXTS
from iam.outbox.review_words import REVIEW_TEXTS
from iam.outbox.words import GENERAL_TEXTS, Text, Topic
from iam.record.columns import JST

__all__ = ["LONGEST_TEXT", "TEXTS", "Text", "Topic", "Value", "composed", "harmless", "one_line"]

Value: TypeAlias = str | int | date | datetime
"""What a field may hold.  A text is one line; bytes are never a value."""

LONGEST_TEXT: Final = 120
"""Characters of one text value; whatever is longer is cut, with … at its end."""

TEXTS: Final[Mapping[Topic, Text]] = MappingProxyType({**GENERAL_TEXTS, **PRIVILEGED_TEXTS, **REVIEW_TEXTS})

_FOOTER: Final = """
--
鍵守（利用者IDの管理）が自動で送りました。返信はできません。
パスワードや認証コードをメールでお知らせしたり、おたずねしたりすることはありません。リンクも付けません。
"""


def harmless(topic: Topic, values: Mapping[str, Value]) -> dict[str, Value]:
    """`values` as a letter or notice may hold them: each field of the topic once, texts in one line.

    Raises:
        ValueError: when a field is missing or is not one of the topic's.
        TypeError: when a value is of another type than its field.
    """
    fields = TEXTS[topic].fields
    if values.keys() != fields.keys():
        raise ValueError(f"{topic} has the fields {sorted(fields)}, not {sorted(values)}")
    for name, value in values.items():
        if type(value) is not fields[name]:
            # Exactly: a datetime is a date to isinstance, and True an int.
            raise TypeError(f"{topic}.{name} is {fields[name].__name__}, not {type(value).__name__}")
    return {name: one_line(value) if isinstance(value, str) else value for name, value in values.items()}


def composed(topic: Topic, values: Mapping[str, Value]) -> tuple[str, str]:
    """Subject and body of a letter.

    Raises:
        ValueError, TypeError: see `harmless`.
    """
    text = TEXTS[topic]
    said = {name: _said(value) for name, value in harmless(topic, values).items()}
    return f"【鍵守】{text.subject}", text.body.format_map(said) + "\n" + _FOOTER


def one_line(text: str) -> str:
    """`text` without control, format and separator characters, in at most `LONGEST_TEXT` characters."""
    shown = "".join(char if char.isprintable() and not _hidden(char) else " " for char in text)
    shown = " ".join(shown.split())
    return shown if len(shown) <= LONGEST_TEXT else shown[: LONGEST_TEXT - 1] + "…"


def _hidden(char: str) -> bool:
    return unicodedata.category(char) in {"Cf", "Cc", "Cs", "Zl", "Zp"}


def _said(value: Value) -> str:
    if isinstance(value, datetime):
        local = value.astimezone(JST)
        return f"{local.year}年{local.month}月{local.day}日 {local.hour}:{local:%M}"
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    return f"{value:,}" if isinstance(value, int) and value > 9999 else str(value)  # noqa: PLR2004 - a serial stays whole
