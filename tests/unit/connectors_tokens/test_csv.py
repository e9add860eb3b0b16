"""CSV of seeds: with and without headings, in both encodings, and every line that is wrong."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.tokens import LARGEST, Unlock, key_of, read_tokens
from iam.errors import TokenFileError
from iam.ports import Otp, TokenSeed
from tests.unit.connectors_tokens.makers import SECRET, TYPED

HEX = SECRET.hex()


def read(text: str | bytes) -> tuple[list[TokenSeed], list[str]]:
    content = text if isinstance(text, bytes) else text.encode()
    found = read_tokens("seeds.csv", content, Unlock())
    return list(found.seeds), list(found.problems)


def refused(text: str | bytes, unlock: Unlock | None = None) -> str:
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(TokenFileError) as caught:
        read_tokens("seeds.csv", content, unlock or Unlock())
    return str(caught.value)


def test_lines_without_headings_are_read_in_the_usual_order() -> None:
    seeds, problems = read(f"A1,{HEX},totp,6,60\r\nA2,{HEX},HOTP,8,,5,sha-256,T-1\r\n")
    assert problems == []
    assert seeds == [
        TokenSeed("A1", SECRET, Otp.TOTP, "SHA1", 6, 60, 0, "", "seeds.csv 1行目"),
        TokenSeed("A2", SECRET, Otp.HOTP, "SHA256", 8, 30, 5, "T-1", "seeds.csv 2行目"),
    ]


def test_headings_may_stand_in_any_order_and_in_japanese() -> None:
    seeds, problems = read(f"製造番号,型番,秘密鍵,桁数\nA1,丸型,{TYPED},8\n".encode("cp932"))
    assert problems == []
    assert [(seed.serial, seed.secret, seed.digits, seed.model) for seed in seeds] == [("A1", SECRET, 8, "丸型")]


def test_a_mark_at_the_beginning_and_empty_lines_do_no_harm() -> None:
    seeds, problems = read(f"\ufeffserial,secret\n\n , \nA1,{HEX}\n")
    assert (problems, seeds[0].place) == ([], "seeds.csv 4行目")


def test_serials_keep_their_zeros() -> None:
    assert read(f"000123,{HEX}\n")[0][0].serial == "000123"


@pytest.mark.parametrize("secret", [TYPED, TYPED.lower()])
def test_base32_is_understood(secret: str) -> None:
    assert read(f"A1,{secret}\n")[0][0].secret == SECRET


def test_padding_of_base32_is_understood() -> None:
    typed = base64.b32encode(b"sixteen-byte-key").decode()
    assert typed.endswith("=")
    assert read(f"A1,{typed}\nA2,{typed.rstrip('=')}\n")[0][1].secret == b"sixteen-byte-key"


def test_one_misspelt_line_does_not_change_how_the_others_are_read() -> None:
    seeds, problems = read(f"A1,{HEX}\nA2,{HEX[:-1]}G\nA3,{HEX}\n")
    assert [seed.serial for seed in seeds] == ["A1", "A3"]
    assert problems == ["seeds.csv 2行目: 秘密鍵を16進数として読めません。"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f",{HEX}", "製造番号がありません"),
        (f"{HEX},{HEX}", "製造番号が正しくありません"),
        (f"A 1,{HEX}", "製造番号が正しくありません"),
        (f"1.23E+12,{HEX}", "丸められています"),
        ("A1,", "秘密鍵"),
        (f"A1,{HEX},sms", "totp か hotp"),
        (f"A1,{HEX},totp,six", "digits"),
        (f"A1,{HEX},totp,6,-30", "period"),
        (f"A1,{HEX},hotp,6,,1e9", "counter"),
        (f"A1,{HEX},totp,6,30,0,md5", "algorithm"),
        (f"A1,{HEX},totp,６,30", "digits"),
    ],
)
def test_each_wrong_line_is_named_with_its_reason(line: str, words: str) -> None:
    seeds, problems = read(f"Z1,{HEX}\n{line}\nZ2,{HEX}\n")
    assert [seed.serial for seed in seeds] == ["Z1", "Z2"]
    (problem,) = problems
    assert problem.startswith("seeds.csv 2行目: ")
    assert words in problem


def test_all_that_is_wrong_is_told_at_once() -> None:
    _, problems = read(f"A1,{HEX},sms\nA2,xyz\nA3,{HEX}\nA3,{HEX}\n")
    assert len(problems) == 3
    assert problems[2] == "seeds.csv 4行目 製造番号 A3 が、seeds.csv 3行目と重複しています。"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "空です"),
        ("\n \n", "空です"),
        ("serial,secret\n", "一つもありません"),
        ("serial,digits\nA1,6\n", "列 secret がありません"),
        ("serial,secret,colour\n", "3列目の見出し"),
        ("serial,secret,key\n", "列 secret が二つ"),
        (f'A1,"{HEX}\n', "CSV として読めません"),
        (f"A1,{HEX},totp,6,30,0,sha1,T,x,y\n", "列が多すぎます"),
        (b"\x81\xff\x00,\xff", "文字コード"),
    ],
)
def test_a_file_that_is_none_is_refused(text: str | bytes, words: str) -> None:
    assert words in refused(text)


def test_a_key_for_a_file_that_is_not_encrypted_is_told() -> None:
    assert "CSV" in refused(f"A1,{HEX}\n", Unlock(password="x"))


def test_a_file_that_is_too_large_is_refused_before_it_is_read() -> None:
    assert "大きすぎます" in refused(b"," * (LARGEST + 1))


def said_of(content: bytes) -> str:
    """What is said of a file: how many devices, and what is wrong."""
    try:
        found = read_tokens("seeds.csv", content, Unlock())
    except TokenFileError as error:
        return str(error)
    assert found.seeds or found.problems
    return f"{len(found.seeds)}台" + "".join(found.problems)


@given(st.text(max_size=300) | st.binary(max_size=300))
def test_whatever_a_file_holds_it_is_read_or_refused_in_words(content: str | bytes) -> None:
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "replace")
    assert said_of(raw)


@given(st.lists(st.sampled_from([HEX, TYPED, "serial", "A1", "", "totp", "６", "x" * 40, '"']), max_size=9))
def test_a_seed_in_any_column_is_never_said(cells: list[str]) -> None:
    said = said_of((",".join(cells) + "\n").encode())
    assert HEX not in said
    assert TYPED not in said


@pytest.mark.parametrize("written", [SECRET[:16].hex().encode(), base64.b64encode(SECRET[:16]) + b"\n", SECRET[:16]])
def test_a_key_file_may_be_written_in_three_ways(written: bytes) -> None:
    assert key_of("key.txt", written) == SECRET[:16]


@pytest.mark.parametrize("written", [b"", b"abc", b"z" * 40, "鍵".encode() * 7])
def test_any_other_key_file_is_refused(written: bytes) -> None:
    with pytest.raises(TokenFileError, match=r"key\.txt"):
        key_of("key.txt", written)
