"""A security key in software: what a browser and a key answer together, and how each could be forged.

`SoftKey().create(options, origin)` and `.get(options, origin)` take and give the JSON that travels between
the page and us.  A test bends one thing: `replace(key, synced=True)`, `origin=…`, `count=…`, `user=…`.
"""

import base64
import datetime as dt
import hashlib
import json
import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from webauthn.helpers import encode_cbor

MODEL = "2fc0579f-8113-47ea-b116-bb5a8db9202a"
_MODEL_EXTENSION = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
_UP, _UV, _BE, _BS, _AT = 0x01, 0x04, 0x08, 0x10, 0x40


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "===")


@dataclass
class Maker:
    """Who vouches for the model of the keys that it made."""

    root_key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    batch_key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def root(self) -> bytes:
        """The maker's root certificate in PEM."""
        return self._certificate(self.root_key, "root", ca=True).public_bytes(Encoding.PEM)

    def batch(self, model: str | None) -> bytes:
        """The certificate of a batch of keys in DER, naming their model."""
        return self._certificate(self.batch_key, "Authenticator Attestation", model=model).public_bytes(Encoding.DER)

    def _certificate(
        self, key: ec.EllipticCurvePrivateKey, unit: str, *, ca: bool = False, model: str | None = None
    ) -> x509.Certificate:
        def name(part: str) -> x509.Name:
            return x509.Name(
                [
                    x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
                    x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test Keys"),
                    x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, part),
                    x509.NameAttribute(NameOID.COMMON_NAME, part),
                ]
            )

        built = (
            x509.CertificateBuilder()
            .subject_name(name(unit))
            .issuer_name(name("root"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
            .not_valid_after(dt.datetime(2120, 1, 1, tzinfo=dt.UTC))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if model is not None:
            value = b"\x04\x10" + bytes.fromhex(model.replace("-", ""))
            built = built.add_extension(x509.UnrecognizedExtension(_MODEL_EXTENSION, value), critical=False)
        return built.sign(self.root_key, hashes.SHA256())


@dataclass
class SoftKey:
    """One key with one credential.  `counts` False makes it answer 0 for ever, as many built-in ones do."""

    model: str = MODEL
    verifies: bool = True
    touched: bool = True
    synced: bool = False
    counts: bool = True
    maker: Maker | None = None
    claimed_model: str | None = None  # what the maker's certificate says, where it differs
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    count: int = 0
    user: str = ""

    def create(self, options: str, origin: str, **bent: Any) -> str:  # noqa: ANN401 - one value of the answer
        """What `navigator.credentials.create()` answers to these options on a page of `origin`."""
        asked = json.loads(options)
        self.user = asked["user"]["id"]
        client = self._client("webauthn.create", asked["challenge"], origin, bent)
        data = self._data(bent.get("site", asked["rp"]["id"]), extra=self._attested())
        statement, fmt = self._statement(asked.get("attestation", "none"), data, client)
        attestation = encode_cbor({"fmt": fmt, "attStmt": statement, "authData": data})
        return self._answer(
            {"clientDataJSON": b64(client), "attestationObject": b64(attestation), "transports": ["usb"]}
        )

    def get(self, options: str, origin: str, **bent: Any) -> str:  # noqa: ANN401 - one value of the answer
        """What `navigator.credentials.get()` answers; the count rises first, unless `count` says what it is."""
        asked = json.loads(options)
        self.count = bent.get("count", self.count + self.counts)
        client = self._client("webauthn.get", asked["challenge"], origin, bent)
        data = self._data(bent.get("site", asked["rpId"]))
        signature = bent.get("signer", self.private).sign(
            data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256())
        )
        answer = {"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature)}
        return self._answer(answer | {"userHandle": bent.get("user", self.user)})

    def _answer(self, response: Mapping[str, object]) -> str:
        name = b64(self.credential)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})

    def _client(self, kind: str, challenge: str, origin: str, bent: Mapping[str, Any]) -> bytes:
        said = {"type": bent.get("kind", kind), "challenge": bent.get("challenge", challenge), "origin": origin}
        return json.dumps(said | {"crossOrigin": bent.get("framed", False)}).encode()

    def _data(self, site: str, extra: bytes = b"") -> bytes:
        flags = _UP * self.touched | _UV * self.verifies | (_BE | _BS) * self.synced | _AT * bool(extra)
        return hashlib.sha256(site.encode()).digest() + struct.pack(">BI", flags, self.count) + extra

    def _attested(self) -> bytes:
        point = self.private.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        model = bytes.fromhex(self.model.replace("-", ""))
        return model + struct.pack(">H", len(self.credential)) + self.credential + encode_cbor(cose)

    def _statement(self, asked: str, data: bytes, client: bytes) -> tuple[dict[str, object], str]:
        if asked == "none" or self.maker is None:
            return {}, "none"
        signed = data + hashlib.sha256(client).digest()
        signature = self.maker.batch_key.sign(signed, ec.ECDSA(hashes.SHA256()))
        chain = [self.maker.batch(self.claimed_model or self.model)]
        return {"alg": -7, "sig": signature, "x5c": chain}, "packed"
