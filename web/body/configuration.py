"""Everything that a deployment reads, as a flat list of statements that an officer can read and two can confirm.

The one law: *whatever decides something stands in this list, and no secret does*: of a file with a secret its place,
of a file of certificates also the digest of what is in it.  The personnel feeds and the list of units are not in
it: they change with the body, and have their own guard.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from pydantic import BaseModel
from sqlalchemy import URL

from iam.access.model import AccessModel
from iam.access.places.networks import Networks
from iam.office.changes.configuration import Running, Statement
from iam.policy.cited import BASELINE
from iam.policy.profile import Profile
from iam.policy.rules import rules
from iam.settings import Settings
from web.body.deployment import Deployment

_SHOWN: Final = 32
"""Hex digits of a digest within a statement: 128 bits."""

_OWN_FILE: Final = ".toml"
"""How the name of a profile of the body's own ends, which the settings keep as a word."""

_TRUSTED: Final = frozenset(
    {"ca", "ca_file", "certificate_file", "next_certificate_file", "rsa_certificate_file", "key_roots"}
)
"""Fields that name files of certificates: what is in them decides whom this service believes."""

_PARTS: Final[Mapping[str, str]] = {
    "body": "団体", "database": "データベース", "keys": "鍵ファイル", "organisation": "組織の一覧",
    "access": "IDと権限のファイル", "network": "ネットワークのファイル", "officers": "保留を解除する担当者",
    "output": "一覧の置き場所", "portal": "ポータル", "mail": "メール", "backchannel": "ログアウト通知",
    "saml": "SAML", "sources": "供給元", "targets": "接続先",
}  # fmt: skip
_MODEL: Final[Mapping[str, str]] = {
    "name": "名前", "zone": "領域", "owner": "所管", "naming": "IDの付け方", "attributes": "属性",
    "entitlements": "権限", "on_leave": "休職中の扱い", "while_away": "派遣・出向中の扱い",
    "delete_after_retention": "保存期間のあとの削除", "dedicated": "専用端末", "provisioned": "接続して合わせる",
    "production": "本番", "privileged": "特権", "system": "システム", "org": "所属", "title": "職",
    "category": "職員区分", "post": "本務・兼務", "note": "備考", "clause": "根拠",
}  # fmt: skip
_PLACES: Final[Mapping[str, str]] = {
    "addresses": "アドレス", "zone": "領域", "origin": "場所", "to": "行き先", "system": "システム", "purpose": "目的",
    "clause": "根拠", "host": "ホスト", "name": "名前",
}  # fmt: skip
_WORDS: Final = {True: "はい", False: "いいえ", None: "なし"}


def running_of(deployment: Deployment) -> Running:
    """What this deployment runs with.

    Raises:
        OSError: when a file of certificates went away since the deployment was proved.
    """
    profile, settings = deployment.profile, deployment.settings
    statements = (
        *_policy(profile),
        *_access(deployment.model),
        *_networks(deployment.networks),
        *_settings(settings),
        *_connections("sources", deployment.sources, settings),
        *_connections("targets", deployment.targets, settings),
    )
    seats = profile.model_dump(mode="json", by_alias=True, include={"titles", "categories"})
    return Running(statements, seats)


def _policy(profile: Profile) -> Iterator[Statement]:
    """The rules of the profile; its digest stands for what no rule says, e.g. the notes."""
    for rule in rules(profile):
        clause = "" if rule.clause == BASELINE else rule.clause
        yield Statement(f"policy.{rule.key}", rule.label, rule.value, clause)
    yield Statement("policy", "ポリシー全体の指紋", profile.digest[:_SHOWN])


def _access(model: AccessModel) -> Iterator[Statement]:
    for code, system in model.systems.items():
        for key, value in _flat(system):
            yield Statement(_key("systems", code, *key), _label(f"システム {code}", key, _MODEL), value)
    for rule in model.birthright:
        clause = "" if rule.clause == BASELINE else rule.clause
        for key, value in _flat(rule):
            if key[0] in {"id", "clause"}:
                continue
            yield Statement(
                _key("birthright", rule.id, *key), _label(f"標準付与 {rule.id}", key, _MODEL), value, clause
            )


