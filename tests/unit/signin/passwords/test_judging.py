"""What a new password is told: the reason, and only true ones."""

import string
import unicodedata
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from iam.signin.passwords.judging import Code, Problem, WordKind, Words, judge, words_of
from iam.signin.passwords.shapes import spoken
from iam.signin.passwords.strength import strength

LISTED = frozenset({"password", "dragon", "qwerty", "iloveyou", "troubador", "correcthorse", "baseball"})
TANAKA = words_of(
    names=["田中　優子"],
    kana=["タナカ　ユウコ"],
    numbers=["0048213"],
    emails=["y.tanaka@city.sakura.lg.jp"],
    body=["さくら市", "企画調整課", "きかくちょうせいか"],
    systems=["gyosei"],
)
NOBODY: Words = {}
FRESH = "雨の港で三羽のかもめが静かに歌い続けている夜更けの灯台守と九匹の黒猫"


def codes(password: str, minimum: int = 8, words: Words = TANAKA) -> list[Code]:
    return [problem.code for problem in judge(password, minimum=minimum, words=words, listed=LISTED.__contains__)]


def of_length(length: int) -> str:
    """So many different letters that no rule but length can mind."""
    signs = [chr(ord("一") + (number * 7919) % 20_000) for number in range(length)]
    return "".join(signs)


@pytest.mark.parametrize("length", [1, 7])
def test_fewer_than_8_are_too_few_even_beside_a_second_factor(length: int) -> None:
    assert codes(of_length(length), 8) == [Code.SHORT]


@pytest.mark.parametrize("length", [8, 14, 15, 64, 127, 128])
def test_from_8_to_128_are_enough_beside_a_second_factor(length: int) -> None:
    assert codes(of_length(length), 8) == []


@pytest.mark.parametrize("length", [8, 14])
def test_fewer_than_15_are_too_few_alone(length: int) -> None:
    assert codes(of_length(length), 15) == [Code.SHORT]


@pytest.mark.parametrize("length", [15, 64, 128])
def test_from_15_to_128_are_enough_alone(length: int) -> None:
    assert codes(of_length(length), 15) == []


@pytest.mark.parametrize("length", [129, 10_000])
def test_more_than_128_are_refused_not_cut(length: int) -> None:
    problem = Problem(Code.LONG, {"maximum": 128, "length": length})
    assert judge(of_length(length), minimum=15, words=NOBODY, listed=LISTED.__contains__) == [problem]


def test_nothing_at_all_is_asked_for() -> None:
    assert codes("") == [Code.EMPTY]


@pytest.mark.parametrize(
    ("password", "length"),
    [
        ("漢字仮名交文鍵", 7),
        ("🐱🦊🌵🚲🎺🍵🗝", 7),
        ("e\u0301a\u0300u\u0308o\u0302i\u0303n\u0303c\u0327", 7),
        ("か\u3099き\u3099さ\u3099た\u3099は\u309aへ\u309aほ\u3099", 7),
        ("👩‍👧x9", 5),
    ],
)
def test_length_is_counted_in_code_points_after_composition(password: str, length: int) -> None:
    found = judge(password, minimum=8, words=NOBODY, listed=LISTED.__contains__)
    assert found == [Problem(Code.SHORT, {"minimum": 8, "length": length})]


@pytest.mark.parametrize(
    "password", [FRESH, "🐱🦊🌵🚲🎺🍵🗝🌂", "Ångström čeká žluťoučký kůň", "  three  spaces  here  "]
)
def test_any_writing_is_accepted(password: str) -> None:
    assert codes(password) == []


def test_no_mixture_of_characters_is_asked_for() -> None:
    assert codes("lampsheddrizzlequorum") == []
    assert codes("748291650374829") == []


@given(st.text(max_size=140), st.sampled_from([8, 15]))
def test_composed_or_decomposed_the_judgement_is_one(text: str, minimum: int) -> None:
    composed, apart = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert codes(composed, minimum) == codes(apart, minimum) == codes(text, minimum)


@given(st.text(max_size=140), st.sampled_from([8, 15]))
@example("\ud800" * 20, 15)
def test_every_refusal_has_a_sentence_that_holds_no_piece_of_the_password(text: str, minimum: int) -> None:
    for problem in judge(text, minimum=minimum, words=TANAKA, listed=LISTED.__contains__):
        assert problem.sentence_ja.endswith("。")
        assert "{" not in problem.sentence_ja
        assert all(isinstance(value, int | WordKind) for value in problem.values.values())


