"""The manifest of an export: which files, how many rows, which SHA-256, signed with Ed25519.

The one law: *whoever has the folder and the public key needs nobody else*: the check reads files and key, no database;
it answers for nothing that it did not see (a file beside the manifest that the manifest does not name is told).
"""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, select

from iam.errors import NotFound
from iam.record.act import Act
from iam.record.bulk import bulk_insert
from iam.record.columns import canonical_json, local_text
from iam.record.keys import KeyRing, signed_by
from iam.review.books import campaign_export_table
from iam.review.exports.cover import Cover

MANIFEST: Final = "MANIFEST.json"
SIGNATURE: Final = "MANIFEST.json.sig"

_KIND: Final = "review-export"
_VERSION: Final = 1
_CONTEXT: Final = b"kagimori-review-export "
"""In front of what is signed, so that no signature over anything else can pass for this one."""

_LARGEST: Final = 1_000_000
"""Bytes of a manifest; ours have a few thousand."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file of an export.  `form`: xlsx, csv, cp932, pdf or json; "characters" for a list that goes with one of them.

    `rows`: lines of the review in it; of "characters" the characters that are listed.
    """

    name: str
    form: str
    rows: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found.  `broken`: sentences, none when everything is as it was signed.

    `told`: what is not wrong and yet should be known: a file that the manifest does not name.
    """

    title: str
    made_at: str
    files: tuple[Written, ...]
    broken: tuple[str, ...]
    told: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether all is as it was signed."""
        return not self.broken


def written(path: Path, form: str, rows: int) -> Written:
    """A file as the manifest names it.

    Raises:
        OSError: when it cannot be read.
    """
    return Written(path.name, form, rows, path.stat().st_size, sha256_of(path))


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file in hex, read in pieces.

    Raises:
        OSError: when it cannot be read.
    """
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def manifest(cover: Cover, files: Sequence[Written], keys: KeyRing, made: tuple[datetime, str]) -> tuple[bytes, bytes]:
    """The bytes of MANIFEST.json and of its detached signature; `made`: when and by whom.

    The signature is base64 over "kagimori-review-export " and the bytes of the manifest, by the key that it names.
    """
    campaign, (at, by) = cover.campaign, made
    content = {
        "kagimori": _KIND,
        "version": _VERSION,
        "body": cover.body,
        "campaign": {
            "id": campaign.id, "title": campaign.title, "year": cover.year, "period": cover.period,
            "day": campaign.day, "state": campaign.state, "revision": campaign.revision, "lines": cover.lines,
            "snapshot_hash": campaign.snapshot_hash, "people_hash": campaign.people_hash,
            "result_hash": campaign.result_hash, "unread": [each.system for each in cover.unread],
        },
        "made_at": at,
        "made_by": by,
        "key": keys.current,
        "files": [asdict(each) for each in files],
    }  # fmt: skip
    text = (json.dumps(json.loads(canonical_json(content)), ensure_ascii=False, indent=1) + "\n").encode()
    return text, base64.b64encode(keys.sign(_CONTEXT + text)) + b"\n"


def record(act: Act, cover: Cover, files: Sequence[Written]) -> None:
    """Write down who takes what out of a review, before it leaves: `campaign_export` and "campaign.exported"."""
    columns = "campaign_id", "file_name", "rows", "sha256", "made_by", "made_at"
    campaign = cover.campaign
    bulk_insert(
        act.connection,
        campaign_export_table,
        columns,
        [(campaign.id, each.name, each.rows, each.sha256, act.actor, act.at) for each in files],
    )
    act.record(
        "campaign.exported",
        campaign.subject,
        {"revision": campaign.revision, "lines": cover.lines, "files": {each.name: each.sha256 for each in files}},
    )


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that was taken out of a review.  `made_by`: the actor of the record."""

    file_name: str
    rows: int
    sha256: str
    made_by: str
    made_at: datetime


def taken(connection: Connection, campaign_id: int, most: int = 50) -> list[Taken]:
    """What was taken out of a review, the newest first, at most `most` files."""
    columns = campaign_export_table.c
    query = select(columns.file_name, columns.rows, columns.sha256, columns.made_by, columns.made_at)
    newest = query.where(columns.campaign_id == campaign_id).order_by(columns.id.desc()).limit(most)
    return [Taken(*row) for row in connection.execute(newest)]


