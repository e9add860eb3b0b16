"""What is wrong in a profile, said to the person who wrote it.

The one law: every mistake names its key as the file writes it and says what
would be right; the validator's own English never reaches an operator.
"""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from iam.policy.profile import Profile

KeyPath: TypeAlias = tuple[str, ...]

SENTENCES: Mapping[str, str] = {
    "missing": "ありません。この表に書き足してください。",
    "int_type": "整数で書いてください（今の値: {input}）。",
    "float_type": "0.05 のような数で書いてください（今の値: {input}）。",
    "bool_type": "true か false で書いてください（今の値: {input}）。",
    "string_type": "引用符で囲んだ文字列で書いてください（今の値: {input}）。",
    "string_too_short": "空にはできません。",
    "greater_than_equal": "{ge:g} 以上で書いてください（今の値: {input}）。",
    "less_than_equal": "{le:g} 以下で書いてください（今の値: {input}）。",
    "enum": "{choices} のいずれかを書いてください（今の値: {input}）。",
    "tuple_type": "[ ] で囲んだ並びで書いてください（今の値: {input}）。",
    "too_short": "一つ以上書いてください。",
    "model_type": '根拠を添えて {{ value = {input}, clause = "baseline" }} のような表で書いてください。',
    "string_pattern_mismatch": '条項ID（例: OITA-S8.2.1.2a）か "baseline" を書いてください（今の値: {input}）。',
    "value_error": "{error}",
}
NO_CLAUSE = '根拠がありません。clause = "条項ID" を、条項がなければ clause = "baseline" を書き添えてください。'


def in_japanese(error: ValidationError, names: Mapping[str, Sequence[str]]) -> list[tuple[KeyPath, str]]:
    """Each mistake as its key path and a sentence.  `names` gives the keys behind the positions of each list."""
    return [(_path(detail["loc"], names), _sentence(detail)) for detail in error.errors(include_url=False)]


def _path(loc: tuple[str | int, ...], names: Mapping[str, Sequence[str]]) -> KeyPath:
    parts = [str(part) for part in loc]
    if len(loc) > 1 and isinstance(loc[1], int) and parts[0] in names:
        parts[1] = names[parts[0]][loc[1]]
    if parts[:1] == ["removed"]:
        parts[0] = "without"
    return tuple(parts)


def _sentence(detail: ErrorDetails) -> str:
    kind, last = detail["type"], detail["loc"][-1] if detail["loc"] else ""
    if kind == "missing" and last == "clause":
        return NO_CLAUSE
    if kind == "extra_forbidden":
        return _unknown(str(last), _keys_at(detail["loc"][:-1]))
    context = detail.get("ctx", {})
    words = {**context, "input": _as_written(detail["input"])}
    if kind == "enum":
        words["choices"] = "、".join(re.findall(r"'([^']*)'", str(context["expected"])))
    return SENTENCES.get(kind, "値の書き方が正しくありません（今の値: {input}）。").format_map(words)


def _as_written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _unknown(key: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    if near:
        return f"知らないキーです。{near[0]} の書き誤りではありませんか。"
    return f"知らないキーです。ここに書けるのは {'、'.join(known)} です。"


def _keys_at(loc: Sequence[str | int]) -> list[str]:
    model: type[BaseModel] = Profile
    for part in loc:
        found = next((f for name, f in model.model_fields.items() if part in {name, f.alias}), None)
        model = (_model_in(found) if found else None) or model
    hidden = {"code", "name", "source", "removed"} if model is Profile or loc[:1] != ("body",) else {"source"}
    return [field.alias or name for name, field in model.model_fields.items() if name not in hidden]


def _model_in(found: FieldInfo) -> type[BaseModel] | None:
    candidates = (found.annotation, *get_args(found.annotation))
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)
