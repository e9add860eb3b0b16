"""Apache with mod_auth_mellon, by the sample that operators copy: one service provider for each path."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urljoin, urlsplit

from tests.functional.doors.saml.provider import an_rsa_key, pair
from web.practice.portal.browser import Browser, Course, Form, Page, read
from web.practice.servers import process

ROOT: Final = Path(__file__).parents[4]
SAMPLES: Final = ROOT / "docs/deploy/apache"
USER: Final = "www-data"
_MODULES: Final = Path("/usr/lib/apache2/modules")
_NEEDED: Final = ("mpm_event", "authn_core", "authz_core", "authz_user", "dir", "headers", "include", "auth_mellon")
_MOST_HOPS: Final = 12
_MOVED: Final = frozenset({301, 302, 303})
_SERVER: Final = """\
ServerRoot {folder}
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile {folder}/httpd.pid
Mutex file:{folder} default
ErrorLog {folder}/error.log
LogLevel warn
{modules}
DocumentRoot {folder}/www
DirectoryIndex index.html
SetOutputFilter INCLUDES
MellonLockFile {folder}/mellon.lock
"""
_APPLICATION: Final = '{name}: <!--#echo var="HTTP_X_REMOTE_USER" --> may <!--#echo var="HTTP_X_REMOTE_GROUPS" -->'
"""An application that believes two headers."""


@dataclass(frozen=True)
class Part:
    """One service provider.  `context`: the class of authentication that it asks for, "" for none."""

    name: str
    site: str
    pem: str
    context: str = ""

    @property
    def entity_id(self) -> str:
        return f"{self.site}/{self.name}/mellon/metadata"

    @property
    def acs(self) -> str:
        return f"{self.site}/{self.name}/mellon/postResponse"

    @property
    def logout_url(self) -> str:
        return f"{self.site}/{self.name}/mellon/logout"


@dataclass(frozen=True)
class Mellon:
    """Apache, not started yet.  `parts`: by name."""

    folder: Path
    port: int
    parts: dict[str, Part] = field(default_factory=dict)

    @property
    def site(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self, name: str, context: str = "") -> Part:
        """One more path, with keys of its own."""
        keys = pair(self.folder, name, an_rsa_key())
        part = Part(name, self.site, keys.pem, context)
        body = "".join(keys.pem.splitlines()[1:-1])
        metadata = (SAMPLES / "soumu.xml").read_text(encoding="utf-8")
        metadata = metadata.replace("https://soumu.example.lg.jp", self.site).replace("/soumu/", f"/{name}/")
        (self.folder / f"{name}.xml").write_text(metadata.replace("CERTIFICATE<", f"{body}<"), encoding="utf-8")
        (self.folder / "www" / name).mkdir(parents=True)
        (self.folder / "www" / name / "index.html").write_text(_APPLICATION.format(name=name), encoding="ascii")
        self.parts[name] = part
        return part

    @contextlib.contextmanager
    def running(self, metadata: bytes) -> Iterator[None]:
        """Apache, until the block ends; `metadata`: what the identity provider says of itself."""
        (self.folder / "kagimori.xml").write_bytes(metadata)
        configuration = self.folder / "httpd.conf"
        configuration.write_text(self._configuration(), encoding="utf-8")
        process.hand_over(USER, self.folder, *self.folder.rglob("*"))
        log = self.folder / "apache.log"
        command = [process.program("apache2"), "-d", str(self.folder), "-f", str(configuration), "-DFOREGROUND"]
        with log.open("wb") as out:
            running = process.start(USER, command, log=out)
        try:
            process.wait_until_ready(running, lambda: process.listens(self.port), log=log)
            yield
        finally:
            process.end(running)

    def _configuration(self) -> str:
        modules = "\n".join(f"LoadModule {name}_module {_MODULES}/mod_{name}.so" for name in _NEEDED)
        server = _SERVER.format(folder=self.folder, port=self.port, modules=modules)
        return server + "\n".join(self._location(part) for part in self.parts.values())

    def _location(self, part: Part) -> str:
        """The sample, with paths of ours, before an application that shows what it is given."""
        text = (SAMPLES / "mellon.conf").read_text(encoding="utf-8")
        changes = {
            "/soumu": f"/{part.name}", "Variable soumu": f"Variable {part.name}",
            "/etc/apache2/mellon": str(self.folder),
            "</Location>": "    Options +Includes\n</Location>",
        }  # fmt: skip
        if part.context:
            changes['# MellonAuthnContextClassRef "urn:kagimori:kinds:2"'] = (
                f'MellonAuthnContextClassRef "{part.context}"'
            )
        for old, new in changes.items():
            assert old in text, old
            text = text.replace(old, new)
        return text


class Traveller:
    """Somebody's browser that goes from site to site; each site sees its own cookies only."""

    def __init__(self, *origins: str) -> None:
        self.sites = {origin: Browser(origin) for origin in origins}
        self.at = Page(0, "/", "")
        self.here = ""

    def close(self) -> None:
        for each in self.sites.values():
            each.__exit__()

    def open(self, address: str) -> Page:
        """Type an address and follow wherever it leads."""
        return self._went("GET", address, None)

    def send(self, **typed: str) -> Page:
        """Fill in the form that asks for all that is typed, and follow wherever it leads."""
        return self._went("POST", *self._filled(typed))

    def carried(self) -> Form:
        """The form that carries an answer to a system."""
        assert self.at.text.count("SAMLResponse") == 1, (self.here, self.at.status, self.at.text)
        (form,) = (form for form in self.at.forms if "SAMLResponse" in form.fields)
        return form

    def goes_on(self) -> Page:
        """Press the button that carries the answer on."""
        form = self.carried()
        return self._went("POST", form.action, dict(form.fields))

    def brings(self, address: str, fields: dict[str, str]) -> Page:
        """Bring something else than the form says, or elsewhere."""
        return self._went("POST", address, fields)

    def _filled(self, typed: dict[str, str]) -> tuple[str, dict[str, str]]:
        for form in self.at.forms:
            if set(typed) <= {*form.fields, *form.boxes}:
                return form.action, {**form.fields, **typed}
        raise LookupError((self.here, self.at.status, sorted(typed), self.at.text[-2000:]))

    def _went(self, method: str, address: str, form: dict[str, str] | None) -> Page:
        course = Course(origin(self.here) if method == "POST" else "")
        for _ in range(_MOST_HOPS):
            address = self._whole(address)
            parts, browser = urlsplit(address), self.sites[origin(address)]
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            status, onward, body = browser.ask(method, path, form, course)
            if status not in _MOVED:
                break
            self.here, method, form = address, "GET", None
            address = onward
        self.here, self.at = address, read(status, path, body)
        return self.at

    def _whole(self, address: str) -> str:
        return urljoin(self.here, address)


def origin(address: str) -> str:
    """The origin of an address."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