def check(path: Path, public_keys: Mapping[str, Ed25519PublicKey]) -> Checked:
    """Hold a folder, or one of its files, against the manifest that lies beside it.

    Raises:
        NotFound: when there is no manifest, or it cannot be read.
    """
    folder = path if path.is_dir() else path.parent
    text = _read(folder / MANIFEST)
    content = _content(text)
    files = _files(content)
    broken = list(_why_not_signed(text, _read(folder / SIGNATURE), content, public_keys))
    if not broken:
        names = {each.name for each in files} if path == folder else {path.name}
        broken += _why_not_whole(folder, files, names)
    campaign = content.get("campaign")
    title = campaign.get("title", "") if isinstance(campaign, dict) else ""
    told = _unnamed(folder, files) if path == folder else ()
    return Checked(str(title), _made(content), tuple(files), tuple(broken), tuple(told))


def lying_in(folder: Path) -> tuple[int | None, frozenset[Written]]:
    """The campaign and the files of a manifest that lies in `folder`, unproved; None without one that can be read."""
    try:
        content = _content(_read(folder / MANIFEST))
    except NotFound:
        return None, frozenset()
    campaign = content.get("campaign")
    number = campaign.get("id") if isinstance(campaign, dict) else None
    return number if isinstance(number, int) else None, frozenset(_files(content))


def _why_not_signed(
    text: bytes, signature: bytes, content: Mapping[str, Any], public_keys: Mapping[str, Ed25519PublicKey]
) -> Iterator[str]:
    named = content.get("key")
    key = public_keys.get(str(named))
    if content.get("kagimori") != _KIND or content.get("version") != _VERSION:
        yield f"{MANIFEST}: 棚卸の出力の一覧ではありません。"
    elif key is None:
        yield f"{MANIFEST}: 署名した鍵 {named} の公開鍵がありません。--keys にその公開鍵を指定してください。"
    elif not signed_by(key, _decoded(signature), _CONTEXT + text):
        yield f"{MANIFEST}: 署名が正しくありません（書き換えられています）。"


def _why_not_whole(folder: Path, files: Sequence[Written], names: set[str]) -> Iterator[str]:
    known = {each.name: each for each in files}
    for name in sorted(names):
        if name in {MANIFEST, SIGNATURE}:
            continue
        if name not in known:
            yield f"{name}: {MANIFEST} に載っていません。"
            continue
        try:
            same = sha256_of(folder / name) == known[name].sha256
        except OSError as error:
            yield f"{name}: 読めません（{error.strerror}）。"
            continue
        if not same:
            yield f"{name}: 内容が署名したときと違います。"


def _unnamed(folder: Path, files: Sequence[Written]) -> Iterator[str]:
    known = {each.name for each in files} | {MANIFEST, SIGNATURE}
    for each in sorted(folder.iterdir()):
        if each.name not in known:
            yield f"{each.name} は {MANIFEST} に載っていないため、確かめていません。"


def _files(content: Mapping[str, Any]) -> list[Written]:
    """The files that a manifest names; a name that leads out of the folder names nothing."""
    given = content.get("files")
    found = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    return [each for each in map(_file, found) if Path(each.name).name == each.name]


def _file(stated: Mapping[str, Any]) -> Written:
    name, form, sha256 = (str(stated.get(each, "")) for each in ("name", "form", "sha256"))
    rows, size = (each if isinstance(each, int) else -1 for each in (stated.get("rows"), stated.get("size")))
    return Written(name, form, rows, size, sha256)


def _made(content: Mapping[str, Any]) -> str:
    try:
        return local_text(datetime.fromisoformat(str(content.get("made_at"))))
    except ValueError:
        return ""


def _content(text: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise NotFound(f"{MANIFEST} を読み取れません。JSON ではありません。")
    return found


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise NotFound(f"{path} を読めません: {error.strerror}。出力したフォルダーを指定してください。") from error


def _decoded(signature: bytes) -> bytes:
    try:
        return base64.b64decode(signature.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""
