"""What makers deliver: PSKC written by hand as RFC 6030 says, encrypted without the library that reads it."""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

XMLENC = "http://www.w3.org/2001/04/xmlenc#"
ALGORITHM = f"{XMLENC}aes128-cbc"
SECRET = b"12345678901234567890"
"""The test key of RFC 4226, appendix D."""
TYPED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
KEY = bytes.fromhex("12345678901234567890123456789012")
MAC_KEY = bytes.fromhex("1122334455667788990011223344556677889900")
PASSWORD, SALT, ROUNDS = "qwerty", b"salt-of-the-maker", 1000


def derived(password: str = PASSWORD, rounds: int = ROUNDS) -> bytes:
    return hashlib.pbkdf2_hmac("sha1", password.encode(), SALT, rounds, 16)


@dataclass(frozen=True)
class Token:
    """One device of the file; with `key` its seed is encrypted, with `mac` it can be told whether rightly."""

    serial: str
    secret: bytes = SECRET
    profile: str = "totp"
    suite: str = ""
    digits: str = "6"
    encoding: str = "DECIMAL"
    counter: str = ""
    interval: str = "30"
    key: bytes | None = None
    mac: bool = True

    @property
    def text(self) -> str:
        serial = escape(self.serial)
        answer = f'<ResponseFormat Length="{self.digits}" Encoding="{self.encoding}"/>'
        suite = f"<Suite>{self.suite}</Suite>" if self.suite else ""
        counter = f"<Counter><PlainValue>{self.counter}</PlainValue></Counter>" if self.counter else ""
        interval = f"<TimeInterval><PlainValue>{self.interval}</PlainValue></TimeInterval>" if self.interval else ""
        return f"""
  <KeyPackage>
    <DeviceInfo><Manufacturer>Sakura</Manufacturer><Model>T-1</Model><SerialNo>{serial}</SerialNo></DeviceInfo>
    <Key Id="{serial}" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:{self.profile}">
      <AlgorithmParameters>{suite}{answer}</AlgorithmParameters>
      <Data><Secret>{self._secret}</Secret>{counter}{interval}</Data>
    </Key>
  </KeyPackage>"""

    @property
    def _secret(self) -> str:
        if self.key is None:
            return f"<PlainValue>{base64.b64encode(self.secret).decode()}</PlainValue>"
        cipher = encrypted(self.key, self.secret)
        value = f"<EncryptedValue>{cipher_data(cipher)}</EncryptedValue>"
        mac = base64.b64encode(hmac.digest(MAC_KEY, cipher, "sha1")).decode()
        return value + (f"<ValueMAC>{mac}</ValueMAC>" if self.mac else "")


def encrypted(key: bytes, plain: bytes) -> bytes:
    """AES-CBC with the initial vector in front (RFC 6030 section 6.1)."""
    padder = PKCS7(128).padder()
    vector = hashlib.sha256(plain).digest()[:16]
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    return vector + encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()


def cipher_data(cipher: bytes) -> str:
    value = base64.b64encode(cipher).decode()
    return (
        f'<xenc:EncryptionMethod Algorithm="{ALGORITHM}"/>'
        f"<xenc:CipherData><xenc:CipherValue>{value}</xenc:CipherValue></xenc:CipherData>"
    )


def container(
    tokens: Sequence[Token], *, key: bytes | None = None, password: bool = False, rounds: int = ROUNDS
) -> bytes:
    """A file of these devices; with `key` its MAC key is encrypted by it, with `password` it says how to derive it."""
    opening = "<EncryptionKey><ds:KeyName>Pre-shared-key</ds:KeyName></EncryptionKey>" if key else ""
    if password:
        salt = base64.b64encode(SALT).decode()
        opening = f"""<EncryptionKey><xenc11:DerivedKey>
    <xenc11:KeyDerivationMethod Algorithm="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2">
      <pkcs5:PBKDF2-params><Salt><Specified>{salt}</Specified></Salt>
        <IterationCount>{rounds}</IterationCount><KeyLength>16</KeyLength></pkcs5:PBKDF2-params>
    </xenc11:KeyDerivationMethod></xenc11:DerivedKey></EncryptionKey>"""
    if key:
        opening += f"""<MACMethod Algorithm="http://www.w3.org/2000/09/xmldsig#hmac-sha1">
    <MACKey>{cipher_data(encrypted(key, MAC_KEY))}</MACKey></MACMethod>"""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"
  xmlns:xenc="{XMLENC}" xmlns:xenc11="http://www.w3.org/2009/xmlenc11#"
  xmlns:pkcs5="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#">{opening}{"".join(t.text for t in tokens)}
</KeyContainer>
""".encode()
