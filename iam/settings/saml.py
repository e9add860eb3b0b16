"""[saml]: the optional SAML 2.0 identity provider, and the keys that it signs with.

The one law: *ES256's curve unless somebody answered for less*: the key that signs is on
P-256, and an RSA key (RSASSA-PKCS1-v1_5) signs only for those whom a dated waiver names.
"""

from pathlib import Path
from typing import Self

from pydantic import model_validator

from iam.handwritten import Frozen
from iam.settings.written import FilePath


class Saml(Frozen):
    """[saml]: without it there is no SAML, and no page of it.

    Each key is a PEM file that nobody but the service can read; its certificate (PEM) is what systems are given.
    """

    key_file: FilePath
    certificate_file: FilePath

    next_certificate_file: FilePath | None = None
    """Of the key that will sign next: shown in the metadata ahead, so that systems know it before it signs."""

    rsa_key_file: FilePath | None = None
    rsa_certificate_file: FilePath | None = None
    """For systems that know RSA alone, each under a waiver with an end."""

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.rsa_key_file is None) != (self.rsa_certificate_file is None):
            raise ValueError("rsa_key_file と rsa_certificate_file は、両方を書くか、両方を省いてください。")
        return self

    @property
    def certificates(self) -> tuple[Path, ...]:
        """Every certificate that the metadata shows; the one that signs first."""
        shown = self.certificate_file, self.next_certificate_file, self.rsa_certificate_file
        return tuple(path for path in shown if path is not None)
