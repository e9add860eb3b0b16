"""From a body's TOML, laid over what it extends, to a profile.

The one law: *a rule is replaced whole*.  The plain keys of one table are one
rule with one clause; whoever overrides any of them states them all, so that
no value ever stands on a clause that was written for another.  Every mistake
is reported at once, with file, key and cure.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from iam.errors import ConfigurationError
from iam.handwritten import KeyPath, Table, dotted, mistakes, read_toml
from iam.policy.profile import Profile

PROFILES = Path(__file__).parent / "profiles"
CODED = ("zones", "categories", "titles")
"""The tables whose entries are named by their key."""

BY_ZONE = ("signin", "entry")
"""Tables with a table `zones` of their own: what they ask in each zone."""

IDENTIFIED_BY = {"zones": "code", "categories": "code", "titles": "name"}
CODE = re.compile(r"[a-z][a-z0-9_]*")
FROM_NETWORK = ("dormancy_days", "audit_retention_years")
OURS = ("source", "removed")
"""Fields of a profile that this room fills in; in a file they are mistakes."""


SENTENCES: Mapping[str, str] = {
    "model_type": '根拠を添えて {{ value = {input}, clause = "baseline" }} のような表で書いてください。',
    "string_pattern_mismatch": '条項ID（例: OITA-S8.2.1.2a）か "baseline" を書いてください（今の値: "{input}"）。',
    "float_type": "0.05 のような数で書いてください（今の値: {input}）。",
}
"""Where a profile asks for more than any handwritten file does."""

NO_CLAUSE = '根拠がありません。clause = "条項ID" を、条項がなければ clause = "baseline" を書き添えてください。'


@dataclass(frozen=True)
class Layer:
    """One file of the chain from the baseline to the body, as parsed."""

    source: str
    folder: Path
    table: Mapping[str, object]


@dataclass
class Merged:
    """The layers so far, where each key came from, and what was wrong on the way."""

    table: Table = field(default_factory=dict)
    origins: dict[KeyPath, str] = field(default_factory=dict)
    removed: dict[tuple[str, str], Table] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)

    def blame(self, path: KeyPath, sentence: str) -> None:
        """Note a mistake at `path`, under the file that wrote the nearest key."""
        known = next(path[:n] for n in range(len(path), -1, -1) if path[:n] in self.origins)
        self.mistakes.append(f"{self.origins[known]}: {dotted(path)}: {sentence}")


def bodies() -> list[str]:
    """The names of the profiles that come with the product, `baseline` first."""
    names = sorted(path.stem for path in PROFILES.glob("*.toml"))
    return sorted(names, key=lambda name: name != "baseline")


def load(name_or_path: str | Path) -> Profile:
    """The profile of this name, or in this file.

    Raises:
        ConfigurationError: with every mistake in the file and in those it extends.
    """
    layers = chain(name_or_path)
    return build(layers)


def chain(name_or_path: str | Path) -> list[Layer]:
    """The files from the root of `extends` to the one asked for.

    Raises:
        ConfigurationError: when one cannot be read, or when they extend each other in a circle.
    """
    layers: list[Layer] = []
    seen: list[Path] = []
    wanted: str | Path = name_or_path
    folder = Path()
    while True:
        path, source = _find(wanted, folder)
        if path.resolve() in seen:
            raise ConfigurationError([f"{source}: extends: 継承が循環しています。継承元を見直してください。"])
        seen.append(path.resolve())
        table = read_toml(path)
        parent = table.pop("extends", None)
        layers.insert(0, Layer(source, path.parent, table))
        if parent is None:
            return layers
        if not isinstance(parent, str):
            raise ConfigurationError([f'{source}: extends: "baseline" のように引用符で囲んで書いてください。'])
        wanted, folder = parent, path.parent


def _find(wanted: str | Path, folder: Path) -> tuple[Path, str]:
    text = str(wanted)
    if isinstance(wanted, Path) or text.endswith(".toml") or "/" in text:
        return folder / wanted, str(folder / wanted)
    if text not in bodies():
        known = "、".join(bodies())
        raise ConfigurationError([f"プロファイル「{text}」はありません。{known} か .toml ファイルを指定してください。"])
    return PROFILES / f"{text}.toml", f"{text}.toml（製品付属）"


def build(layers: Sequence[Layer]) -> Profile:
    """A profile from parsed layers, the root first.

    Raises:
        ConfigurationError: with every mistake.
    """
    merged = Merged()
    for layer in layers:
        merged.origins[()] = layer.source
        _take_away(merged, layer)
        plain = {key: value for key, value in layer.table.items() if key not in {"without", *OURS}}
        for key in OURS:
            if key in layer.table:
                merged.mistakes.append(f"{layer.source}: {key}: 知らないキーです。この行を消してください。")
        _lay_over(merged, merged.table, plain, (), layer.source)
        _settle_clauses_file(merged, layer)
    _point_nowhere(merged)
    names = _name_entries(merged)
    try:
        profile = Profile.model_validate({**merged.table, "source": layers[-1].source, "removed": _removals(merged)})
    except ValidationError as error:
        for path, sentence in _in_japanese(error, names):
            merged.blame(path, sentence)
    if merged.mistakes:
        raise ConfigurationError(merged.mistakes)
    return profile


def _lay_over(merged: Merged, under: Table, over: Mapping[str, object], path: KeyPath, source: str) -> None:
    """Lay `over` on `under`: tables key by key, plain keys of one table all together."""
    if path and any(not isinstance(value, dict) for value in over.values()):
        for key in [key for key, value in under.items() if not isinstance(value, dict)]:
            del under[key]
            merged.origins.pop((*path, key), None)
    for key, value in over.items():
        here = (*path, key)
        merged.origins[here] = source
        below = under.get(key)
        if isinstance(value, dict):
            nested: Table = below if isinstance(below, dict) else {}
            under[key] = nested
            _lay_over(merged, nested, value, here, source)
        else:
            under[key] = value
    if len(path) == 2 and path[0] in CODED:  # noqa: PLR2004 - an entry such as zones.mnu is named again
        merged.removed.pop((path[0], path[1]), None)


def _settle_clauses_file(merged: Merged, layer: Layer) -> None:
    """Read the path of the body's own clauses as relative to the file that names it."""
    own, body = _key_of(layer.table.get("body"), "clauses"), merged.table.get("body")
    if own and isinstance(body, dict):
        body["clauses"] = str(layer.folder / own)


