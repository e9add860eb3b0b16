"""The key ring: secrets that live in one file outside the database.

The one law: *the file is readable by its owner alone*, else it is refused;
whoever owns only the database can then neither re-seal the audit nor open what
is sealed.  One 32-byte secret stands for each key; what is needed for a
purpose is derived from it (HKDF-Expand, RFC 5869), so that no purpose can
be played against another.
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from iam.errors import ConfigurationError, IntegrityError

_SECRET_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_FORMAT: Final = 1
_PEM_END: Final = "-----END PUBLIC KEY-----"


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Several keys by id, one of them current.  New seals use the current one; old ones stay readable.

    A key's id is the beginning of the SHA-256 of its public key, so an id
    cannot be pinned on another key.

    A ring that was read from a file follows it: asked for a key that it lacks, it reads the file again, so that
    whatever runs goes on when the keys are rotated (a worker that cannot write cannot close a privileged use).
    """

    current: str
    _secrets: Mapping[str, bytes] = field(repr=False)
    _file: Path | None = field(default=None, repr=False, compare=False)

    @classmethod
    def read(cls, path: Path) -> "KeyRing":
        """The ring in `path`.

        Raises:
            ConfigurationError: when it is missing, readable by others, or not a key file.
        """
        return _ring_of(path, _read_private(path), follows=True)

    @classmethod
    def create(cls, path: Path) -> "KeyRing":
        """A new ring with one fresh key, written to `path` with mode 0600.

        Raises:
            ConfigurationError: when the file exists already or cannot be written.
        """
        ring = _with_fresh_key({})
        try:
            _write_private(path, ring.text())
        except FileExistsError:
            raise ConfigurationError(
                [f"鍵ファイル {path} はすでにあります。新しい鍵に替えるときは iam keys rotate を実行してください。"]
            ) from None
        except OSError as error:
            raise ConfigurationError([f"鍵ファイル {path} を作成できません: {error.strerror}"]) from error
        return ring

    def rotate(self, path: Path) -> "KeyRing":
        """This ring with one more key, which becomes current; `path` is replaced in one step and keeps its owner.

        Raises:
            ConfigurationError: when the file cannot be written; the old one is then untouched.
        """
        ring = _with_fresh_key(self._secrets)
        fresh = path.with_name(f".{path.name}.{ring.current}")
        try:
            owner = path.stat()
            _write_private(fresh, ring.text())
            if os.geteuid() == 0:
                os.chown(fresh, owner.st_uid, owner.st_gid)
            fresh.replace(path)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise ConfigurationError([f"鍵ファイル {path} を更新できません: {error.strerror}"]) from error
        return ring

    def text(self) -> str:
        """The content of the key file."""
        keys = {name: base64.b64encode(secret).decode() for name, secret in self._secrets.items()}
        return json.dumps({"format": _FORMAT, "current": self.current, "keys": keys}, indent=2) + "\n"

    def has(self, key_id: str) -> bool:
        """Whether the ring holds this key, perhaps since a moment ago."""
        if key_id not in self._secrets:
            self._catch_up()
        return key_id in self._secrets

    def mac(self, purpose: str, message: bytes, key_id: str) -> str:
        """HMAC-SHA256 of `message` in hex.

        Raises:
            IntegrityError: when the ring has no such key.
        """
        return hmac.new(self._derive(f"mac {purpose}", key_id), message, hashlib.sha256).hexdigest()

    def sign(self, message: bytes) -> bytes:
        """Ed25519 signature of `message` under the current key."""
        return self._signing(self.current).sign(message)

    def public_key(self, key_id: str) -> Ed25519PublicKey:
        """The public half of a key.

        Raises:
            IntegrityError: when the ring has no such key.
        """
        return self._signing(key_id).public_key()

    def public_keys(self) -> dict[str, Ed25519PublicKey]:
        """The public halves of all keys, by id."""
        return {key_id: self.public_key(key_id) for key_id in self._secrets}

    def seal(self, purpose: str, secret: bytes) -> bytes:
        """`secret` under AES-256-GCM, key id in front, bound to `purpose`."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        key = self._derive(f"seal {purpose}", self.current)
        sealed = AESGCM(key).encrypt(nonce, secret, purpose.encode())
        return self.current.encode() + b":" + nonce + sealed

    def open(self, purpose: str, sealed: bytes) -> bytes:
        """What `seal` was given, under whichever key of the ring it was sealed.

        Raises:
            IntegrityError: when it was altered, sealed for another purpose, or its key is not here.
        """
        name, _, rest = sealed.partition(b":")
        key = self._derive(f"seal {purpose}", name.decode("ascii", "replace"))
        try:
            return AESGCM(key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise IntegrityError("暗号化された値が書き換えられているか、別の用途のものです。") from error

    def _derive(self, label: str, key_id: str) -> bytes:
        secret = self._secrets.get(key_id) if self.has(key_id) else None
        if secret is None:
            raise IntegrityError(
                f"鍵ファイルに鍵 {key_id} がありません。この鍵が入っていた鍵ファイルを戻してください。"
            )
        return hmac.new(secret, f"kagimori {label}\x01".encode(), hashlib.sha256).digest()

    def _catch_up(self) -> None:
        """Take what the file has gained; a file that lost or changed a key, or cannot be read, is not followed."""
        try:
            there = _ring_of(self._file, _read_private(self._file)) if self._file else None
        except ConfigurationError:
            return
        held = there._secrets if there else {}  # noqa: SLF001 - another of its own kind
        if there and self._secrets.items() <= held.items():
            # In this order: another thread never meets a current key that is not there.
            object.__setattr__(self, "_secrets", held)
            object.__setattr__(self, "current", there.current)

    def _signing(self, key_id: str) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._derive("sign", key_id))


def key_id_of(key: Ed25519PublicKey) -> str:
    """The id of a key: the first 16 hex digits of the SHA-256 of its public half."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def pem_of(keys: Mapping[str, Ed25519PublicKey]) -> str:
    """The public keys as PEM blocks, one after the other."""
    form = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return "".join(key.public_bytes(*form).decode() for key in keys.values())


