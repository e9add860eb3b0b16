"""Reading a directory to a proved end, or not at all: each failure in its own sentence."""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from connectors.ldap.ber import ENTRY, message_parts
from connectors.ldap.requests import element
from iam.errors import SourceError
from iam.ports import SourceBatch, SourceRow
from tests.conftest import StartSlapd
from tests.functional.connectors_ldap.conftest import PEOPLE, Reader, add_people
from tests.functional.connectors_ldap.proxy import EXTENDED, SEARCH_DONE, Proxy, Stop, after
from web.practice.servers.certificates import make_certificates
from web.practice.servers.slapd import PASSWORD, Slapd, SlapdOptions


def numbers(batches: Sequence[SourceBatch]) -> list[str]:
    return sorted(row.fields["staff_number"] for batch in batches for row in batch.rows if isinstance(row, SourceRow))


def failure(read: Callable[[], object]) -> str:
    with pytest.raises(SourceError) as caught:
        read()
    text = str(caught.value)
    assert text.startswith("人事ディレクトリ「jinji」(ldap")
    assert text.endswith("。")
    assert PASSWORD not in text
    return text


EVERYONE = [f"{number:05d}" for number in range(PEOPLE)]


def test_pages_come_one_by_one_and_make_the_whole(people: Slapd, reader: Reader) -> None:
    batches = list(reader(people).read(set()))

    assert [len(batch.rows) for batch in batches] == [3, 3, 3, 1]
    assert numbers(batches) == EVERYONE


def test_a_last_page_that_is_full_ends_the_reading_too(people: Slapd, reader: Reader) -> None:
    assert numbers(list(reader(people, page_size=5).read(set()))) == EVERYONE
    assert numbers(list(reader(people, page_size=PEOPLE).read(set()))) == EVERYONE


def test_a_directory_without_anyone_is_read_to_its_end(slapd: Slapd, reader: Reader) -> None:
    assert numbers(list(reader(slapd).read(set()))) == []


def test_the_filter_and_the_scope_choose(people: Slapd, reader: Reader) -> None:
    assert numbers(list(reader(people, filter="(&(employeeNumber=0000*)(!(uid=p3)))").read(set()))) == [
        number for number in EVERYONE if number != "00003"
    ]
    assert numbers(list(reader(people, base=people.suffix, scope="one").read(set()))) == []
    assert numbers(list(reader(people, base=f"uid=p4,ou=people,{people.suffix}", scope="base").read(set()))) == [
        "00004"
    ]


def test_a_reading_may_be_left_in_the_middle_and_begun_again(people: Slapd, reader: Reader) -> None:
    source = reader(people)
    first = source.read(set())
    next(first)
    first.close()  # type: ignore[attr-defined]  # a generator

    assert numbers(list(source.read(set()))) == EVERYONE


def test_a_name_with_several_addresses_is_tried_at_each(people: Slapd, reader: Reader) -> None:
    assert numbers(list(reader(people, url=f"ldap://localhost:{people.port}").read(set()))) == EVERYONE


def test_a_connection_that_ends_between_pages_is_no_end(people: Slapd, reader: Reader) -> None:
    def close(_: bytes) -> NoReturn:
        raise Stop

    with Proxy(people.port, after(SEARCH_DONE, 3, close)) as proxy:
        batches = reader(people, url=proxy.url).read(set())
        assert len(next(batches).rows) + len(next(batches).rows) == 6
        assert "切られました" in failure(lambda: list(batches))


def test_a_message_that_breaks_off_is_no_end(people: Slapd, reader: Reader) -> None:
    def half(message: bytes) -> Iterator[bytes]:
        yield message[:-7]
        raise Stop

    with Proxy(people.port, after(ENTRY, 5, half)) as proxy:
        assert "切られました" in failure(lambda: list(reader(people, url=proxy.url).read(set())))