def _take_away(merged: Merged, layer: Layer) -> None:
    """Remove what `[without]` names, keeping the clause as the reason."""
    without = layer.table.get("without", {})
    if not isinstance(without, dict):
        merged.mistakes.append(f"{layer.source}: without: 表で書いてください。")
        return
    for kind, rule in without.items():
        merged.origins["without", kind] = layer.source
        here = f"{layer.source}: without.{kind}"
        if kind not in CODED:
            merged.mistakes.append(f"{here}: 除けるのは {'、'.join(CODED)} だけです。")
        elif not isinstance(rule, dict) or not isinstance(rule.get("value"), list) or "clause" not in rule:
            merged.mistakes.append(f'{here}: {{ value = ["…"], clause = "…" }} の形で書いてください。')
        else:
            _remove(merged, kind, rule, here)


def _remove(merged: Merged, kind: str, rule: Mapping[str, object], here: str) -> None:
    entries = merged.table.get(kind)
    codes = rule["value"]
    reason = {key: value for key, value in rule.items() if key != "value"}
    for code in codes if isinstance(codes, list) else []:
        if isinstance(entries, dict) and isinstance(code, str) and code in entries:
            del entries[code]
            merged.removed[kind, code] = reason
            if kind == "zones":
                for part in BY_ZONE:
                    _zones_of(merged, part).pop(code, None)
        else:
            merged.mistakes.append(f"{here}: 「{code}」は継承元にありません。綴りを確かめてください。")


