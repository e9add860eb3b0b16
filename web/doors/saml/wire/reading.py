"""XML that strangers send: read by a parser that expands nothing, and looked over before anybody believes it.

The one law: *what is signed is what is read*: a message is one element of one kind, with one signature of its own or
none, over itself as a whole.  Whatever would let a signature be about something else is refused before the library
and xmlsec1 see it: a second signature, an ID twice, a message within a message, a comment, a document type.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NoReturn
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from web.doors.saml.wire.refusing import Refusal

LARGEST: Final = 32 * 1024
"""Bytes of a message; a real one has some two thousand."""

_MOST_ELEMENTS: Final = 200
_DEEPEST: Final = 16
_LONGEST_ID: Final = 128

PROTOCOL: Final = "urn:oasis:names:tc:SAML:2.0:protocol"
ASSERTION: Final = "urn:oasis:names:tc:SAML:2.0:assertion"
DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
_EXCLUSIVE: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
_ENVELOPED: Final = f"{DSIG}enveloped-signature"
_MORE: Final = "http://www.w3.org/2001/04/xmldsig-more#"
_ENC: Final = "http://www.w3.org/2001/04/xmlenc#"

ECDSA: Final = {f"{_MORE}ecdsa-sha256": "sha256", f"{_MORE}ecdsa-sha384": "sha384", f"{_MORE}ecdsa-sha512": "sha512"}
RSA: Final = {f"{_MORE}rsa-sha256": "sha256", f"{_MORE}rsa-sha384": "sha384", f"{_MORE}rsa-sha512": "sha512"}
"""RSASSA-PKCS1-v1_5: for those who have a waiver."""

_DIGESTS: Final = frozenset({f"{_ENC}sha256", f"{_MORE}sha384", f"{_ENC}sha512"})
_TRANSFORMS: Final = frozenset({(_ENVELOPED,), (_ENVELOPED, _EXCLUSIVE)})
_PARTS: Final = ("SignedInfo", "SignatureValue")
_SIGNATURE: Final = f"{{{DSIG}}}Signature"
_SHAPES: Final = [[f"{{{DSIG}}}{name}" for name in names] for names in (_PARTS, (*_PARTS, "KeyInfo"))]
_KEYS: Final = frozenset(f"{{{DSIG}}}{name}" for name in ("KeyName", "KeyValue", "X509Data"))
"""What a message may say of its key; none of it is believed, and nothing of it may be fetched."""

_WHOLE: Final = frozenset(
    {
        *(f"{{{PROTOCOL}}}{name}" for name in ("AuthnRequest", "LogoutRequest", "LogoutResponse", "Response")),
        f"{{{ASSERTION}}}Assertion",
        f"{{{ASSERTION}}}EncryptedAssertion",
    }
)
_ID: Final = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")
_DECLARED: Final = re.compile(
    r"""<\?xml\s+version=["']1\.0["'](\s+encoding=["'](?i:utf-8)["'])?(\s+standalone=["'](yes|no)["'])?\s*\?>"""
)


@dataclass(frozen=True)
class Message:
    """A message that has the shape of one.  `kind`: "AuthnRequest" or "LogoutRequest"; `algorithm`: of the signature
    within it, "" without one."""

    kind: str
    xml: str
    ident: str
    algorithm: str


class _Plain(TreeBuilder):
    """A tree without comments and processing instructions: what they split is read differently by different readers."""

    def comment(self, _text: str | None, /) -> NoReturn:
        raise Refusal("structure", "comment")

    def pi(self, _target: str, _text: str | None = None, /) -> NoReturn:
        raise Refusal("structure", "processing instruction")


def read(raw: bytes, kind: str) -> Message:
    """The message in `raw`, whose root must be a `kind` of the SAML protocol.

    Raises:
        Refusal: for whatever else it is.
    """
    xml = _text(raw)
    root = _tree(xml)
    if root.tag != f"{{{PROTOCOL}}}{kind}":
        raise Refusal("kind", root.tag[-60:])
    _bounded(root)
    ident = root.get("ID", "")
    if len(ident) > _LONGEST_ID or not _ID.fullmatch(ident):
        raise Refusal("identifier")
    ids = [value for each in root.iter() for name, value in each.attrib.items() if _is_id(name)]
    if len(ids) != len(set(ids)):
        raise Refusal("structure", "an ID twice")
    if any(each.tag in _WHOLE for each in root.iter() if each is not root):
        raise Refusal("structure", "a message within a message")
    return Message(kind, xml, ident, _algorithm(root, ident))


def _text(raw: bytes) -> str:
    """UTF-8 and nothing else, so that two parsers cannot read two texts."""
    if len(raw) > LARGEST:
        raise Refusal("too_large")
    try:
        xml = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refusal("encoding") from error
    if xml.startswith("<?xml") and not _DECLARED.match(xml):
        raise Refusal("encoding")
    return xml


def _tree(xml: str) -> Element:
    parser = DefusedXMLParser(
        target=_Plain(), encoding="utf-8", forbid_dtd=True, forbid_entities=True, forbid_external=True
    )
    try:
        parser.feed(xml.encode())
        root = parser.close()
    except DefusedXmlException as error:
        raise Refusal("doctype") from error
    except (ParseError, ValueError) as error:
        raise Refusal("malformed") from error
    if not isinstance(root, Element):
        raise Refusal("malformed")
    return root


def _bounded(root: Element) -> None:
    for count, depth in enumerate(_depths(root), 1):
        if count > _MOST_ELEMENTS or depth > _DEEPEST:
            raise Refusal("structure", "too many elements")


def _depths(root: Element) -> Iterator[int]:
    waiting = [(root, 1)]
    while waiting:
        element, depth = waiting.pop()
        yield depth
        waiting += [(child, depth + 1) for child in element]


def _is_id(name: str) -> bool:
    return name.rpartition("}")[2].lower() in {"id", "assertionid", "requestid"}


def _algorithm(root: Element, ident: str) -> str:
    """How the message is signed, if it is: by one signature after its issuer, over the whole, as SAML has it."""
    every = list(root.iter(_SIGNATURE))
    if not every:
        if any(each.tag.startswith(f"{{{DSIG}}}") for each in root.iter()):
            raise Refusal("structure", "parts of a signature")
        return ""
    if len(every) > 1 or list(root)[1:2] != every:
        raise Refusal("structure", "a signature elsewhere")
    signature = every[0]
    told_keys = {key.tag for info in signature[2:] for key in info}
    if [each.tag for each in signature] not in _SHAPES or told_keys - _KEYS:
        raise Refusal("structure", "an odd signature")
    info = signature[0]
    if [each.tag for each in info] != [_in("CanonicalizationMethod"), _in("SignatureMethod"), _in("Reference")]:
        raise Refusal("structure", "an odd signature")
    _about_the_whole(info[2], ident)
    algorithm = info[1].get("Algorithm", "")
    if info[0].get("Algorithm") != _EXCLUSIVE or algorithm not in {**ECDSA, **RSA} or len(info[1]):
        raise Refusal("algorithm", algorithm[-40:])
    return algorithm


def _about_the_whole(reference: Element, ident: str) -> None:
    """The reference names the message itself, and changes nothing of it but taking the signature out."""
    if reference.get("URI") != f"#{ident}":
        raise Refusal("structure", "signed something else")
    if [each.tag for each in reference] != [_in("Transforms"), _in("DigestMethod"), _in("DigestValue")]:
        raise Refusal("structure", "an odd signature")
    transforms = tuple(each.get("Algorithm", "") for each in reference[0])
    inner = {each.tag for step in reference[0] for each in step}
    if transforms not in _TRANSFORMS or inner - {f"{{{_EXCLUSIVE}}}InclusiveNamespaces"}:
        raise Refusal("algorithm", "transform")
    if reference[1].get("Algorithm") not in _DIGESTS:
        raise Refusal("algorithm", "digest")


def _in(name: str) -> str:
    return f"{{{DSIG}}}{name}"
