"""What a system reads of our answers: XML, held against our certificate by xmlsec1."""

import subprocess
import zlib
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit
from xml.etree.ElementTree import Element, fromstring

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from werkzeug.test import TestResponse

from tests.functional.doors.saml.provider import SAML, SAMLP, Pair
from web.practice.portal.browser import read
from web.practice.servers import process

NAMES: Final = {"p": SAMLP, "a": SAML, "ds": "http://www.w3.org/2000/09/xmldsig#"}


@dataclass(frozen=True)
class Answer:
    """A SAMLResponse that a form carries.  `location`: where the form goes."""

    location: str
    xml: str
    relay: str

    @property
    def root(self) -> Element:
        return fromstring(self.xml)  # noqa: S314 - of our own making

    def value(self, path: str, attribute: str = "") -> str:
        """Text or attribute of the one element at `path` ("" for the root)."""
        found = self.root.findall(path, NAMES) if path else [self.root]
        assert len(found) == 1, (path, self.xml)
        return (found[0].get(attribute) if attribute else found[0].text) or ""

    @property
    def statuses(self) -> list[str]:
        """The last words of the status codes, the outer first."""
        return [each.get("Value", "").rpartition(":")[2] for each in self.root.iter(f"{{{SAMLP}}}StatusCode")]

    @property
    def attributes(self) -> dict[str, list[str]]:
        return {
            each.get("Name", ""): [value.text or "" for value in each.findall("a:AttributeValue", NAMES)]
            for each in self.root.iter(f"{{{SAML}}}Attribute")
        }

    def verified(self, by: Pair, folder: Path) -> list[str]:
        """The elements whose signature xmlsec1 confirms under this certificate, by their ends."""
        file, found = folder / "response.xml", []
        file.write_text(self.xml, encoding="utf-8")
        for kind, space in (("Response", SAMLP), ("Assertion", SAML)):
            for each in self.root.iter(f"{{{space}}}{kind}"):
                command = [
                    process.program("xmlsec1"), "--verify", "--pubkey-cert-pem", str(by.certificate_file),
                    "--enabled-key-data", "raw-x509-cert", "--id-attr:ID", f"{SAMLP}:Response", "--id-attr:ID",
                    f"{SAML}:Assertion", "--node-id", each.get("ID", ""), str(file),
                ]  # fmt: skip
                if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                    found.append(kind)
        return found


def answer_in(page: TestResponse) -> Answer:
    """The answer that the form of this page carries."""
    text = page.get_data(as_text=True)
    assert page.status_code == 200, text
    (form,) = (each for each in read(200, "/", text.encode()).forms if "SAMLResponse" in each.fields)
    return Answer(form.action, b64decode(form.fields["SAMLResponse"]).decode(), form.fields.get("RelayState", ""))


def answer_at(location: str, by: Pair) -> Answer:
    """The answer that an address carries, whose signature is confirmed."""
    parts = urlsplit(location)
    said = {name: values[0] for name, values in parse_qs(parts.query, strict_parsing=True).items()}
    octets, signature = parts.query.partition("&Signature=")[0].encode(), b64decode(said["Signature"])
    public = by.key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        public.verify(signature, octets, padding.PKCS1v15(), hashes.SHA256())
    else:
        r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
        public.verify(encode_dss_signature(r, s), octets, ec.ECDSA(hashes.SHA256()))
    xml = zlib.decompress(b64decode(said["SAMLResponse"]), -15).decode()
    return Answer(location.partition("?")[0], xml, said.get("RelayState", ""))