def _zones_of(merged: Merged, part: str) -> Table:
    """[signin.zones] or [entry.zones]: what is asked in a zone goes with the zone."""
    table = merged.table.get(part)
    zones = table.get("zones") if isinstance(table, dict) else None
    return zones if isinstance(zones, dict) else {}


def _removals(merged: Merged) -> list[Table]:
    return [{**reason, "kind": kind, "code": code} for (kind, code), reason in merged.removed.items()]


def _point_nowhere(merged: Merged) -> None:
    """Blame references within the profile that name nothing."""
    zones, titles = merged.table.get("zones", {}), merged.table.get("titles", {})
    code = _key_of(merged.table.get("default_zone"), "value")
    if code is not None and isinstance(zones, dict):
        if zones and code not in zones:
            choices = "、".join(zones)
            merged.blame(("default_zone", "value"), f"領域「{code}」はありません。{choices} から選んでください。")
        if not zones and code:
            merged.blame(("default_zone", "value"), '領域を置かない団体では "" と書いてください。')
    _zones_nowhere(merged)
    if not isinstance(titles, dict):
        return
    for name, title in titles.items():
        into = _key_of(title, "into")
        if into and into not in titles:
            merged.blame(("titles", name, "into"), f"役職名「{into}」は titles にありません。綴りを確かめてください。")


def _zones_nowhere(merged: Merged) -> None:
    zones = merged.table.get("zones", {})
    for part in BY_ZONE:
        for code in _zones_of(merged, part):
            if isinstance(zones, dict) and code not in zones:
                sentence = "この領域は zones にありません。綴りを確かめるか、この表を消してください。"
                merged.blame((part, "zones", code), sentence)


def _key_of(table: object, key: str) -> str | None:
    value = table.get(key) if isinstance(table, dict) else None
    return value if isinstance(value, str) else None


def _name_entries(merged: Merged) -> dict[str, list[str]]:
    """Turn the keyed tables into lists whose entries know their key; the keys in order, per table."""
    names: dict[str, list[str]] = {"removed": [kind for kind, _ in merged.removed]}
    network = merged.table.get("network")
    for kind in CODED:
        entries = merged.table.get(kind, {})
        if not isinstance(entries, dict):
            continue
        names[kind] = list(entries)
        merged.table[kind] = [_named(merged, kind, key, entry, network) for key, entry in entries.items()]
    return names


def _named(merged: Merged, kind: str, key: str, entry: object, network: object) -> object:
    if not isinstance(entry, dict):
        return entry
    own = IDENTIFIED_BY[kind]
    if own in entry:
        merged.blame((kind, key, own), "表の名前がそのまま使われます。この行を消してください。")
    if own == "code" and not CODE.fullmatch(key):
        merged.blame((kind, key), "コードは半角の英小文字で始め、英小文字・数字・下線だけで書いてください。")
    filled = {**entry, own: key}
    if kind == "zones" and isinstance(network, dict):
        filled = {**{name: network[name] for name in FROM_NETWORK if name in network}, **filled}
    return filled


def _in_japanese(error: ValidationError, names: Mapping[str, Sequence[str]]) -> Iterator[tuple[KeyPath, str]]:
    """Each mistake as its key path and a sentence.  `names` gives the keys behind the positions of each list."""
    for detail, (path, sentence) in zip(error.errors(include_url=False), mistakes(error, Profile), strict=True):
        table, *rest = path
        if rest and table in names and rest[0].isdecimal():
            rest[0] = names[table][int(rest[0])]
        better = NO_CLAUSE if detail["type"] == "missing" and path[-1] == "clause" else SENTENCES.get(detail["type"])
        place = ("without" if table == "removed" else table, *rest)
        yield place, better.format(input=detail["input"]) if better else sentence