def test_a_directory_that_stops_answering_between_pages_is_given_up(people: Slapd, reader: Reader) -> None:
    def stall(_: bytes) -> NoReturn:
        raise Stop(stall=True)

    with Proxy(people.port, after(SEARCH_DONE, 2, stall)) as proxy:
        text = failure(lambda: list(reader(people, url=proxy.url, timeout=1).read(set())))

    assert "1秒間応答しませんでした" in text
    assert "使いません" in text


@pytest.mark.parametrize(
    "junk", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\0" * 9]
)
def test_what_is_not_ldap_is_refused(people: Slapd, reader: Reader, junk: bytes) -> None:
    with Proxy(people.port, after(SEARCH_DONE, 2, lambda message: [message, junk])) as proxy:
        assert "LDAPとして読めません" in failure(lambda: list(reader(people, url=proxy.url).read(set())))


def test_a_server_that_ignores_paging_is_not_believed(people: Slapd, reader: Reader) -> None:
    def without_controls(message: bytes) -> list[bytes]:
        return [element(0x30, message[2 : message_parts(message)[1]], element(SEARCH_DONE, b"\x0a\x01\0\x04\0\x04\0"))]

    with Proxy(people.port, after(SEARCH_DONE, 1, without_controls)) as proxy:
        assert "ページ分割" in failure(lambda: list(reader(people, url=proxy.url).read(set())))


def a_page(message: bytes, cookie: bytes) -> bytes:
    """The end of a page that promises another one, under the message id of `message`."""
    value = element(0x30, b"\x02\x01\x00", element(0x04, cookie))
    control = element(0x30, element(0x04, b"1.2.840.113556.1.4.319"), element(0x04, value))
    done = element(SEARCH_DONE, b"\x0a\x01\0\x04\0\x04\0")
    return element(0x30, message[2 : message_parts(message)[1]], done, element(0xA0, control))


def test_a_server_whose_empty_pages_never_end_is_given_up(people: Slapd, reader: Reader) -> None:
    def another(message: bytes) -> list[bytes]:
        tag = message[message_parts(message)[1]]
        if tag == ENTRY:
            return []
        return [a_page(message, b"more")] if tag == SEARCH_DONE else [message]

    with Proxy(people.port, another) as proxy:
        assert "空のページが100回" in failure(lambda: list(reader(people, url=proxy.url).read(set())))