def _networks(networks: Networks) -> Iterator[Statement]:
    """By name, so that a line that moves within the file is no change; a name that comes twice is told by its place."""
    kinds: tuple[tuple[str, str, Sequence[tuple[str, BaseModel]]], ...] = (
        ("networks", "ネットワーク", [(each.name, each) for each in networks.networks]),
        ("flows", "領域をまたぐ通信", [(f"{each.origin}→{each.to}", each) for each in networks.flows]),
        ("peers", "接続してよい相手", [(each.host, each) for each in networks.peers]),
    )
    for table, words, parts in kinds:
        seen: dict[str, int] = {}
        for name, part in parts:
            seen[name] = seen.get(name, 0) + 1
            place = name if seen[name] == 1 else f"{name} ({seen[name]})"
            clause = str(getattr(part, "clause", BASELINE))
            for key, value in _flat(part):
                label = _label(f"{words} {place}", key, _PLACES)
                yield Statement(_key(table, place, *key), label, value, "" if clause == BASELINE else clause)
    yield Statement("networks", "どこにもないアドレス", networks.elsewhere.label_ja)


def _settings(settings: Settings) -> Iterator[Statement]:
    for part in type(settings).model_fields:
        found = getattr(settings, part)
        if part not in {"sources", "targets"} and isinstance(found, BaseModel):
            yield from _written((part,), _PARTS[part], found, settings.folder)
    for name, source in settings.sources.items():
        yield from _written(("sources", name), f"供給元 {name}", source, settings.folder, without={"options"})
    for name, target in settings.targets.items():
        yield from _written(("targets", name), f"接続先 {name}", target, settings.folder, without={"options"})


def _connections(table: str, options: Mapping[str, BaseModel], settings: Settings) -> Iterator[Statement]:
    """How each source and target is reached, as its connector understood it."""
    for name, option in options.items():
        yield from _written((table, name, "options"), f"{_PARTS[table]} {name}", option, settings.folder)


def _written(
    place: Sequence[str], label: str, part: BaseModel, folder: Path, *, without: Collection[str] = ()
) -> Iterator[Statement]:
    for key, value in _flat(part, folder):
        if key[0] not in without:
            yield Statement(_key(*place, *key), _label(label, key, {}), value)
    for key, path in _trusted(part):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:_SHOWN]
        yield Statement(_key(*place, *key, "content"), _label(label, (*key, "の内容の指紋"), {}), digest)


def _trusted(part: BaseModel) -> Iterator[tuple[tuple[str, ...], Path]]:
    for name, found in _parts(part):
        if isinstance(found, BaseModel):
            yield from (((name, *key), path) for key, path in _trusted(found))
        elif name in _TRUSTED:
            paths = found if isinstance(found, tuple) else (found,)
            yield from (((name, path.name), path) for path in paths if isinstance(path, Path))


def _flat(written: object, folder: Path | None = None) -> Iterator[tuple[tuple[str, ...], str]]:
    """The leaves of nested tables, each with its key path and its value in words.

    Read field by field and never dumped: what a model keeps privately (a password) stays there.
    """
    for name, value in _parts(written):
        if isinstance(value, Mapping | BaseModel):
            yield from (((name, *key), words) for key, words in _flat(value, folder))
        else:
            yield (name,), _words(value, folder)


def _parts(written: object) -> Iterator[tuple[str, object]]:
    if isinstance(written, BaseModel):
        yield from ((name, getattr(written, name)) for name in type(written).model_fields)
    elif isinstance(written, Mapping):
        yield from ((str(name), value) for name, value in written.items())


def _words(value: object, folder: Path | None) -> str:
    if isinstance(value, bool) or value is None:
        return _WORDS[value]
    if isinstance(value, URL):
        return _url(value, folder)
    if isinstance(value, Path) or (isinstance(value, str) and value.endswith(_OWN_FILE)):
        return _place(Path(value), folder)
    if isinstance(value, list | tuple | set | frozenset):
        found = [_words(each, folder) for each in value]
        return "、".join(sorted(found) if isinstance(value, set | frozenset) else found) or "なし"
    return str(value)


def _url(url: URL, folder: Path | None) -> str:
    """Where the database is, never with its password."""
    if url.drivername == "sqlite" and url.database:
        return f"sqlite:///{_place(Path(url.database), folder)}"
    return url.set(password=None).render_as_string()


def _place(path: Path, folder: Path | None) -> str:
    """From the configuration's own folder, so that it is the same however the folder is named."""
    return str(path.relative_to(folder)) if folder is not None and path.is_relative_to(folder) else str(path)


def _key(*parts: str) -> str:
    return ".".join(parts)


def _label(head: str, key: Sequence[str], words: Mapping[str, str]) -> str:
    return " ".join([head, *(words.get(part, part) for part in key)])
