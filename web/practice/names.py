"""Invented names of staff: ordinary Japanese names put together by chance.

The one law: nobody is meant.  Family and given names are drawn independently
from lists of common ones; a likeness to a real person is an accident.
"""

import random
from dataclasses import dataclass
from typing import Final

import jaconv

_FAMILIES = """
佐藤 サトウ 鈴木 スズキ 高橋 タカハシ 田中 タナカ 渡辺 ワタナベ 伊藤 イトウ 山本 ヤマモト 中村 ナカムラ
小林 コバヤシ 加藤 カトウ 吉田 ヨシダ 山田 ヤマダ 佐々木 ササキ 山口 ヤマグチ 松本 マツモト 井上 イノウエ
木村 キムラ 林 ハヤシ 清水 シミズ 山崎 ヤマザキ 森 モリ 池田 イケダ 橋本 ハシモト 阿部 アベ 石川 イシカワ
前田 マエダ 藤田 フジタ 小川 オガワ 岡田 オカダ 後藤 ゴトウ 長谷川 ハセガワ 村上 ムラカミ 近藤 コンドウ
石井 イシイ 坂本 サカモト 遠藤 エンドウ 青木 アオキ 藤井 フジイ 西村 ニシムラ 福田 フクダ 太田 オオタ
三浦 ミウラ 岡本 オカモト 松田 マツダ 中島 ナカジマ 中川 ナカガワ 原田 ハラダ 小野 オノ 田村 タムラ
竹内 タケウチ 金子 カネコ 和田 ワダ 中山 ナカヤマ 石田 イシダ 上田 ウエダ 森田 モリタ 原 ハラ 柴田 シバタ
酒井 サカイ 工藤 クドウ 横山 ヨコヤマ 宮崎 ミヤザキ 宮本 ミヤモト 内田 ウチダ 高木 タカギ 安藤 アンドウ
谷口 タニグチ 大野 オオノ 丸山 マルヤマ 今井 イマイ 河野 コウノ 藤原 フジワラ 小島 コジマ 久保 クボ 野口 ノグチ
菅原 スガワラ 松尾 マツオ 新井 アライ 岩崎 イワサキ 杉山 スギヤマ 千葉 チバ 桜井 サクライ 野村 ノムラ
木下 キノシタ 渡部 ワタベ 髙橋 タカハシ 山﨑 ヤマサキ 濵田 ハマダ 齋藤 サイトウ 渡邉 ワタナベ 𠮷田 ヨシダ
"""

_MEN = """
健一 ケンイチ 大輔 ダイスケ 翔太 ショウタ 拓也 タクヤ 直樹 ナオキ 達也 タツヤ 健太 ケンタ 誠 マコト 浩 ヒロシ
隆 タカシ 和也 カズヤ 哲也 テツヤ 亮 リョウ 大樹 ダイキ 雄太 ユウタ 智也 トモヤ 祐介 ユウスケ 慎也 シンヤ
剛 ツヨシ 修 オサム 博之 ヒロユキ 秀樹 ヒデキ 康弘 ヤスヒロ 淳 ジュン 学 マナブ 勇気 ユウキ 悠斗 ユウト
陽介 ヨウスケ 光 ヒカル 恵太 ケイタ 正樹 マサキ 英明 ヒデアキ 俊介 シュンスケ 良太 リョウタ 徹 トオル
信二 シンジ 孝之 タカユキ 洋平 ヨウヘイ 圭 ケイ 航 ワタル
"""

_WOMEN = """
陽子 ヨウコ 恵 メグミ 美咲 ミサキ 愛 アイ 由美 ユミ 真由美 マユミ 香織 カオリ 裕子 ユウコ 智子 トモコ
直美 ナオミ 久美子 クミコ 彩 アヤ 麻衣 マイ 千尋 チヒロ 優子 ユウコ 明美 アケミ 幸子 サチコ 綾香 アヤカ
沙織 サオリ 里奈 リナ 奈々 ナナ 友香 ユカ さくら サクラ 葵 アオイ 結衣 ユイ 美穂 ミホ 典子 ノリコ 早紀 サキ
紀子 ノリコ 春香 ハルカ 夏美 ナツミ 絵里 エリ 瞳 ヒトミ 桃子 モモコ 舞 マイ 薫 カオル 理恵 リエ 純子 ジュンコ
遥 ハルカ 和子 カズコ
"""


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    words = text.split()
    return tuple(zip(words[::2], words[1::2], strict=True))


FAMILIES: Final = _pairs(_FAMILIES)
MEN: Final = _pairs(_MEN)
WOMEN: Final = _pairs(_WOMEN)
_WEIGHTS: Final = tuple(max(8, 80 - position) for position in range(len(FAMILIES)))

GAIJI: Final = {"𠮷": "\ue000"}
"""Characters that CP932 lacks, and the places in its private use area where the HR package keeps them."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name with its reading in full-width katakana."""

    family: str
    given: str
    family_kana: str
    given_kana: str

    def __str__(self) -> str:
        """As HR writes it: a full-width space between."""
        return f"{self.family}　{self.given}"

    @property
    def kana(self) -> str:
        """The reading as HR writes it: half width, with a half-width space."""
        return str(jaconv.z2h(f"{self.family_kana} {self.given_kana}", kana=True, ascii=False, digit=False))


def a_name(rng: random.Random, *, woman: bool) -> Name:
    """A name by chance; common family names come more often."""
    family, family_kana = rng.choices(FAMILIES, _WEIGHTS)[0]
    given, given_kana = rng.choice(WOMEN if woman else MEN)
    return Name(family, given, family_kana, given_kana)


def in_cp932(text: str) -> str:
    """`text` with 外字 for what CP932 lacks, as the HR package writes it."""
    return "".join(GAIJI.get(character, character) for character in text)
