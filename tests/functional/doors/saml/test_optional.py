"""SAML as a part that may be left out: not wanted, it is not there; wanted and not ready, nothing is served."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from iam.errors import ConfigurationError
from iam.handwritten import validated
from iam.settings import Saml
from tests.functional.doors.saml.provider import Pair, pair
from tests.functional.site.conftest import Ground
from tests.functional.site.given import City
from tests.functional.site.serving import ROOT, a_place
from web.doors.saml.ourselves import ourselves
from web.doors.saml.pages import ROWS
from web.site.access import TABLE

WITHOUT_LIBRARY = """
import sys
for name in ("saml2", "defusedxml", "xmlschema"):
    sys.modules[name] = None
from web.cli.main import iam
iam(["--config", sys.argv[1], "serve"])
"""


def test_without_the_table_there_are_no_such_pages(ground: Ground) -> None:
    city = City(ground.deployment, ground.keys, f"sqlite:///{ground.file}", ground.known)
    for endpoint in ROWS:
        assert endpoint not in TABLE
        assert endpoint not in city.app.view_functions
    for path in ("/saml/metadata", "/saml/sso", "/saml/slo"):
        assert city.client().get(path).status_code == 404
    city.store.dispose()


def test_without_the_library_it_says_what_to_install_and_is_served_where_nobody_asks_for_it(
    tmp_path: Path,
) -> None:
    place = a_place(tmp_path)
    keys = pair(tmp_path, "idp")
    listen = ["-c", WITHOUT_LIBRARY, str(place.configuration)]
    text = place.configuration.read_text(encoding="utf-8")
    table = f'\n[saml]\nkey_file = "{keys.key_file}"\ncertificate_file = "{keys.certificate_file}"\n'
    place.configuration.write_text(text + table, encoding="utf-8")
    asked = subprocess.run([sys.executable, *listen], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert asked.returncode == 2
    assert "[saml]: SAMLの部品 pysaml2 が入っていません。" in asked.stderr
    assert "kagimori[saml]" in asked.stderr
    assert "Traceback" not in asked.stderr
    # Not asked for, the whole site is made without it.
    made = WITHOUT_LIBRARY.partition("from web.cli")[0] + "import web.site.app, web.cli.main"
    subprocess.run([sys.executable, "-c", made], cwd=ROOT, check=True, timeout=60)


@dataclass(frozen=True)
class Mistake:
    """What is wrong with the files, and what is said."""

    make: Callable[[Path, Pair], dict[str, Path]]
    said: str


def _open(folder: Path, good: Pair) -> dict[str, Path]:
    copy = folder / "open.key"
    copy.write_bytes(good.key_file.read_bytes())
    copy.chmod(0o644)
    return {"key_file": copy}


def _of(folder: Path, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, prefix: str = "") -> dict[str, Path]:
    made = pair(folder, "other", key)
    return {f"{prefix}key_file": made.key_file, f"{prefix}certificate_file": made.certificate_file}


MISTAKES = {
    "others can read it": Mistake(_open, "所有者以外も読めます"),
    "another curve": Mistake(lambda f, _: _of(f, ec.generate_private_key(ec.SECP384R1())), "P-256"),
    "RSA as the usual key": Mistake(lambda f, _: _of(f, rsa.generate_private_key(65537, 3072)), "P-256"),
    "RSA too short": Mistake(lambda f, _: _of(f, rsa.generate_private_key(65537, 2048), "rsa_"), "3072ビット以上"),
    "no RSA": Mistake(lambda f, _: _of(f, ec.generate_private_key(ec.SECP256R1()), "rsa_"), "3072ビット以上"),
    "another's certificate": Mistake(
        lambda f, _: {"certificate_file": pair(f, "stranger").certificate_file}, "key_file の鍵の証明書"
    ),
    "no certificate": Mistake(lambda _, good: {"certificate_file": good.key_file}, "読み取れるPEMの証明書"),
    "nothing there": Mistake(lambda f, _: {"key_file": f / "none.key"}, "読み取れません"),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_key_that_should_not_sign_is_refused_before_anybody_is_served(tmp_path: Path, mistake: Mistake) -> None:
    good = pair(tmp_path, "good")
    files = {"key_file": good.key_file, "certificate_file": good.certificate_file, **mistake.make(tmp_path, good)}
    with pytest.raises(ConfigurationError, match=mistake.said):
        ourselves(Saml(**files), "https://id.city.example")


def test_half_of_a_pair_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    written = {"key_file": "a.key", "certificate_file": "a.pem", "rsa_key_file": "b.key"}
    with pytest.raises(ConfigurationError, match="両方を書くか、両方を省いてください"):
        validated(Saml, written, source="iam.toml", context=tmp_path)


def test_the_metadata_shows_every_key_ahead_and_where_to_come(tmp_path: Path) -> None:
    now, later = pair(tmp_path, "now"), pair(tmp_path, "later")
    settings = Saml(
        key_file=now.key_file, certificate_file=now.certificate_file, next_certificate_file=later.certificate_file
    )
    metadata = ourselves(settings, "https://id.city.example").metadata.decode()
    bodies = ["".join(each.pem.splitlines()[1:-1]) for each in (now, later)]
    assert metadata.index(bodies[0]) < metadata.index(bodies[1])
    assert 'entityID="https://id.city.example/saml/metadata"' in metadata
    for page in ("sso", "slo"):
        assert metadata.count(f'Location="https://id.city.example/saml/{page}"') == 2
