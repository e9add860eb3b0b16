"""The portal as a running service: what it refuses to start with, how it serves and stops, and nginx before it."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from iam.errors import ConfigurationError
from iam.settings import Portal
from tests.functional.site.serving import NAME, Place, Proxy, Served, a_place, nginx_before, served
from web.cli.main import iam
from web.practice.servers.certificates import NOT_AFTER, NOT_BEFORE, Certificates, make_certificates
from web.site.face import assets
from web.site.face.assets import Assets
from web.site.running.serving import options_of


def serve(place: Place, *arguments: str) -> Result:
    return CliRunner().invoke(iam, ["--config", str(place.configuration), "serve", *arguments])


def test_it_does_not_start_without_a_portal_in_the_settings(tmp_path: Path) -> None:
    place = a_place(tmp_path)
    text = place.configuration.read_text(encoding="utf-8")
    place.configuration.write_text(re.sub(r"\[portal\][^\[]*", "", text), encoding="utf-8")
    result = serve(place)
    assert result.exit_code == 2
    assert "ポータルの設定がありません。[portal] に origin と listen を書いてください。" in result.stderr


def test_it_does_not_start_over_a_database_of_another_version(tmp_path: Path) -> None:
    result = serve(a_place(tmp_path, migrated=False))
    assert result.exit_code == 4
    assert "iam db upgrade" in result.stderr


def test_it_does_not_start_while_the_policy_is_not_settled(tmp_path: Path) -> None:
    place = a_place(tmp_path)
    profile = tmp_path / "さくら市.toml"
    text = profile.read_text(encoding="utf-8")
    profile.write_text(re.sub(r'\[titles\."人事管理部門"\].*?\n\n', "", text, flags=re.DOTALL), encoding="utf-8")
    result = serve(place)
    assert result.exit_code == 2
    assert "決め残し" in result.stderr


def test_it_does_not_start_without_the_parts_of_the_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "MANIFEST", tmp_path / "manifest.json")
    with pytest.raises(ConfigurationError, match=r"\./dev assets"):
        Assets.found()
    result = serve(a_place(tmp_path))
    assert result.exit_code == 2
    assert "画面の部品がまだありません。" in result.stderr


@pytest.mark.parametrize("listen", ["8443", "127.0.0.1:", "127.0.0.1:99999", ":8443"])
def test_an_address_that_is_none_is_told(tmp_path: Path, listen: str) -> None:
    result = serve(a_place(tmp_path), "--listen", listen)
    assert result.exit_code == 2
    assert "127.0.0.1:8443 のように" in result.stderr


def test_the_server_believes_no_peer_and_bounds_what_it_reads() -> None:
    options = options_of(Portal(origin="https://id.example.lg.jp"), lambda: None)
    assert options["forwarded_allow_ips"] == options["forwarder_headers"] == ""
    assert options["secure_scheme_headers"] == {}
    assert 0 < options["limit_request_fields"] <= 100
    assert 16_384 < options["limit_request_field_size"] < 32_768
    assert options["control_socket_disable"]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Served]:
    with served(a_place(tmp_path)) as running:
        yield running


def test_it_serves_until_it_is_told_to_stop(service: Served) -> None:
    assert (service.get("/healthz").text, service.get("/readyz").text) == ("ok\n", "ready\n")
    assert service.stop() == 0
    assert all({"event", "timestamp", "level"} <= set(line) for line in service.lines())


def test_it_stops_by_control_c_as_well(service: Served) -> None:
    assert service.stop(signal.SIGINT) == 0


def test_style_and_scripts_come_with_it_and_are_kept_for_ever(service: Served) -> None:
    folder = Assets.found().folder
    for name, kind in (("site.css", "text/css"), ("page.js", "text/javascript"), ("icon.svg", "image/svg+xml")):
        answer = service.get(f"/static/{folder}/{name}")
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith(kind)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "MIT" in service.get(f"/static/{folder}/LICENSES.txt").text
    assert service.get("/static/../keys.json").status in {400, 404}
    assert service.get("/static/manifest.json/../../../keys.json").status in {400, 404}


def test_a_client_that_speaks_for_others_is_not_believed(service: Served) -> None:
    service.get("/readyz", {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "SCRIPT_NAME": "/x"})
    answer = service.get("/nowhere", {"X-Forwarded-For": "203.0.113.9"})
    assert answer.status == 404
    line = next(line for line in service.lines() if line["event"] == "request")
    assert (line["address"], line["forged"]) == ("127.0.0.1", ["X-Forwarded-For"])


# --- behind nginx, by the sample


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Of the portal; and, as the practice CA signs only once, also the card."""
    return make_certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def foreign_card(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate that nobody of ours issued, and its key."""
    folder = tmp_path_factory.mktemp("foreign")
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stranger")]),
    )
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(7).not_valid_before(NOT_BEFORE).not_valid_after(NOT_AFTER).sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "card.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "card.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder / "card.pem", folder / "card.key"


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory, tls: Certificates) -> Iterator[tuple[Served, Proxy]]:
    folder = tmp_path_factory.mktemp("behind")
    card = f'proxies = ["127.0.0.1"]\n[portal.certificate]\nca = "{tls.ca}"\n'
    place = a_place(folder)
    text = place.configuration.read_text(encoding="utf-8")
    text = re.sub(r'origin = "[^"]*"', f'origin = "https://{NAME}"', text)
    text = re.sub(r"(\[portal\][^\[]*)", lambda found: f"{found[1].rstrip()}\n{card}\n", text)
    place.configuration.write_text(text, encoding="utf-8")
    with (
        served(place) as service,
        nginx_before(service, folder, certificate=tls.certificate, key=tls.key, ca=tls.ca, cards=tls.ca) as proxy,
    ):
        yield service, proxy


def test_nginx_passes_pages_on_over_tls(behind: tuple[Served, Proxy]) -> None:
    answer = behind[1].get("/login")
    assert answer.status == 200
    assert "さくら市" in answer.text
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize("path", ["/auth/check?app=x", "/auth/check", "/.kagimori/begin", "/.kagimori/enter?ticket=x"])
def test_no_browser_asks_in_the_name_of_a_proxy(behind: tuple[Served, Proxy], path: str) -> None:
    assert behind[1].get(path, {"X-Original-URL": "https://app.example/"}).status == 404


def test_plain_http_is_sent_to_tls(behind: tuple[Served, Proxy]) -> None:
    answer = behind[1].get_plain("/login?next=/access")
    assert (answer.status, answer.headers["Location"]) == (308, f"https://{NAME}/login?next=/access")


def test_the_address_is_the_one_that_nginx_saw(behind: tuple[Served, Proxy]) -> None:
    service, proxy = behind
    proxy.get("/nowhere", {"X-Forwarded-For": "203.0.113.9"}, source="127.0.0.7")
    line = [line for line in service.lines() if line["event"] == "request"][-1]
    assert (line["address"], "forged" in line) == ("127.0.0.7", False)


def test_a_card_is_seen_through_nginx_and_a_claim_of_one_is_not(
    behind: tuple[Served, Proxy], tls: Certificates, foreign_card: tuple[Path, Path]
) -> None:
    proxy = behind[1]
    forged = tls.certificate.read_text(encoding="ascii").replace("\n", "%0A")
    shown = card_line(proxy.get("/login", card=(tls.certificate, tls.key)).text)
    without = card_line(proxy.get("/login").text)
    assert shown != without
    assert card_line(proxy.get("/login", {"X-Client-Cert": forged}).text) == without
    assert card_line(proxy.get("/login", card=foreign_card).text) == without


def card_line(page: str) -> str:
    """What the page offers for cards."""
    assert "ICカード" in page, page
    return page[page.index("ICカード") :].partition("</section>")[0]


def test_a_body_that_is_too_large_ends_at_nginx(behind: tuple[Served, Proxy]) -> None:
    answer = behind[1].get("/login", {"Content-Length": "99999999", "Content-Type": "text/plain"}, method="POST")
    assert answer.status == 413
