"""compose.yaml gives the service exactly what the service reads."""

import re
import ssl
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import ldap3
import pytest
import yaml

from connectors.ldap.openldap.entries import OpenLdapOptions
from connectors.personnel.options import Options
from connectors.smtp import SmtpOptions
from iam.access.model import AccessModel
from iam.policy.cited import BASELINE
from iam.settings import CONFIG_VARIABLE, PASSWORD_VARIABLE, VARIABLES, Portal, Settings, load
from web.body.caller import caller
from web.cli.main import iam
from web.cli.setup.own_profile import own_profile
from web.practice.servers import process
from web.practice.servers.directory import directory
from web.practice.servers.slapd import PASSWORD
from web.site.running.serving import options_of

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "docs/deploy"
Service = Mapping[str, Any]
COMPOSE_TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
COMPOSE: Mapping[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: Mapping[str, Service] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
OURS = [name for name, service in SERVICES.items() if service.get("image") == "kagimori"]


def mounts(service: Service) -> dict[str, tuple[str, bool]]:
    """Where what is mounted: path in the container to (source, writable)."""
    found = {}
    for volume in service.get("volumes", []):
        source, place, *mode = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", volume).split(":")
        found[place] = (source, mode != ["ro"])
    return found | {f"/run/secrets/{name}": (name, False) for name in service.get("secrets", [])}


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load(SAMPLE / "iam.toml", {PASSWORD_VARIABLE: "instead of the file, which only the container has"})


def _model(settings: Settings) -> AccessModel:
    return AccessModel.parse(settings.access.file.read_text(encoding="utf-8"), settings.access.file.name)


@pytest.mark.parametrize("name", OURS)
def test_each_variable_is_one_that_the_service_reads(name: str) -> None:
    given = SERVICES[name]["environment"]
    assert CONFIG_VARIABLE in given
    assert set(given) - {"SUDO_UID"} <= set(VARIABLES)


@pytest.mark.parametrize("name", OURS)
def test_the_configuration_lies_where_the_service_looks_for_it(name: str) -> None:
    place = Path(SERVICES[name]["environment"][CONFIG_VARIABLE])
    source, writable = mounts(SERVICES[name])[str(place.parent)]
    assert ROOT / source / place.name == SAMPLE / "iam.toml"
    assert not writable


def test_who_releases_is_told_by_the_hosts_sudo_and_by_nobody_else() -> None:
    release = SERVICES["release"]
    assert release["user"] == "0:0"
    assert "SUDO_UID" in release["environment"]
    assert release["environment"]["SUDO_UID"] is None
    assert [name for name in OURS if "SUDO_UID" in SERVICES[name]["environment"]] == ["release"]
    assert "user" not in SERVICES["sync"]


def test_an_officer_of_the_sample_is_a_number_as_the_container_knows_no_names(settings: Settings) -> None:
    mounted = Path(SERVICES["release"]["environment"][CONFIG_VARIABLE]) / "only in the container"
    for officer in settings.officers.release:
        assert str(caller(0, {"SUDO_UID": officer}, mounted)) == officer
    assert str(caller(0, {}, mounted)) not in settings.officers.release


def test_root_in_the_container_may_use_the_services_files_and_nothing_else() -> None:
    release, sync = SERVICES["release"], SERVICES["sync"]
    assert release["cap_drop"] == ["ALL"]
    assert release["cap_add"] == ["DAC_OVERRIDE"]
    assert release["security_opt"] == ["no-new-privileges:true"]
    assert mounts(release) == mounts(sync)
    assert release["read_only"]


COMMAND = "compose --project-directory /opt/kagimori run --rm release iam plan"
ALLOWED = [f"{COMMAND} list", f"{COMMAND} show 4 --all", f"{COMMAND} release 4 --hash 8b0437c236c8"]
REFUSED = [
    f"{COMMAND} release 4 --hash 8b0437c236c8".replace("run", "run -e SUDO_UID=1002"),
    f"{COMMAND} show 4 ; sh",
    f"{COMMAND} list".replace("iam plan list", "sh"),
    f"{COMMAND} list".replace("/opt", "/home/tanaka"),
]


def test_the_sudoers_line_lets_an_officer_release_and_do_nothing_else() -> None:
    told = [line.removeprefix("#").strip() for line in COMPOSE_TEXT.splitlines() if line.startswith("#")]
    first = next(number for number, line in enumerate(told) if "/usr/bin/docker ^" in line)
    allowed = re.compile("^" + told[first].partition("^")[2].removesuffix("\\") + told[first + 1])
    assert [words for words in [*ALLOWED, *REFUSED] if allowed.search(words)] == ALLOWED


def test_no_secret_stands_in_the_file() -> None:
    for service in SERVICES.values():
        for variable, value in service.get("environment", {}).items():
            assert "PASSWORD" not in variable or (variable.endswith("_FILE") and value in mounts(service))
    assert all(set(secret) == {"file"} for secret in COMPOSE["secrets"].values())


@pytest.mark.parametrize("name", OURS)
def test_each_path_of_the_sample_is_one_that_the_service_is_given(name: str, settings: Settings) -> None:
    given = mounts(SERVICES[name])
    assert settings.database.password_file
    connected = [*settings.sources.values(), *settings.targets.values()]
    options = [Path(str(value)) for one in connected for value in one.options.values() if str(value).startswith("/")]
    assert len(options) == 3
    for path in [settings.database.password_file, *options]:
        assert {str(path), *map(str, path.parents)} & set(given), path
    for path in (settings.keys.file, settings.output.directory):
        assert any(writable for place, (_, writable) in given.items() if path.is_relative_to(place)), path


def test_the_sample_is_read_by_the_rooms_that_it_is_for(settings: Settings) -> None:
    source = settings.sources["jinji"]
    assert Options.model_validate(source.options, context={"folder": settings.folder}).encoding == "cp932"
    target = settings.targets["portal"]
    assert OpenLdapOptions.model_validate(target.options, context={"folder": settings.folder}).start_tls
    assert set(_model(settings).systems) == set(settings.targets)


def test_the_sample_asks_for_the_titles_as_init_does(settings: Settings) -> None:
    profile = Path(settings.body.profile)
    assert profile.read_text(encoding="utf-8") == own_profile(BASELINE)
    assert profile.parent == SAMPLE


def test_the_database_is_the_one_that_is_started(settings: Settings) -> None:
    url = settings.database.url
    assert url.host
    server = SERVICES[url.host]
    assert (url.username, url.database) == (
        server["environment"]["POSTGRES_USER"],
        server["environment"]["POSTGRES_DB"],
    )
    assert str(settings.database.password_file) == server["environment"]["POSTGRES_PASSWORD_FILE"]
    assert url.port == 5432


def test_the_practice_directory_is_the_one_that_is_started(settings: Settings) -> None:
    _, _, module, *arguments = SERVICES["directory"]["command"]
    assert module == directory.callback.__module__ if directory.callback else None
    told = directory.make_context("directory", list(arguments)).params
    options = settings.targets["portal"].options
    assert options["url"] == f"ldap://{told['name']}:{told['port']}"
    assert options["ca_file"] == str(told["ca"])
    assert told["name"] in SERVICES
    assert set(told["groups"]) == set(_model(settings).systems["portal"].entitlements)
    assert f"ldap://127.0.0.1:{told['port']}" in SERVICES["directory"]["healthcheck"]["test"]
    assert PASSWORD in COMPOSE_TEXT


def test_the_practice_directory_answers_over_tls_with_its_own_ca(tmp_path: Path) -> None:
    port, ca = process.free_port(), tmp_path / "ca.pem"
    command = [sys.executable, "-m", "web.practice.servers.directory", f"--port={port}", f"--ca={ca}", "--group=staff"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as served:
        try:
            assert served.stdout
            assert "応答しています" in served.stdout.readline()
            tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=str(ca))
            server = ldap3.Server("localhost", port=port, tls=tls, get_info=ldap3.NONE)
            with ldap3.Connection(
                server, "cn=writer,dc=city,dc=test", PASSWORD, auto_bind=ldap3.AUTO_BIND_NONE
            ) as bound:
                assert bound.start_tls()
                assert bound.bind()
        finally:
            served.terminate()


@pytest.mark.parametrize("name", OURS)
def test_what_the_service_runs_is_a_command_of_ours(name: str) -> None:
    program, *words = SERVICES[name]["command"]
    assert program == "iam"
    assert iam.get_command(click.Context(iam), words[0])


def test_every_service_that_stays_up_says_whether_it_is_well() -> None:
    staying = [service for service in SERVICES.values() if "night" not in service.get("profiles", [])]
    assert staying
    assert all("healthcheck" in service for service in staying)


def test_the_worker_has_time_to_end_the_letter_that_it_is_sending() -> None:
    grace = SERVICES["worker"]["stop_grace_period"]
    assert int(grace.removesuffix("s")) > SmtpOptions("mail.test", 25, "none", "a@mail.test").deadline


NGINX = (SAMPLE / "nginx.conf").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Portal:
    """[portal] of the sample, as it is when its # is taken away."""
    folder = tmp_path_factory.mktemp("deploy")
    text = (SAMPLE / "iam.toml").read_text(encoding="utf-8")
    block = text[text.index("# [portal]") :].partition("\n\n")[0]
    (folder / "iam.toml").write_text(
        text.replace(block, block.replace("# ", "", block.count("\n") + 1)), encoding="utf-8"
    )
    found = load(folder / "iam.toml", {PASSWORD_VARIABLE: "x"}).portal
    assert found
    return found


def test_the_portal_believes_the_proxy_and_nobody_else(portal: Portal) -> None:
    proxy = SERVICES["proxy"]["networks"]["inside"]["ipv4_address"]
    assert [str(network) for network in portal.proxies] == [f"{proxy}/32"]
    assert COMPOSE["networks"]["inside"]["internal"]
    assert "inside" in SERVICES["web"]["networks"]
    assert "ports" not in SERVICES["web"]
    assert [name for name in SERVICES if "inside" in SERVICES[name].get("networks", ())] == ["web", "proxy"]


def test_the_proxy_passes_on_to_where_the_portal_listens(portal: Portal) -> None:
    listen = SERVICES["web"]["command"][-1].removeprefix("--listen=")
    port = listen.rpartition(":")[2]
    assert port == portal.listen.rpartition(":")[2]
    assert f"server web:{port};" in NGINX
    assert f"127.0.0.1:{port}/readyz" in SERVICES["web"]["healthcheck"]["test"][-1]
    assert set(re.findall(r"server_name (\S+);", NGINX)) == {urlsplit(portal.origin).hostname}


def test_the_proxys_files_are_where_it_is_given_them() -> None:
    given = mounts(SERVICES["proxy"])
    assert given["/etc/nginx/conf.d/default.conf"] == ("./docs/deploy/nginx.conf", False)
    for path in re.findall(r"^\s*(?:# )?ssl_\S*certificate\S*\s+(\S+);", NGINX, re.MULTILINE):
        assert str(Path(path).parent) in given


def test_the_portal_ends_what_it_is_answering_before_it_is_killed() -> None:
    options = options_of(Portal(origin="https://id.example.lg.jp"), lambda: None)
    assert int(SERVICES["web"]["stop_grace_period"].removesuffix("s")) > options["graceful_timeout"]


def test_the_image_is_built_from_what_is_there() -> None:
    stages = set(re.findall(r"^FROM \S+ AS (\w+)$", DOCKERFILE, re.MULTILINE))
    assert {service["build"]["target"] for service in SERVICES.values() if "build" in service} <= stages
    copied = [word for line in re.findall(r"^COPY (.*) \S+$", DOCKERFILE, re.MULTILINE) for word in line.split()]
    assert copied
    assert all((ROOT / source).exists() for source in copied)


def test_the_image_holds_what_was_tested() -> None:
    tested, *shipped = (
        {line.split(" ", 1)[0] for line in (ROOT / name).read_text(encoding="utf-8").splitlines() if "==" in line}
        for name in ("requirements.lock", "runtime.lock", "runtime-saml.lock")
    )
    assert all(shipped)
    assert all(each <= tested for each in shipped)
