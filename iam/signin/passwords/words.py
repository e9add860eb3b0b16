"""Words that others know: a person's names with their readings, numbers, the body's own words, and everyday ones.

The one law: *a reading counts in every spelling that people type* (R30):
kanji, kana, Hepburn and Kunrei, long vowels written out or not, family name
first or last.  Pure.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from typing import Final

from iam.signin.passwords.shapes import spoken

_SHORTEST: Final = 3
"""Letters or digits below which a word is too common a part of others to mean anything; one kanji is enough."""

_PLACE: Final = re.compile(r"(.{2,}?)(?:[都道府県市区町村郡](?:役所|役場|庁)?|役所|役場)")


class WordKind(StrEnum):
    """Whose word it is that a password may not consist of."""

    NAME = "name"
    NUMBER = "number"
    MAIL = "mail"
    BODY = "body"
    SYSTEM = "system"


Words = Mapping[str, WordKind]
"""Words as they sound (shapes.spoken), each with its kind."""


def words_of(
    *,
    names: Iterable[str] = (),
    kana: Iterable[str] = (),
    numbers: Iterable[str] = (),
    emails: Iterable[str] = (),
    body: Iterable[str] = (),
    systems: Iterable[str] = (),
) -> Words:
    """The context words of one person, with every reading that is known (R30, ASVS 6.1.2).

    `names` and `kana` hold family and given name with a space between.
    `body` holds the names of body, sections and places; write a reading
    beside what is in kanji.
    """
    sources = (
        (WordKind.NAME, (word for name in (*names, *kana) for word in _of_name(name))),
        (WordKind.NUMBER, (word for number in numbers for word in (number, number.lstrip("0")))),
        (WordKind.BODY, (word for name in body for word in _of_place(name))),
        (WordKind.SYSTEM, systems),
        (WordKind.MAIL, (word for email in emails for word in _of_email(email))),
    )
    found: dict[str, WordKind] = {}
    for kind, words in sources:
        for word in map(spoken, words):
            if _tells(word):
                found.setdefault(word, kind)
    return found


@cache
def everyday() -> frozenset[str]:
    """The Japanese words that are tried first, in kanji and as they sound."""
    return frozenset(word for word in map(spoken, _EVERYDAY.split()) if _tells(word))


def _of_name(name: str) -> Iterator[str]:
    parts = name.split()
    yield from parts
    yield "".join(parts)
    yield "".join(reversed(parts))


def _of_email(email: str) -> Iterator[str]:
    local, _, domain = email.partition("@")
    yield local
    yield from re.split(r"[._+-]", local)
    yield from domain.split(".")


def _of_place(name: str) -> Iterator[str]:
    yield name
    if stem := _PLACE.fullmatch(name):
        yield stem[1]


def _tells(word: str) -> bool:
    return len(word) >= (_SHORTEST if word.isascii() else 1)


_EVERYDAY: Final = """
自治体 じちたい 市役所 しやくしょ 役所 やくしょ 区役所 くやくしょ 役場 やくば 町役場 村役場 県庁 けんちょう 府庁
都庁 庁舎 ちょうしゃ 市民 しみん 町民 村民 県民 住民 じゅうみん 職員 しょくいん 公務員 こうむいん 市長 しちょう
町長 村長 知事 課長 かちょう 係長 かかりちょう 総務課 そうむか 総務 そうむ 人事課 人事 じんじ 財政 ざいせい 税務
ぜいむ 情報 じょうほう 企画 きかく 福祉 ふくし 戸籍 こせき 住民票 窓口 令和 れいわ 平成 へいせい 昭和 しょうわ 大正
たいしょう 明治 めいじ 年 ねん 月 がつ 日 にち 元年 がんねん 年度 ねんど 新年 春 はる 夏 なつ 秋 あき 冬 ふゆ 一月
二月 三月 四月 しがつ 五月 六月 七月 八月 九月 十月 月曜日 火曜日 水曜日 木曜日 金曜日 土曜日 日曜日 パスワード
ぱすわーど 暗証番号 あんしょうばんごう 暗証 秘密 ひみつ 鍵 かぎ 開けゴマ ひらけごま 管理者 かんりしゃ 管理 かんり
利用者 りようしゃ ユーザー テスト てすと ログイン ゲスト システム パソコン ネットワーク サーバー メール
インターネット 日本 にほん にっぽん 東京 とうきょう 大阪 おおさか 京都 きょうと 北海道 ほっかいどう 沖縄 おきなわ
九州 きゅうしゅう 富士山 ふじさん こんにちは こんばんは おはよう おやすみ ありがとう ありがとうございます よろしく
よろしくおねがいします おつかれさま おつかれさまです がんばれ がんばる がんばろう だいすき 大好き あいしてる
愛してる すき しあわせ 幸せ 幸福 希望 きぼう 夢 ゆめ 未来 みらい 平和 へいわ 健康 さくら 桜 もみじ ひまわり すみれ
うめ 梅 ばら 花 はな 花火 はなび 星 ほし 月夜 太陽 たいよう 空 そら 海 うみ 山 やま 川 かわ 雪 ゆき 雨 虹 にじ いぬ
犬 ねこ 猫 うさぎ くま ことり とり ぞう きりん ぱんだ ひつじ さかな かえる りんご みかん いちご すいか もも ぶどう
おにぎり らーめん うどん そば すし てんぷら おちゃ びーる さけ ごはん かれー あいうえお かきくけこ いろは
いろはにほへと どらえもん ぴかちゅう ぽけもん となりのととろ ととろ のぶなが 信長 ひでよし いえやす さとう 佐藤
すずき 鈴木 たかはし 高橋 たなか 田中 いとう 伊藤 わたなべ 渡辺 やまもと 山本 なかむら 中村 こばやし 小林 かとう
加藤 たろう 太郎 はなこ 花子 じろう いちろう けんいち ゆうこ あきこ けいこ よしこ まさこ ひろし たかし
"""
