"""TOML files that people write: how they are read, and what is wrong in them.

The one law: every mistake is reported at once, names its key as the file
writes it, and says what would be right; the validator's own English never
reaches an operator.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, TypeAlias, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, Strict, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from iam.errors import ConfigurationError

Table: TypeAlias = dict[str, object]
KeyPath: TypeAlias = tuple[str, ...]

Words = Annotated[str, StringConstraints(strict=True, min_length=1)]
WholeNumber = Annotated[int, Strict(), Field(ge=0)]

SENTENCES: Mapping[str, str] = {
    "missing": "ありません。書き足してください。",
    "int_type": "整数で書いてください（今の値: {input}）。",
    "bool_type": "true か false で書いてください（今の値: {input}）。",
    "string_type": "引用符で囲んだ文字列で書いてください（今の値: {input}）。",
    "path_type": "引用符で囲んだパスで書いてください（今の値: {input}）。",
    "string_too_short": "空にはできません。",
    "greater_than_equal": "{ge} 以上で書いてください（今の値: {input}）。",
    "less_than_equal": "{le} 以下で書いてください（今の値: {input}）。",
    "enum": "{choices} のいずれかを書いてください（今の値: {input}）。",
    "literal_error": "{choices} のいずれかを書いてください（今の値: {input}）。",
    "int_parsing": "整数で書いてください（今の値: {input}）。",
    "bool_parsing": "true か false で書いてください（今の値: {input}）。",
    "string_too_long": "{max_length} 文字までで書いてください（今の値: {input}）。",
    "string_pattern_mismatch": "使えない文字があるか、形が違います（今の値: {input}）。",
    "tuple_type": "[ ] で囲んだ並びで書いてください（今の値: {input}）。",
    "date_type": "2027-03-31 のような日付で書いてください（今の値: {input}）。",
    "date_from_datetime_parsing": "2027-03-31 のような日付で書いてください（今の値: {input}）。",
    "too_short": "一つ以上書いてください。",
    "dict_type": "表で書いてください（今の値: {input}）。",
    "mapping_type": "表で書いてください（今の値: {input}）。",
    "model_type": "表で書いてください（今の値: {input}）。",
    "value_error": "{error}",
}


CHOICES = ("enum", "literal_error")
"""Mistakes in a word that is one of a few; as the key of a table such a word is a key that nobody reads."""


class Frozen(BaseModel):
    """What every part of a handwritten file shares: unknown keys are mistakes, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Unwritten:
    """Marks a field that nobody writes under its own name, so it is never suggested."""


M = TypeVar("M", bound=BaseModel)


def read_toml(path: Path) -> Table:
    """The file as parsed.

    Raises:
        ConfigurationError: when it cannot be read, is not UTF-8 or is not TOML.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError([f"{path}: UTF-8で保存されていません。UTF-8で保存し直してください。"]) from error
    except FileNotFoundError as error:
        raise ConfigurationError([f"{path}: ファイルがありません。置き場所と名前を確かめてください。"]) from error
    except OSError as error:
        raise ConfigurationError([f"{path}: 読み取れません。種類と読み取り権限を確かめてください。"]) from error
    return parse_toml(text, str(path))


def parse_toml(text: str, source: str) -> Table:
    """`text` as parsed; `source` names the file.

    Raises:
        ConfigurationError: when it is not TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+), column (\d+)", str(error))
        where = f"{place[1]}行{place[2]}桁" if place else "末尾"
        cure = "引用符、かっこ、= の対応と、同じキーの重複がないかを確かめてください。"
        raise ConfigurationError([f"{source}: {where}でTOMLとして読めなくなりました。{cure}"]) from error


def validated(model: type[M], table: Mapping[str, object], *, source: str, context: object = None) -> M:
    """`table` as a `model`; `context` is what the model's validators may ask for.

    Raises:
        ConfigurationError: with every mistake as "source: key.path: sentence".
    """
    try:
        return model.model_validate(table, context=context)
    except ValidationError as error:
        problems = [f"{source}: {dotted(path)}: {sentence}" for path, sentence in mistakes(error, model)]
        raise ConfigurationError(problems) from None


def mistakes(error: ValidationError, model: type[BaseModel]) -> list[tuple[KeyPath, str]]:
    """Each mistake as its key path and a Japanese sentence."""
    return [
        (tuple(str(part) for part in detail["loc"] if part != "[key]"), _sentence(detail, model))
        for detail in error.errors(include_url=False)
    ]


def dotted(path: Iterable[str | int]) -> str:
    """A key path as TOML writes it."""
    parts = [str(part) for part in path]
    return ".".join(part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else f'"{part}"' for part in parts)


def unknown(key: str, known: Sequence[str]) -> str:
    """What to say of a key that nobody reads."""
    if near := difflib.get_close_matches(key, known, n=1):
        return f"知らないキーです。{near[0]} の書き誤りではありませんか。"
    return f"知らないキーです。ここに書けるのは {'、'.join(known)} です。"


def _sentence(detail: ErrorDetails, model: type[BaseModel]) -> str:
    kind, loc = detail["type"], detail["loc"]
    if kind == "extra_forbidden":
        return unknown(str(loc[-1]), _keys_at(model, loc[:-1]))
    words = {**detail.get("ctx", {}), "input": _as_written(detail["input"])}
    if kind in CHOICES:
        choices = re.findall(r"'([^']*)'", str(words["expected"]))
        if loc[-1] == "[key]":
            return unknown(str(detail["input"]), choices)
        words["choices"] = "、".join(choices)
    return SENTENCES.get(kind, "値の書き方が正しくありません（今の値: {input}）。").format_map(words)


def _as_written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _keys_at(model: type[BaseModel], loc: Iterable[str | int]) -> list[str]:
    """The keys that `model` reads in the table at `loc`."""
    here: object = model
    for part in loc:
        here = _inside(here, part)
    return [
        field.alias or name
        for name, field in _model(here).model_fields.items()
        if not any(isinstance(mark, Unwritten) for mark in field.metadata)
    ]


def _inside(annotation: object, part: str | int) -> object:
    """What stands under key or position `part` of an annotation."""
    if arguments := get_args(annotation):
        return _bare(arguments[0 if isinstance(part, int) else -1])
    fields = _model(annotation).model_fields
    return next((_bare(field.annotation) for name, field in fields.items() if part in {name, field.alias}), None)


def _bare(annotation: object) -> object:
    """An annotation without its marks and without the None that stands for "not written"."""
    if get_origin(annotation) in {Annotated, Union, UnionType}:
        return _bare(next(each for each in get_args(annotation) if each is not NoneType))
    return annotation


def _model(annotation: object) -> type[BaseModel]:
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else Frozen