@given(
    st.randoms(use_true_random=True),
    st.integers(24, 128),
    st.sampled_from(
        [string.digits, string.ascii_lowercase, string.ascii_letters + string.digits, "アイウエオ漢字仮名交文"]
    ),
)
def test_what_is_long_and_random_passes(random: Random, length: int, alphabet: str) -> None:
    assert codes("".join(random.choices(alphabet, k=length)), 15) == []


@pytest.mark.parametrize("sign", ["\n", "\t", "\0", "\x7f", "\x85", "\ud800"])
def test_control_characters_are_refused(sign: str) -> None:
    assert codes(f"{FRESH}{sign}") == [Code.CONTROL]


@pytest.mark.parametrize(
    "password",
    [
        "password", "Password", "ＰＡＳＳＷＯＲＤ", "password2026", "password123456789", "2026password!!",
        "p@ssw0rd2026", "P@$$w0rd!", "drowssap", "dragondragon9", "d r a g o n 4 2", "Tr0ub4dor&3", "correct horse 1",
    ],
)  # fmt: skip
def test_a_listed_value_is_refused_in_every_guise(password: str) -> None:
    assert codes(password)[-1:] in ([Code.LISTED], [Code.REPEATED])


@pytest.mark.parametrize(
    "password",
    ["jichitai2026", "じちたい２０２６", "ジチタイ2026!", "shiyakusyo01", "siyakusyo2026", "reiwa8nen4gatsu",
     "令和８年４月2026", "pasuwado2026", "ぱすわーど2026", "yoroshikuonegaishimasu", "いぬねこくま2026", "j1ch1ta1!!",
     "4r1gat0-01", "自治体ｼﾞﾁﾀｲ"],
)  # fmt: skip
def test_everyday_japanese_words_are_refused_in_every_writing(password: str) -> None:
    assert codes(password) == [Code.LISTED]


def test_many_everyday_words_together_are_a_good_password() -> None:
    assert codes("りんごと港と自治体と花火とうさぎ") == []


@pytest.mark.parametrize(
    ("password", "kind"),
    [
        ("さくら市役所2026", WordKind.BODY),
        ("sakura-shiyakusho2026", WordKind.BODY),
        ("Sakura City 2026", WordKind.BODY),
        ("企画調整課0401!", WordKind.BODY),
        ("kikakutyouseika8", WordKind.BODY),
        ("kikakuchoseika-2026", WordKind.BODY),
        ("田中優子20260401", WordKind.NAME),
        ("優子田中1234", WordKind.NAME),
        ("ﾀﾅｶﾕｳｺ1234", WordKind.NAME),
        ("たなかゆうこ1234", WordKind.NAME),
        ("tanakayuuko1234", WordKind.NAME),
        ("Yuko.Tanaka1985", WordKind.NAME),
        ("yuhko_tanaka!!", WordKind.NAME),
        ("t4n4k4yuk0", WordKind.NAME),
        ("Tanaka#x7Kq", WordKind.NAME),
        ("tanakatanakatanak4a", WordKind.NAME),
        ("0048213-abcd", WordKind.NUMBER),
        ("staff-48213", WordKind.NUMBER),
        ("ytanaka2026", WordKind.MAIL),
        ("gyosei-0001", WordKind.SYSTEM),
        ("city.lg.jp.2026", WordKind.MAIL),
    ],
)
def test_what_is_made_of_words_that_others_know_is_refused(password: str, kind: WordKind) -> None:
    found = judge(password, minimum=8, words=TANAKA, listed=LISTED.__contains__)
    assert found == [Problem(Code.CONTEXT, {"kind": kind})]


@pytest.mark.parametrize(
    "password", ["tanaka no inu ha aoi umi wo miru", "さくら色の傘を逆さに差した宇宙飛行士", "48213Kx8vT2mZ4q"]
)
def test_a_known_word_within_something_long_does_no_harm(password: str) -> None:
    assert codes(password) == []


