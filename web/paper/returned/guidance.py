"""The cover of a review's sheet: who answers what by when, how, and whom to ask.

The one law: *whoever opens the file needs nothing else*: the reviewer may sit in another network, far from any manual.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from iam.people.japanese import wareki
from iam.record.columns import jst_day
from iam.review.returned.columns import ANSWERS, verdicts
from iam.review.returned.sheets import Sheet
from iam.review.words import Part, Verdict

_A4: Final = 9
_LINE: Final = 17
"""Points of a line."""

_ACROSS: Final = 52
"""Characters in a line of the whole width."""

_LAST_DAY: Final = "３　「退職・離任」には、在職した最後の日を「期限」に書きます。"
_BESIDE: Final = (
    "３　「期限で終了」には最後の日を「期限」に、「管理者を定める」「持ち主を定める」にはその職員番号を、"
    "「一部の権限を外す」には外す権限を「権限」の列から写して書きます（二つ以上は改行で区切ります）。"
)

_MEANINGS: Final[Mapping[Verdict, str]] = {
    Verdict.IN_SERVICE: "いまも在職している。",
    Verdict.AWAY: "在職しているが、休職・休業・派遣などで職場にいない。",
    Verdict.LEFT: "もう在職していない。この人の利用者IDはすべて停止します。",
    Verdict.UNKNOWN: "すぐには分からない。何を確かめているかを理由に書きます。",
    Verdict.KEEP: "そのまま使い続ける。指摘があるときは理由を書きます。",
    Verdict.KEEPER: "個人のものでないIDを、管理する職員を定めて使い続ける。",
    Verdict.REASSIGN: "職員個人のIDであった。持ち主を定めて使い続ける。",
    Verdict.LAPSE: "期限の日まで使い、その後は停止する。理由を書きます。",
    Verdict.REDUCE: "IDは残し、書いた権限だけを外す。理由を書きます。",
    Verdict.REMOVE: "IDを停止し、権限をすべて外す。理由を書きます。",
}


def put_guidance(tab: Any, looks: Mapping[str, Any], sheet: Sheet) -> None:  # noqa: ANN401 - a worksheet of a library without types
    """Write the cover."""
    tab.set_column(0, 0, 17)
    tab.set_column(1, 1, 76)
    tab.set_row(0, 2 * _LINE)
    tab.write_string(0, 0, f"{sheet.campaign.title}　回答用シート", looks["huge"])
    row = _pairs(tab, looks, 2, _facts(sheet))
    tab.set_row(row + 1, _LINE + 4)
    tab.write_string(row + 1, 0, "書き方", looks["part"])
    row += 2
    for words in _how(sheet.part):
        tab.set_row(row, _LINE * (1 + len(words) // _ACROSS))
        tab.merge_range(row, 0, row, 1, words, looks["plain"])
        row += 1
    tab.set_row(row + 1, _LINE + 4)
    tab.write_string(row + 1, 0, "判定の意味", looks["part"])
    last = _pairs(tab, looks, row + 2, [(each.label_ja, _MEANINGS[each]) for each in verdicts(sheet.part)])
    tab.print_area(0, 0, last - 1, 1)
    tab.set_paper(_A4)
    tab.fit_to_pages(1, 1)
    tab.hide_gridlines(2)
    tab.protect()


def _pairs(tab: Any, looks: Mapping[str, Any], row: int, pairs: Sequence[tuple[str, str]]) -> int:  # noqa: ANN401 - as above
    """What is called how; answers the row below."""
    for place, (name, words) in enumerate(pairs, row):
        tab.set_row(place, _LINE * (words.count("\n") + 1) + 4)
        tab.write_string(place, 0, name, looks["label"])
        tab.write_string(place, 1, words, looks["value"])
    return row + len(pairs)


def _facts(sheet: Sheet) -> Sequence[tuple[str, str]]:
    of = sheet.campaign
    return (
        ("団体", sheet.body),
        ("回答する人", f"{sheet.made_for}（{sheet.part.label_ja}）"),
        ("範囲", f"{sheet.scope_words}　{len(sheet.rows):,}行"),
        ("回答の期限", wareki(of.due_on)),
        ("基準日", f"{wareki(of.day)}（この日の内容です）"),
        ("作成日", f"{wareki(jst_day(sheet.made_at))}　シート番号 {sheet.id}"),
        ("問合せ先", "\n".join(sheet.contact) or "棚卸の担当"),
    )


def _how(part: Part) -> Sequence[str]:
    return (
        f"１　シート「{ANSWERS}」の黄色い欄（＊の列）だけに書きます。ほかの欄を変えると、全体を取り込めません。",
        "２　「判定」は欄の右の▼から選びます。判断の理由を「理由」に書きます。",
        _LAST_DAY if part is Part.HR else _BESIDE,
        "４　日付は 2027-03-31 か 令和9年3月31日 のように書きます。数式は受け取れません。",
        "５　途中まででも戻せます。空の行は未回答のまま残り、続きを書いて再び戻せます。",
        "６　.xlsx形式のまま保存し、鍵守にサインインして「棚卸」の「シート」から取り込みます。",
        "７　自分の利用者IDと、自分が管理するIDには回答できません。",
    )
