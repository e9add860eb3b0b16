"""PSKC (RFC 6030): what is read, and what is refused with which words."""

import pytest

from connectors.tokens import TokenFile, Unlock, read_tokens
from connectors.tokens.pskc_file import MOST_ELEMENTS
from iam.errors import TokenFileError
from iam.ports import Otp, TokenSeed
from tests.unit.connectors_tokens.makers import KEY, PASSWORD, SECRET, Token, container, derived

PLAIN = Unlock()


def read(content: bytes, unlock: Unlock = PLAIN) -> TokenFile:
    return read_tokens("seeds.xml", content, unlock)


def refused(content: bytes, unlock: Unlock = PLAIN) -> str:
    with pytest.raises(TokenFileError) as caught:
        read(content, unlock)
    return str(caught.value)


def test_a_plain_container_is_read_with_everything_that_matters() -> None:
    told = Token("987654321", profile="hotp", digits="8", counter="7", interval="", suite="HMAC-SHA256")
    assert read(container([told])) == TokenFile(
        [TokenSeed("987654321", SECRET, Otp.HOTP, "SHA256", 8, 30, 7, "Sakura T-1", "seeds.xml 5行目")], []
    )


def test_what_is_not_said_is_what_is_usual() -> None:
    content = container([Token("1")]).replace(b'<ResponseFormat Length="6" Encoding="DECIMAL"/>', b"")
    (seed,) = read(content).seeds
    assert (seed.otp, seed.algorithm, seed.digits, seed.period) == (Otp.TOTP, "SHA1", 6, 30)


def test_a_container_under_a_preshared_key_is_opened_by_it() -> None:
    content = container([Token("1", key=KEY), Token("2", key=KEY)], key=KEY)
    assert [seed.secret for seed in read(content, Unlock(key=KEY)).seeds] == [SECRET] * 2


def test_a_container_under_a_password_is_opened_by_it() -> None:
    content = container([Token("1", key=derived())], key=derived(), password=True)
    assert [seed.secret for seed in read(content, Unlock(password=PASSWORD)).seeds] == [SECRET]


@pytest.mark.parametrize("number", range(32))
def test_a_wrong_key_is_always_told_and_never_makes_a_wrong_seed(number: int) -> None:
    content = container([Token("1", key=KEY)], key=KEY)
    assert "鍵またはパスワードが違います" in refused(content, Unlock(key=bytes([number]) * 16))


@pytest.mark.parametrize("length", [1, 15, 24, 32])
def test_a_key_of_the_wrong_length_is_told(length: int) -> None:
    assert "鍵またはパスワードが違います" in refused(
        container([Token("1", key=KEY)], key=KEY), Unlock(key=b"k" * length)
    )


def test_a_wrong_password_is_told() -> None:
    content = container([Token("1", key=derived())], key=derived(), password=True)
    assert "鍵またはパスワードが違います" in refused(content, Unlock(password="not this one"))


def test_a_missing_key_is_asked_for_by_its_kind() -> None:
    assert "鍵ファイルを指定" in refused(container([Token("1", key=KEY)], key=KEY))
    content = container([Token("1", key=derived())], key=derived(), password=True)
    assert "パスワードを指定" in refused(content)


def test_a_seed_without_its_mac_is_refused_for_its_key_could_be_wrong() -> None:
    found = read(container([Token("1", key=KEY, mac=False), Token("2", key=KEY)], key=KEY), Unlock(key=KEY))
    (problem,) = found.problems
    assert problem.startswith("seeds.xml 6行目: ")
    assert "ValueMAC" in problem


def test_a_changed_seed_is_refused() -> None:
    one, other = Token("1", key=KEY), Token("1", secret=b"another-seed-of-20-b", key=KEY)
    mac = one.text.split("<ValueMAC>")[1].split("</ValueMAC>")[0]
    swapped = other.text.split("<ValueMAC>")[1].split("</ValueMAC>")[0]
    content = container([other], key=KEY).replace(swapped.encode(), mac.encode())
    assert "違います" in refused(content, Unlock(key=KEY))


def test_a_password_for_a_file_that_takes_none_is_told() -> None:
    assert "PBKDF2" in refused(container([Token("1", key=KEY)], key=KEY), Unlock(password=PASSWORD))


def test_a_file_that_would_keep_us_busy_is_refused() -> None:
    content = container([Token("1", key=KEY)], key=KEY, password=True, rounds=2_000_000_000)
    assert "回数が多すぎます" in refused(content, Unlock(password=PASSWORD))


@pytest.mark.parametrize("length", [65, 100_000_000, 2**70])
def test_a_file_that_asks_for_an_endless_key_is_refused(length: int) -> None:
    content = container([Token("1", key=KEY)], key=KEY, password=True)
    endless = content.replace(b"<KeyLength>16<", f"<KeyLength>{length}<".encode())
    assert "導く鍵が長すぎます" in refused(endless, Unlock(password=PASSWORD))


BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<KeyContainer>&b;</KeyContainer>"""
OUTSIDE = b"""<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>
<KeyContainer xmlns="urn:ietf:params:xml:ns:keyprov:pskc">&f;</KeyContainer>"""


@pytest.mark.parametrize("content", [BOMB, OUTSIDE, OUTSIDE.decode().encode("utf-16")])
def test_no_document_type_and_no_entity_is_let_in(content: bytes) -> None:
    assert "DOCTYPE" in refused(content)


def test_what_is_nested_too_deep_is_refused() -> None:
    assert "入れ子" in refused(b"<a>" * 100_000)


def test_what_would_only_fill_the_memory_is_refused() -> None:
    assert "要素が多すぎます" in refused(b"<a>" + b"<b/>" * MOST_ELEMENTS + b"</a>")


@pytest.mark.parametrize(
    "content", [b"<KeyContainer", b"<KeyContainer></KeyPackage>", b"<", b"<a/>", b"\xff\xfe<\x00", b"<?xml"]
)
def test_what_is_no_container_is_refused(content: bytes) -> None:
    assert refused(content)


def test_an_empty_container_is_refused() -> None:
    assert "一つもありません" in refused(container([]))


@pytest.mark.parametrize(
    ("token", "words"),
    [
        (Token(""), "製造番号がありません"),
        (Token("山田"), "製造番号が正しくありません"),
        (Token("1", secret=b""), "鍵がありません"),
        (Token("1", profile="ocra"), "totp"),
        (Token("1", suite="HMAC-MD5"), "SHA1"),
        (Token("1", encoding="HEXADECIMAL"), "数字以外"),
        (Token("1", counter=str(2**60)), "大きすぎます"),
    ],
)
def test_each_device_that_cannot_be_used_is_named_with_its_line(token: Token, words: str) -> None:
    found = read(container([Token("9"), token]))
    (problem,) = found.problems
    assert problem.startswith("seeds.xml 12行目: ")
    assert words in problem
    assert len(found.seeds) == 1


def test_a_device_twice_is_named_with_both_lines() -> None:
    (problem,) = read(container([Token("7"), Token("8"), Token("7")])).problems
    assert problem == "seeds.xml 19行目 製造番号 7 が、seeds.xml 5行目と重複しています。"


def test_no_problem_and_no_repr_says_a_seed() -> None:
    told = [Token("1", suite="X"), Token("", key=None), Token("2")]
    found = read(container(told))
    said = repr(found) + repr(Unlock(key=KEY, password=PASSWORD))
    assert SECRET.decode() not in said
    assert KEY.hex() not in said
    assert repr(KEY) not in said
    assert PASSWORD not in said
