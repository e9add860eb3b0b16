"""The manifest of an export: which files, how many rows, which SHA-256, signed with Ed25519.

The one law: *whoever has the folder and the public key needs nobody else*: the check reads files and key, no database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from iam.record.act import Act
from iam.record.keys import KeyRing
from iam.review.exports.rows import Cover

MANIFEST: Final = "MANIFEST.json"
SIGNATURE: Final = "MANIFEST.json.sig"


@dataclass(frozen=True, slots=True)
class Written:
    """A file of an export.  `form`: xlsx, csv, cp932, pdf, json, or "list" for one that goes with another."""

    name: str
    form: str
    rows: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found.  `broken`: sentences, none when everything is as it was signed."""

    campaign: str
    made_at: str
    files: tuple[Written, ...]
    broken: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether all is as it was signed."""
        return not self.broken


def manifest(cover: Cover, files: Sequence[Written], keys: KeyRing, made_at: datetime) -> tuple[bytes, bytes]:
    """The bytes of MANIFEST.json and of its detached signature."""
    raise NotImplementedError


def record(act: Act, cover: Cover, files: Sequence[Written]) -> None:
    """Write down who took what out of a review: `campaign_export` rows and the record "campaign.exported"."""
    raise NotImplementedError


def check(path: Path, public_keys: Mapping[str, Ed25519PublicKey]) -> Checked:
    """Hold a folder, or one of its files, against the manifest that lies beside it.

    Raises:
        NotFound: when there is no manifest, or it cannot be read.
    """
    raise NotImplementedError
