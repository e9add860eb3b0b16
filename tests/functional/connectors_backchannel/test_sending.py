"""Word of a sign-out reaches the registered address, and nobody else, whatever that answers."""

from pathlib import Path
from time import monotonic

import pytest

from connectors.backchannel import BackchannelOptions, BackchannelSender
from iam.errors import ConfigurationError, FarewellError
from tests.listener import Listener
from web.practice.servers.process import free_port

WORD = "header.claims.signature"


def options(listener: Listener, *hosts: str) -> BackchannelOptions:
    return BackchannelOptions(frozenset(hosts or {listener.place}), listener.ca, timeout=5)


def failure(chosen: BackchannelOptions, uri: str) -> FarewellError:
    with pytest.raises(FarewellError) as caught:
        BackchannelSender(chosen).send(uri, WORD)
    assert WORD not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("tls", [False, True])
def test_the_word_arrives_at_its_address(tmp_path: Path, *, tls: bool) -> None:
    with Listener(tmp_path, tls=tls, answers=[200, 204]) as listener:
        sender = BackchannelSender(options(listener))
        sender.send(listener.uri("/bye?tenant=1"), WORD)
        sender.send(listener.uri(""), WORD)
    assert listener.received == [("/bye?tenant=1", {"logout_token": WORD}), ("/", {"logout_token": WORD})]


@pytest.mark.parametrize(
    ("status", "transient"), [(400, False), (405, False), (404, True), (429, True), (500, True), (503, True)]
)
def test_a_refusal_says_whether_to_come_again(tmp_path: Path, status: int, *, transient: bool) -> None:
    with Listener(tmp_path, answers=[status]) as listener:
        error = failure(options(listener), listener.uri())
    assert (error.transient, str(status) in str(error)) == (transient, True)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(tmp_path: Path, status: int) -> None:
    with Listener(tmp_path) as other, Listener(tmp_path, answers=[status], elsewhere=other.uri()) as listener:
        error = failure(options(listener, listener.place, other.place), listener.uri())
    assert not error.transient
    assert "転送" in str(error)
    assert other.received == []


def test_a_server_with_another_name_or_of_an_unknown_authority_gets_no_word(tmp_path: Path) -> None:
    with Listener(tmp_path, tls=True, names=("other.test",)) as listener:
        wrong_name = failure(options(listener), listener.uri())
    with Listener(tmp_path, tls=True) as listener:
        stranger = failure(BackchannelOptions(frozenset({listener.place})), listener.uri())
    for error in (wrong_name, stranger):
        assert error.transient, "somebody may mend it meanwhile"
        assert "証明書を確かめられません" in str(error)
    assert listener.received == []


def test_nobody_is_spoken_to_who_is_not_listed(tmp_path: Path) -> None:
    with Listener(tmp_path) as listener:
        for hosts in (["127.0.0.1"], [f"127.0.0.2:{listener.port}"], ["localhost", f"localhost:{listener.port}"]):
            error = failure(options(listener, *hosts), listener.uri())
            assert f"[backchannel] hosts に 127.0.0.1:{listener.port}" in str(error)
    assert listener.received == []


@pytest.mark.parametrize(
    "uri", ["http://rp.example/bye", "file:///etc/passwd", "ftp://127.0.0.1/", "//127.0.0.1/", "https://", "bye"]
)
def test_what_is_no_address_of_ours_is_asked_nothing(tmp_path: Path, uri: str) -> None:
    hosts = frozenset({"rp.example", "127.0.0.1", "rp.example:80", ""})
    failure(BackchannelOptions(hosts), uri)


def test_a_slow_or_absent_server_holds_up_nobody(tmp_path: Path) -> None:
    begun = monotonic()
    with Listener(tmp_path, drips=True) as listener:
        hurried = BackchannelOptions(frozenset({listener.place}), timeout=5, deadline=0.3)
        assert failure(hurried, listener.uri()).transient
    port = free_port()
    assert failure(BackchannelOptions(frozenset({f"127.0.0.1:{port}"})), f"http://127.0.0.1:{port}/").transient
    assert monotonic() - begun < 4


def test_no_proxy_of_the_environment_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Listener(tmp_path) as proxy, Listener(tmp_path) as listener:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://{proxy.place}")
        BackchannelSender(options(listener)).send(listener.uri(), WORD)
    assert (len(listener.received), proxy.received) == (1, [])


def test_an_authority_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"backchannel\.ca_file"):
        BackchannelSender(BackchannelOptions(frozenset({"x"}), tmp_path / "none.pem"))
