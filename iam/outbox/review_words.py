"""The words of letters and notices about reviews with 人事 (棚卸).

The one law: *a letter says how much waits and until when, never about whom*: what is found about people stands behind
the sign-in.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from iam.outbox.words import LOOK, Text, Topic, worded

REVIEW_TEXTS: Final[Mapping[Topic, Text]] = MappingProxyType(
    {
        Topic.REVIEW_ASKED: worded(
            "利用者IDの棚卸への回答をお願いします",
            "「{title}」を始めました。回答をお願いするものが{open}件あります。期限は{until}です。",
            "期限までに回答がないときの扱いは、ポータルに示しています。" + LOOK,
            title=str, open=int, until=date,
        ),
        Topic.REVIEW_REMINDER: worded(
            "利用者IDの棚卸の回答が残っています",
            "「{title}」の回答が、あと{open}件残っています。期限は{until}です。",
            "期限までに回答がないときの扱いは、ポータルに示しています。" + LOOK,
            title=str, open=int, until=date,
        ),
        Topic.REVIEW_OVERDUE: worded(
            "利用者IDの棚卸の回答期限が過ぎています",
            "「{title}」は{until}が期限でしたが、{open}件の回答が残っています（回答していない方{people}人）。",
            "{silence}に、回答のないものとして扱います。それまでに、回答を促すか、統括が回答してください。" + LOOK,
            title=str, open=int, people=int, until=date, silence=date,
        ),
        Topic.REVIEW_TO_SIGN: worded(
            "利用者IDの棚卸の署名をお願いします",
            "「{title}」の判定がそろいました。統括と人事の担当者が内容を確かめ、それぞれ署名してください。" + LOOK,
            title=str,
        ),
        Topic.REVIEW_STUCK: worded(
            "【至急】棚卸の結果を反映できていません",
            "「{title}」で決まったもののうち、{system}の{count}件が、24時間を過ぎても反映できていません（{trouble}）。",
            "反映できるまで繰り返し試します。急ぐときは、{system}の側で止めてください。" + LOOK,
            title=str, system=str, count=int, trouble=str,
        ),
        Topic.REVIEW_LIFTED: worded(
            "棚卸で止めたものを戻しました",
            "「{title}」で止めた{count}件を、{person}（職員番号 {staff_number}）が戻しました。",
            "理由は「{reason}」です。" + LOOK,
            title=str, count=int, person=str, staff_number=str, reason=str,
        ),
        Topic.REVIEW_CLOSED: worded(
            "利用者IDの棚卸が完了しました",
            "「{title}」で決まったことの反映を、システムを読み直して確かめました（{count}件）。" + LOOK,
            title=str, count=int,
        ),
        Topic.REVIEW_MISSED: worded(
            "利用者IDの棚卸が行われていません",
            "{words}" + LOOK,
            words=str,
        ),
    }
)  # fmt: skip
