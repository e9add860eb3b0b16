"""The organisation of さくら市, an invented city of some 1,200 staff, with its reorganisation on a 1 April.

The one law: every code is valid for an interval; on the day of the
reorganisation some codes end and two of them begin again with another meaning.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

_UNITS = """
01 総務部
0101 総務課 14 3 総務係 法制文書係
0102 人事課 15 3 人事係 給与厚生係 研修係
0103 財政課 10 1 財政第一係 財政第二係
0104 管財課 12 4 管財係 契約検査係
0105 危機管理課 9 2 危機管理係 防災係
02 企画部
0201 企画政策課 12 2 企画係 統計係
0202 秘書課 6 2 秘書係
0203 情報政策課 14 2 情報政策係 システム係
0204 広報広聴課 8 3 広報係 広聴係
03 市民部
0301 市民課 24 22 戸籍係 住民記録係 窓口係
0302 保険年金課 22 14 国民健康保険係 後期高齢者医療係 国民年金係
0303 市民協働課 10 4 協働推進係 人権係
04 税務部
0401 市民税課 20 8 市民税第一係 市民税第二係 諸税係
0402 資産税課 20 5 土地係 家屋係
0403 収納課 14 6 管理係 徴収係
05 福祉部
0501 社会福祉課 28 10 総務係 保護第一係 保護第二係
0502 障がい福祉課 16 6 給付係 支援係
0503 高齢者支援課 20 12 高齢者支援係 介護保険係
06 こども部
0601 こども政策課 12 5 企画係 手当係
0602 保育課 12 6 入所係 運営係
0603 こども家庭課 12 8 相談係 支援係
0604 中央保育園 16 22 保育係
0605 北保育園 12 18 保育係
0606 南保育園 12 18 保育係
07 健康部
0701 健康推進課 22 12 予防係 保健指導係
0702 地域医療課 6 2 地域医療係
08 環境部
0801 環境政策課 10 3 環境政策係 環境保全係
0802 廃棄物対策課 14 12 業務係 収集係
0803 クリーンセンター 12 6 施設係
09 産業部
0901 商工観光課 14 5 商工係 観光係
0902 農林課 14 4 農政係 林務係
10 建設部
1001 道路課 22 5 管理係 維持係 建設係
1002 河川公園課 14 5 河川係 公園係
1003 建築課 14 2 建築係 設備係
11 都市部
1101 都市計画課 14 2 計画係 交通政策係
1102 建築指導課 12 2 指導係 審査係
1103 市街地整備課 10 2 整備係
12 会計課
1201 会計課 8 3 出納係 審査係
13 支所
1301 北支所 8 7 市民係 地域振興係
1302 南支所 8 7 市民係 地域振興係
20 議会事務局
2001 議事課 8 1 議事係 庶務係
21 教育委員会事務局
2101 教育総務課 14 4 総務係 施設係
2102 学校教育課 14 24 学務係 指導係
2103 生涯学習課 12 14 生涯学習係 スポーツ振興係
2104 中央図書館 8 22 奉仕係
2105 学校給食センター 8 24 給食係
22 選挙管理委員会事務局
2201 選挙課 3 1 選挙係
23 監査委員事務局
2301 監査課 4 1 監査係
24 農業委員会事務局
2401 農地課 4 1 農地係
25 上下水道局
2501 経営課 12 4 経営係 料金係
2502 水道課 16 2 浄水係 配水係
2503 下水道課 16 2 管理係 工務係
30 消防本部
3001 消防総務課 10 1 総務係
3002 予防課 10 0 予防係 査察係
3003 警防課 12 0 警防係 通信指令係
3004 中央消防署 58 0 警防第一部 警防第二部 救急第一部 救急第二部
3005 東分署 24 0 警防第一部 警防第二部
"""
"""Code, name, staff in permanent posts, 会計年度任用職員, names of the 係."""

_ABOLISHED: Final = ("0203", "0204", "0303")

_REBORN = """
0203 シティプロモーション課 14 3 広報広聴係 魅力発信係
0303 マイナンバーカード課 6 2 交付係 普及係
14 デジタル推進部
1401 デジタル戦略課 8 1 戦略係
1402 情報システム課 8 1 システム係 基盤係
"""

SUCCESSORS: Final = {"0203": ("1401", "1402"), "0204": ("0203",), "0303": ("0303", "0101")}
"""Where the staff of an abolished 課 go; both 0203 and 0303 are also codes of new ones."""

CODE_LENGTH: Final = 6


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit for as long as its code means it.  `posts` and `terms`: permanent staff and 会計年度任用 of a 課."""

    code: str
    name: str
    parent: str
    valid_from: date
    valid_until: date | None
    posts: int = 0
    terms: int = 0

    def on(self, day: date) -> bool:
        """Whether the unit exists on `day`."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True)
class Section:
    """A 課 with its 係 and the 部 that it belongs to, as staff are placed in it."""

    department: Unit
    unit: Unit
    desks: tuple[Unit, ...]


@dataclass(frozen=True)
class City:
    """The units of さくら市 before and after the reorganisation on `reorganised`."""

    reorganised: date
    units: tuple[Unit, ...]

    @classmethod
    def reorganising(cls, on: date) -> "City":
        """The city whose next reorganisation is `on`, a 1 April."""
        begin = date(on.year - 10, 4, 1)
        before = [*_parse(_UNITS, begin, None)]
        ended = [_ending(unit, on) if unit.code[:4] in _ABOLISHED else unit for unit in before]
        return cls(on, (*ended, *_parse(_REBORN, on, None)))

    def sections(self, day: date) -> list[Section]:
        """Every 課 that exists on `day`."""
        there = {unit.code: unit for unit in self.units if unit.on(day)}
        return [
            Section(there[unit.parent], unit, tuple(desk for desk in there.values() if desk.parent == unit.code))
            for unit in there.values()
            if unit.parent and unit.code[4:] == "00"
        ]

    def departments(self, day: date) -> list[Unit]:
        """Every 部 that exists on `day`."""
        return [unit for unit in self.units if unit.on(day) and unit.code[2:] == "0000"]


def _ending(unit: Unit, on: date) -> Unit:
    return replace(unit, valid_until=on - timedelta(days=1))


def _parse(text: str, first: date, last: date | None) -> Iterator[Unit]:
    for line in text.strip().splitlines():
        code, name, *rest = line.split()
        full = code.ljust(CODE_LENGTH, "0")
        if not rest:
            yield Unit(full, name, "", first, last)
            continue
        posts, terms, *desks = rest
        yield Unit(full, name, code[:2].ljust(CODE_LENGTH, "0"), first, last, int(posts), int(terms))
        for number, desk in enumerate(desks, 1):
            yield Unit(f"{code}{number:02}", desk, full, first, last)
