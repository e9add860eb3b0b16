"""xmlsec1, which signs XML and verifies signatures: a program of its own for every message.

The one law: *a flood ends here*: so many at once and no more, each for so long and no longer; and nothing of
a message is named on its command line, nor kept when it ends.
"""

import logging
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import NamedTemporaryFile
from threading import BoundedSemaphore
from typing import IO, Any, Final

from saml2.cert import CertificateError
from saml2.sigver import (
    CryptoBackendXmlSec1,
    MissingKey,
    SecurityContext,
    SigverError,
    XmlsecError,
    parse_xmlsec_verify_output,
)

from iam.errors import Busy, ConfigurationError
from web.doors.saml.wire.refusing import Refusal

AT_ONCE: Final = 2
"""Processes of one worker at the same time: as many as hash passwords (settings.Portal.hashes)."""

WAITING: Final = 6
"""Messages that may wait for their turn in one worker; the next is told to come again at once, so that its thread is
free for whoever is signed in."""

LONGEST_WAIT: Final = 3.0
"""Seconds for a turn; then the asker is told to come again."""

LONGEST_RUN: Final = 5.0
"""Seconds of one process; it takes some ten milliseconds."""

_TOO_MANY: Final = "SAMLの署名の順番を待つ人が多すぎます。少し待ってから、もう一度お試しください。"
_FOLDERS: Final = "/usr/bin:/usr/local/bin:/bin"

# What it logs holds whole messages, and with them people.
logging.getLogger("saml2").addHandler(logging.NullHandler())
logging.getLogger("saml2").propagate = False


def installed() -> str:
    """Where xmlsec1 lies.

    Raises:
        ConfigurationError: when it is not installed.
    """
    found = shutil.which("xmlsec1", path=_FOLDERS)
    if found is None:
        raise ConfigurationError(["[saml]: xmlsec1 がありません。apt-get install xmlsec1 で導入してください。"])
    return found


class Xmlsec(CryptoBackendXmlSec1):  # type: ignore[misc] # the library has no types
    """The library's way to xmlsec1, with bounds.  `program`: its path."""

    def __init__(
        self,
        program: str,
        *,
        at_once: int = AT_ONCE,
        waiting: int = WAITING,
        wait: float = LONGEST_WAIT,
        run: float = LONGEST_RUN,
    ) -> None:
        super().__init__(program)
        self._turns = BoundedSemaphore(at_once)
        self._places = BoundedSemaphore(at_once + waiting)
        self._wait, self._run = wait, run
        self._known = str(super().version)

    @property
    def version(self) -> str:
        """The program's version, asked for once."""
        return self._known

    # As the library's own, but that every file is closed and gone whatever happens.

    def sign_statement(self, statement: str, node_name: str, key_file: str, node_id: str) -> str:
        """`statement` with the prepared signature of one element filled in."""
        with _private(statement.encode(), ".xml") as file:
            how = ["--sign", "--privkey-pem", key_file, "--id-attr:ID", node_name, "--node-id", node_id]
            return self._run_xmlsec([self.xmlsec, *how], [file.name])[2].decode()

    def validate_signature(self, signedtext: str, cert_file: str, cert_type: str, node_name: str, node_id: str) -> bool:
        """Whether xmlsec1 says that the certificate's key signed this element; keys that the message names are none."""
        with _private(signedtext.encode(), ".xml") as file:
            how = ["--verify", "--enabled-reference-uris", "empty,same-doc", "--enabled-key-data", "raw-x509-cert"]
            whose = [f"--pubkey-cert-{cert_type}", cert_file, "--id-attr:ID", node_name, "--node-id", node_id]
            said = self._run_xmlsec([self.xmlsec, *how, *whose], [file.name])[1]
        return bool(parse_xmlsec_verify_output(said, self.version_nums))

    def _run_xmlsec(self, com_list: Sequence[str], extra_args: Iterable[str]) -> tuple[str, str, bytes]:
        if not self._places.acquire(blocking=False):
            raise Busy(_TOO_MANY)
        try:
            return self._in_turn(com_list, extra_args)
        finally:
            self._places.release()

    def _in_turn(self, com_list: Sequence[str], extra_args: Iterable[str]) -> tuple[str, str, bytes]:
        if not self._turns.acquire(timeout=self._wait):
            raise Busy(_TOO_MANY)
        try:
            return self._once(com_list, extra_args)
        finally:
            self._turns.release()

    def _once(self, com_list: Sequence[str], extra_args: Iterable[str]) -> tuple[str, str, bytes]:
        lax = ["--lax-key-search"] if self.version_nums >= (1, 3) else []
        # As all files of the library: readable by the service alone, gone with the block.
        with NamedTemporaryFile(suffix=".xml") as out:
            command = [*com_list, "--output", out.name, *lax, *extra_args]
            try:
                done = subprocess.run(  # noqa: S603 - a program by its path, and files by names of ours
                    command, stdin=subprocess.DEVNULL, capture_output=True, timeout=self._run, check=False, env={}
                )
            except subprocess.TimeoutExpired as error:
                raise Busy("SAMLの署名に時間がかかりすぎました。もう一度お試しください。") from error
            if done.returncode:
                raise XmlsecError(f"xmlsec1 ended with {done.returncode}")
            return done.stdout.decode(), done.stderr.decode("utf-8", "replace"), out.read()


@dataclass(frozen=True)
class _Certificate:
    """What the library asks the metadata for: the one certificate that two officers registered for this client.

    `file`: holds it, as PEM.
    """

    file: IO[bytes]

    def certs(self, *_: object) -> list[tuple[str, IO[bytes]]]:
        """The certificate, for whoever is said to have sent the message."""
        return [("", self.file)]


@contextmanager
def _private(content: bytes, suffix: str) -> Iterator[IO[bytes]]:
    """A file for xmlsec1 that only the service can read, gone with the block."""
    with NamedTemporaryFile(suffix=suffix) as file:
        file.write(content)
        file.flush()
        yield file


def verify(xmlsec: Xmlsec, xml: str, kind: str, certificate: str) -> None:
    """Hold the signature of a message against a certificate (PEM).  `kind`: "authn_request", …

    What the message says of its own key is not believed.

    Raises:
        Refusal: when it was not signed by that key, or signed otherwise than SAML Core §5.4 lets it be.
        Busy: when too many wait.
    """
    with _private(certificate.encode(), ".pem") as file:
        context = SecurityContext(xmlsec, metadata=_Certificate(file), only_use_keys_in_metadata=True)
        check: Any = getattr(context, f"correctly_signed_{kind}")
        try:
            check(xml, must=True)
        except (SigverError, MissingKey, CertificateError, TypeError, ValueError, AttributeError) as error:
            raise Refusal("signature", type(error).__name__) from error


def sign(xmlsec: Xmlsec, xml: str, parts: Iterable[tuple[str, str]], key_file: str) -> str:
    """`xml` with its prepared signatures filled in; `parts`: class name and ID of each signed element, inner first.

    Raises:
        Busy: when too many wait.
        SigverError: when xmlsec1 cannot sign.
    """
    for kind, ident in parts:
        xml = xmlsec.sign_statement(xml, kind, key_file, ident)
    return xml