def test_a_server_that_repeats_its_entries_is_given_up(
    people: Slapd, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.ldap.server.MOST_ENTRIES", 8)
    assert "9件を超えても" in failure(lambda: list(reader(people).read(set())))


def trickle(message: bytes) -> Iterator[bytes]:
    """The message, again and again without an end."""
    while True:
        yield message


def test_a_page_with_more_than_was_asked_for_is_given_up(people: Slapd, reader: Reader) -> None:
    with Proxy(people.port, after(ENTRY, 1, trickle)) as proxy:
        assert "頼んだ件数より多く" in failure(lambda: list(reader(people, url=proxy.url).read(set())))


def test_a_reading_that_takes_longer_than_its_deadline_is_given_up(people: Slapd, reader: Reader) -> None:
    def progress(message: bytes) -> Iterator[bytes]:
        # An intermediate response (RFC 4511 §4.13) is no entry: the server seems busy for ever.
        return trickle(element(0x30, message[2 : message_parts(message)[1]], element(0x79)))

    with Proxy(people.port, after(ENTRY, 1, progress)) as proxy:
        text = failure(lambda: list(reader(people, url=proxy.url, deadline=1).read(set())))

    assert "1秒たっても終わりませんでした" in text
    assert "deadline" in text


def test_a_notice_of_disconnection_is_passed_on(people: Slapd, reader: Reader) -> None:
    body = b"\x0a\x01\x34\x04\x00\x04\x0bmaintenance\x8a\x161.3.6.1.4.1.1466.20036"
    notice = element(0x30, b"\x02\x01\x00", element(EXTENDED, body))

    with Proxy(people.port, after(SEARCH_DONE, 1, lambda message: [message, notice])) as proxy:
        assert "maintenance" in failure(lambda: list(reader(people, url=proxy.url).read(set())))


def test_a_size_limit_of_the_server_is_named_with_its_cure(start_slapd: StartSlapd, reader: Reader) -> None:
    limited = start_slapd(SlapdOptions(size_limit=7))
    add_people(limited)

    text = failure(lambda: list(reader(limited).read(set())))

    assert "sizelimit" in text
    assert "7件まで" in text
    assert "limits dn.exact" in text


def test_a_referral_among_the_entries_is_not_followed(people: Slapd, reader: Reader) -> None:
    with people.connection() as connection:
        elsewhere = {"ref": "ldap://branch.city.example.jp/ou=branch,dc=city,dc=test"}
        connection.add(f"ou=branch,ou=people,{people.suffix}", ["referral", "extensibleObject"], elsewhere)

    text = failure(lambda: list(reader(people).read(set())))

    assert "ldap://branch.city.example.jp" in text
    assert "url に本来のサーバー" in text


def test_a_base_that_lies_elsewhere_is_not_followed(start_slapd: StartSlapd, reader: Reader) -> None:
    slapd = start_slapd(SlapdOptions(schema="referral ldap://head.example.jp\n"))

    assert "ldap://head.example.jp" in failure(lambda: list(reader(slapd, base="dc=other").read(set())))


def test_a_base_that_is_not_there_is_named(people: Slapd, reader: Reader) -> None:
    base = f"ou=nobody,{people.suffix}"

    assert f"「{base}」がないか" in failure(lambda: list(reader(people, base=base).read(set())))


def test_a_wrong_password_is_named_and_never_shown(people: Slapd, reader: Reader, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("秘密-wrong", encoding="utf-8")

    text = failure(lambda: list(reader(people, password_file=wrong).read(set())))

    assert "password_file" in text
    assert people.reader in text
    assert "秘密" not in text


@pytest.mark.parametrize("content", [b"", b"\n", b"\x8e\x52\n"])
def test_a_password_file_without_a_password_never_becomes_an_anonymous_bind(
    people: Slapd, reader: Reader, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "empty"
    file.write_bytes(content)

    assert str(file) in failure(lambda: list(reader(people, password_file=file).read(set())))


def test_a_password_file_that_is_not_there_is_named(people: Slapd, reader: Reader, tmp_path: Path) -> None:
    missing = tmp_path / "missing"

    assert str(missing) in failure(lambda: list(reader(people, password_file=missing).read(set())))


def test_a_japanese_password_is_sent_as_it_is(people: Slapd, reader: Reader, tmp_path: Path) -> None:
    file = tmp_path / "japanese"
    file.write_text("合言葉は山です\n", encoding="utf-8")
    with people.connection() as connection:
        connection.modify(people.reader, {"userPassword": [("MODIFY_REPLACE", ["合言葉は山です"])]})

    assert numbers(list(reader(people, password_file=file).read(set()))) == EVERYONE


def test_a_server_that_is_down_is_named(people: Slapd, reader: Reader) -> None:
    people.stop()

    assert "接続できません" in failure(lambda: list(reader(people).read(set())))


def test_a_name_that_does_not_resolve_is_named(people: Slapd, reader: Reader) -> None:
    source = reader(people, url="ldap://no-such-host.invalid", allow_plaintext=True)

    assert "接続できません" in failure(lambda: list(source.read(set())))


class TestTls:
    """Nothing is said before the certificate and the host name are checked."""

    @pytest.fixture
    def secure(self, slapd_tls: Slapd) -> Slapd:
        add_people(slapd_tls)
        return slapd_tls

    def ca(self, slapd: Slapd) -> Path:
        assert slapd.certificates
        return slapd.certificates.ca

    def test_ldaps(self, secure: Slapd, reader: Reader) -> None:
        source = reader(secure, url=secure.tls_url, ca_file=self.ca(secure))

        assert numbers(list(source.read(set()))) == EVERYONE

    def test_start_tls(self, secure: Slapd, reader: Reader) -> None:
        source = reader(secure, start_tls=True, ca_file=self.ca(secure))

        assert numbers(list(source.read(set()))) == EVERYONE

    def test_start_tls_where_nothing_passes_in_clear(self, start_slapd: StartSlapd, reader: Reader) -> None:
        strict = start_slapd(SlapdOptions(tls=("127.0.0.1",), schema="security simple_bind=128\n"))

        assert "start_tls = true" in failure(lambda: list(reader(strict).read(set())))
        assert numbers(list(reader(strict, start_tls=True, ca_file=self.ca(strict)).read(set()))) == []

    @pytest.mark.parametrize("start_tls", [False, True])
    def test_another_authority_is_refused(self, secure: Slapd, reader: Reader, tmp_path: Path, start_tls: bool) -> None:
        other = make_certificates(tmp_path, names=("127.0.0.1",)).ca
        url = secure.url if start_tls else secure.tls_url

        text = failure(lambda: list(reader(secure, url=url, start_tls=start_tls, ca_file=other).read(set())))

        assert "証明書を確かめられません" in text
        assert "ca_file" in text

    @pytest.mark.parametrize("start_tls", [False, True])
    def test_another_host_name_is_refused(self, start_slapd: StartSlapd, reader: Reader, start_tls: bool) -> None:
        other = start_slapd(SlapdOptions(tls=("other.example.jp",)))
        url = other.url if start_tls else other.tls_url

        text = failure(lambda: list(reader(other, url=url, start_tls=start_tls, ca_file=self.ca(other)).read(set())))

        assert "証明書を確かめられません" in text
        assert "127.0.0.1" in text

    def test_a_server_without_tls_is_not_spoken_to_in_clear(self, people: Slapd, reader: Reader, secure: Slapd) -> None:
        refused = failure(lambda: list(reader(people, start_tls=True, ca_file=self.ca(secure)).read(set())))
        ldaps = f"ldaps://127.0.0.1:{people.port}"
        no_handshake = failure(lambda: list(reader(people, url=ldaps, ca_file=self.ca(secure)).read(set())))

        assert "StartTLS" in refused
        assert "TLS" in no_handshake

    def test_answers_slipped_in_before_the_handshake_are_refused(self, secure: Slapd, reader: Reader) -> None:
        slipped = element(0x30, b"\x02\x01\x02", element(0x61, b"\x0a\x01\0\x04\0\x04\0"))

        with Proxy(secure.port, after(EXTENDED, 1, lambda message: [message + slipped])) as proxy:
            source = reader(secure, url=proxy.url, start_tls=True, ca_file=self.ca(secure))
            assert "before the TLS handshake" in failure(lambda: list(source.read(set())))

    @pytest.mark.parametrize("content", [None, b"", b"not a certificate"])
    def test_a_ca_file_that_is_none_is_named(
        self, secure: Slapd, reader: Reader, tmp_path: Path, content: bytes | None
    ) -> None:
        file = tmp_path / "ca.pem"
        if content is not None:
            file.write_bytes(content)

        assert str(file) in failure(lambda: list(reader(secure, url=secure.tls_url, ca_file=file).read(set())))


def test_reads_what_ldapsearch_reads(people: Slapd, reader: Reader, password_file: Path) -> None:
    command = [
        "/usr/bin/ldapsearch", "-LLL", "-x", "-H", people.url, "-D", people.reader, "-w", PASSWORD,
        "-b", f"ou=people,{people.suffix}", "-E", "pr=3/noprompt", "(objectClass=inetOrgPerson)", "employeeNumber",
    ]  # fmt: skip
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()

    rows = [row for batch in reader(people).read(set()) for row in batch.rows]

    assert sorted(row.place for row in rows) == sorted(line[4:] for line in lines if line.startswith("dn: "))