def test_the_words_of_one_person_are_free_for_another() -> None:
    assert codes("kikakutyouseika8", words=words_of(names=["佐々木 蓮"], kana=["ササキ レン"])) == []


@pytest.mark.parametrize(
    "password",
    ["aaaaaaaa", "ああああああああ", "🐱" * 15, "abcabcabcabc", "xyxyxyxyx", "Kagi!Kagi!Kagi!", "aaaaaaaaaaaaaab"],
)
def test_repetition_is_refused(password: str) -> None:
    assert codes(password) == [Code.REPEATED]


@pytest.mark.parametrize(
    "password",
    ["12345678", "87654321", "abcdefgh", "1234abcd", "qwertyuiop", "1qaz2wsx", "!QAZ2wsx#EDC", "あいうえおかきくけこ",
     "いろはにほへとちりぬるを", "0123456789abcdef", "zxcvbnm,./", "112233445566"],
)  # fmt: skip
def test_sequences_and_keyboard_walks_are_refused(password: str) -> None:
    assert codes(password) == [Code.SEQUENCE]


@pytest.mark.parametrize(
    "password", ["19850723", "1985-07-23", "1985年7月23日", "昭和60年7月23日", "S60.07.23", "ｓ６０年７月２３日"]
)
def test_a_date_alone_is_refused(password: str) -> None:
    assert codes(password) == [Code.DATE]


def test_a_short_password_hears_of_its_other_fault_too() -> None:
    assert codes("tanaka1", 15) == [Code.SHORT, Code.CONTEXT]


@pytest.mark.parametrize(
    ("kana", "typed"),
    [
        ("シンイチ", ["shinichi", "sinniti", "shin'ichi", "SINNICHI", "ｼﾝｲﾁ", "しんいち"]),
        ("ジュンイチロウ", ["junichirou", "junichiro", "junichiroh", "zyunitirou", "jyunichiro", "Jun-Ichiro"]),
        ("オオノ", ["oono", "ono", "ohno", "おおの"]),
        ("ユウコ", ["yuuko", "yuko"]),
        ("ハッチョウ", ["hatchou", "hacchou", "hattyou", "hatcho"]),
        ("ナンバ", ["nanba", "namba", "nannba"]),
        ("コーイチ", ["koichi", "kouiti", "ko-ichi"]),
        ("ﾂﾂﾞｷ", ["tsuzuki", "tuzuki", "tsuduki", "つづき"]),
        ("フジタ", ["fujita", "huzita"]),
        ("カオル", ["kaoru", "kaworu"]),
    ],
)
def test_a_reading_sounds_the_same_in_every_spelling(kana: str, typed: list[str]) -> None:
    assert {spoken(each) for each in typed} == {spoken(kana)}


def test_a_name_is_known_in_both_orders_and_in_its_parts() -> None:
    assert {"田中", "優子", "田中優子", "優子田中", "tanaka", "yuko", "tanakayuko", "yukotanaka"} <= TANAKA.keys()


@pytest.mark.parametrize("word", ["", "a", "oi", "あ", "12", "-", "　", "うい"])
def test_what_is_too_short_to_be_recognised_is_no_word(word: str) -> None:
    assert words_of(names=[word], kana=[word], numbers=[word], emails=[word], body=[word], systems=[word]) == {}


@given(st.text(max_size=20), st.text(min_size=1, max_size=20))
def test_any_name_may_be_given(name: str, kana: str) -> None:
    assert "" not in words_of(names=[name], kana=[kana], emails=[name], body=[kana])


def test_what_is_refused_scores_nothing() -> None:
    assert strength("x", [Problem(Code.SHORT, {"minimum": 8, "length": 1})], NOBODY).code == "refused"


@pytest.mark.parametrize(
    ("password", "least", "most"),
    [("lamp-shed", 1, 3), ("Kq8vT2mZ", 1, 3), ("quorum lamp shed drizzle", 4, 4), (FRESH, 4, 4), ("é" * 128, 1, 4)],
)
def test_strength_grows_with_what_must_be_guessed(password: str, least: int, most: int) -> None:
    assert least <= strength(password, [], NOBODY).score <= most


def test_known_words_weaken() -> None:
    alone, known = (strength("kobayashimaru", [], words).score for words in (NOBODY, words_of(body=["kobayashimaru"])))
    assert known < alone
