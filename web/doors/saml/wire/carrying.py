"""How messages travel: in the address (HTTP-Redirect) or in a form (HTTP-POST) of the browser.

The one law: *as it came*: a signature over an address is held against the very octets that came (SAML Bindings
§3.4.4.1), and nothing that came twice or grows beyond its size is read at all.
"""

import base64
import binascii
import zlib
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote_to_bytes, urlencode

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from flask import Request

from web.doors.saml.ourselves import Signer
from web.doors.saml.wire.reading import ECDSA, LARGEST, RSA
from web.doors.saml.wire.refusing import Refusal

LONGEST_RELAY: Final = 1000
"""Bytes of RelayState; the specification has 80, and no system keeps to it (SAML Bindings §3.4.3)."""

_DEFLATE: Final = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE"
_RAW: Final = -15
_HASHES: Final = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}


@dataclass(frozen=True)
class Sealed:
    """A signature over the address.  `octets`: what it is about; `algorithm`: the URI that names how it was made."""

    algorithm: str
    octets: bytes
    signature: bytes


@dataclass(frozen=True)
class Parcel:
    """What came.  `sealed`: the signature over the address, None where there is none or the message came in a form."""

    raw: bytes
    relay: str
    sealed: Sealed | None
    posted: bool


def received(request: Request) -> Parcel:
    """What this request brings.

    Raises:
        Refusal: when it brings nothing of that kind, or something twice.
    """
    return _posted(request) if request.method == "POST" else _in_address(request.query_string)


def _posted(request: Request) -> Parcel:
    message = _once(request.form.getlist("SAMLRequest"))
    relay = _once(request.form.getlist("RelayState"), optional=True)
    return Parcel(_decoded("".join(message.split())), _bounded(relay), None, posted=True)


def _in_address(query: bytes) -> Parcel:
    pairs = [part.partition(b"=") for part in query.split(b"&") if part]
    given: dict[str, bytes] = {}
    for name, _, value in pairs:
        plain = _text(unquote_to_bytes(name))
        if plain in given:
            raise Refusal("malformed", "a parameter twice")
        given[plain] = value
    if "SAMLRequest" not in given:
        raise Refusal("malformed", "no message")
    if _plain(given, "SAMLEncoding") not in {"", _DEFLATE}:
        raise Refusal("encoding")
    raw = _inflated(_decoded(_plain(given, "SAMLRequest")))
    return Parcel(raw, _bounded(_plain(given, "RelayState")), _sealed(given), posted=False)


def _sealed(given: dict[str, bytes]) -> Sealed | None:
    if not {"Signature", "SigAlg"} & set(given):
        return None
    names = [name for name in ("SAMLRequest", "RelayState", "SigAlg") if name in given]
    octets = b"&".join(name.encode() + b"=" + given[name] for name in names)
    return Sealed(_plain(given, "SigAlg"), octets, _decoded("".join(_plain(given, "Signature").split())))


def _plain(given: dict[str, bytes], name: str) -> str:
    return _text(unquote_to_bytes(given.get(name, b"").replace(b"+", b" ")))


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError as error:
        raise Refusal("encoding") from error


def _once(values: list[str], *, optional: bool = False) -> str:
    if len(values) > 1 or not (values or optional):
        raise Refusal("malformed", "a parameter missing or twice")
    return values[0] if values else ""


def _bounded(relay: str) -> str:
    if len(relay.encode()) > LONGEST_RELAY or not relay.isprintable():
        raise Refusal("too_large", "RelayState")
    return relay


def _decoded(text: str) -> bytes:
    if len(text) > 2 * LARGEST:
        raise Refusal("too_large")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refusal("malformed", "base64") from error


def _inflated(packed: bytes) -> bytes:
    """No more than `LARGEST` is ever unpacked, however much it would become."""
    try:
        unpacking = zlib.decompressobj(_RAW)
        raw = unpacking.decompress(packed, LARGEST + 1)
    except zlib.error as error:
        raise Refusal("malformed", "deflate") from error
    if len(raw) > LARGEST:
        raise Refusal("too_large")
    return raw


def verify(sealed: Sealed, certificate: x509.Certificate) -> None:
    """Hold a signature over an address against a certificate.

    Raises:
        Refusal: when it does not hold.
    """
    key = certificate.public_key()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and sealed.algorithm in ECDSA:
            digest = _HASHES[ECDSA[sealed.algorithm]]
            key.verify(_as_der(sealed.signature, key), sealed.octets, ec.ECDSA(digest))
        elif isinstance(key, rsa.RSAPublicKey) and sealed.algorithm in RSA:
            key.verify(sealed.signature, sealed.octets, padding.PKCS1v15(), _HASHES[RSA[sealed.algorithm]])
        else:
            raise Refusal("algorithm", sealed.algorithm[-40:])
    except InvalidSignature as error:
        raise Refusal("signature", "address") from error


def _as_der(signature: bytes, key: ec.EllipticCurvePublicKey) -> bytes:
    """XML Signature has r and s side by side; Java writes DER here, and both are met."""
    half = (key.curve.key_size + 7) // 8
    if len(signature) != 2 * half:
        return signature
    return encode_dss_signature(*(int.from_bytes(part, "big") for part in (signature[:half], signature[half:])))


def address(location: str, name: str, xml: str, relay: str, signer: Signer) -> str:
    """`location` with a message of ours, signed (SAML Bindings §3.4.4.1)."""
    packing = zlib.compressobj(wbits=_RAW)
    packed = packing.compress(xml.encode()) + packing.flush()
    said = {name: base64.b64encode(packed).decode(), **({"RelayState": relay} if relay else {})}
    query = urlencode({**said, "SigAlg": signer.algorithm})
    signature = quote(base64.b64encode(_signature(query.encode(), signer)), safe="")
    return f"{location}{'&' if '?' in location else '?'}{query}&Signature={signature}"


def _signature(octets: bytes, signer: Signer) -> bytes:
    if isinstance(signer.key, rsa.RSAPrivateKey):
        return signer.key.sign(octets, padding.PKCS1v15(), hashes.SHA256())
    half = (signer.key.curve.key_size + 7) // 8
    r, s = decode_dss_signature(signer.key.sign(octets, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(half, "big") + s.to_bytes(half, "big")