def keys_of_pem(text: str) -> dict[str, Ed25519PublicKey]:
    """The Ed25519 keys in a PEM text, by id.

    Raises:
        ConfigurationError: when it holds anything else, or nothing.
    """
    blocks = [block + _PEM_END for block in text.split(_PEM_END)[:-1]]
    try:
        keys = [load_pem_public_key(block.strip().encode()) for block in blocks]
    except ValueError as error:
        raise ConfigurationError(["公開鍵ファイルを読めません。PEM 形式の公開鍵を指定してください。"]) from error
    found = [key for key in keys if isinstance(key, Ed25519PublicKey)]
    if not found or len(found) != len(keys):
        raise ConfigurationError(["公開鍵ファイルに Ed25519 の公開鍵がありません。"])
    return {key_id_of(key): key for key in found}


def signed_by(key: Ed25519PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether `signature` over `message` was made with the private half of `key`."""
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _with_fresh_key(known: Mapping[str, bytes]) -> KeyRing:
    secret = secrets.token_bytes(_SECRET_BYTES)
    nameless = KeyRing("", {"": secret})
    name = key_id_of(nameless.public_key(""))
    return KeyRing(name, {**known, name: secret})


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _read_private(path: Path) -> str:
    try:
        # The mode is that of the file opened, not of what the name may point to a moment later.
        with path.open(encoding="ascii") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read()
    except FileNotFoundError:
        raise ConfigurationError(
            [f"鍵ファイル {path} がありません。設定 [keys] file を確かめるか、iam init で作成してください。"]
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            [f"鍵ファイル {path} を読めません。このコマンドを実行する利用者に読み取り権限があるか確かめてください。"]
        ) from error
    if mode & 0o077:
        raise ConfigurationError(
            [f"鍵ファイル {path} を所有者以外も読めます (モード {mode:04o})。chmod 600 {path} としてください。"]
        )
    return text


def _ring_of(path: Path, text: str, *, follows: bool = False) -> KeyRing:
    broken = ConfigurationError([f"鍵ファイル {path} の形式が正しくありません。控えから戻してください。"])
    try:
        content = json.loads(text)
        ring = {str(name): base64.b64decode(secret, validate=True) for name, secret in content["keys"].items()}
        current = str(content["current"])
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error) as error:
        raise broken from error
    if current not in ring or any(len(secret) != _SECRET_BYTES for secret in ring.values()):
        raise broken
    return KeyRing(current, ring, path if follows else None)
