"""The words of letters and notices about privileged IDs, suspended persons and changes by two officers.

The one law: *no word tells a secret or what it opens in a way that helps a stranger*: the system, the ID's name and the
hour, never how to get in.
"""

from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from iam.outbox.words import LOOK, OWN, Text, Topic, worded

PRIVILEGED_TEXTS: Final[Mapping[Topic, Text]] = MappingProxyType(
    {
        Topic.PRIVILEGE_ENDED: worded(
            "特権IDの利用が終わりました",
            "{at}に、{system}の特権ID「{right}」の利用（受付番号 {number}）が終わりました（理由: {reason}）。",
            OWN,
            at=datetime, system=str, right=str, number=int, reason=str,
        ),
        Topic.PRIVILEGE_STUCK: worded(
            "【至急】特権IDを止められません",
            "{system}が応答しないか拒むため、{right}を、まだ使えないようにできていません（{at}から。{subject}）。",
            "止まるまで繰り返し試します。急ぐときは、{system}の側で止めてください。" + LOOK,
            at=datetime, system=str, right=str, subject=str,
        ),
        Topic.PRIVILEGE_SUSPECTED: worded(
            "特権IDのパスワードの漏えいが疑われています",
            "{at}に、{person}さん（{staff_number}）が、{system}の特権ID「{right}」のパスワードの漏えいの疑いを届け出ました。",
            "パスワードは直ちに変えています。" + LOOK,
            at=datetime, person=str, staff_number=str, system=str, right=str,
        ),
        Topic.PRIVILEGE_RECORD_DUE: worded(
            "特権IDの作業記録をお願いします",
            "{system}の特権ID「{right}」の利用（受付番号 {number}）の作業記録を、{until}までに書いてください。",
            "期限を過ぎると、書き終えるまで次の利用を申請できません。",
            system=str, right=str, number=int, until=date,
        ),
        Topic.PRIVILEGE_CONFIRMATION_DUE: worded(
            "特権IDの作業記録を確かめてください",
            "{person}が、{system}の特権ID「{right}」の利用（受付番号 {number}）の作業記録を書きました。",
            "立ち会った方の確認が、{until}までに要ります。" + LOOK,
            person=str, system=str, right=str, number=int, until=date,
        ),
        Topic.PRIVILEGE_REVIEW_DUE: worded(
            "立会いなしの特権IDの利用を確かめてください",
            "{person}が、立会いなしで{system}の特権ID「{right}」を使いました（受付番号 {number}）。",
            "{until}までに内容を確かめてください。" + LOOK,
            person=str, system=str, right=str, number=int, until=date,
        ),
        Topic.PRIVILEGE_EMERGENCY: worded(
            "【至急】特権IDの緊急利用が始まりました",
            "{at}に、{person}（職員番号 {staff_number}）が、{system}の特権ID「{right}」の緊急利用を始めました。",
            "受付番号は{number}、理由は「{reason}」です。{until}に終わります。",
            "承認の担当者は、{due}までに事後の承認をしてください。" + LOOK,
            at=datetime, person=str, staff_number=str, system=str, right=str, number=int, reason=str,
            until=datetime, due=date,
        ),
        Topic.PRIVILEGE_EMERGENCY_OVERDUE: worded(
            "【期限超過】特権IDの緊急利用が承認されていません",
            "{person}が緊急に使った{system}の特権ID「{right}」（受付番号 {number}）の、事後の承認または作業記録が、",
            "期限の{due}を過ぎても済んでいません。済むまで、開庁日ごとにお知らせします。" + LOOK,
            person=str, system=str, right=str, number=int, due=date,
        ),
        Topic.PRIVILEGE_NOMINATED: worded(
            "特権代行の承認をお願いします",
            "{asker}が、{person}を特権ID「{right}」の代行者に指名しました（受付番号 {number}）。",
            "{until}までに承認または差戻しをしてください。" + LOOK,
            asker=str, person=str, right=str, number=int, until=datetime,
        ),
        Topic.PRIVILEGE_DELEGATED: worded(
            "特権代行が承認されました",
            "{person}（職員番号 {staff_number}）が、{first}から{last}まで、特権ID「{right}」の代行者となりました。",
            "受付番号は{number}、承認は{approver}です。" + LOOK,
            person=str, staff_number=str, first=date, last=date, right=str, number=int, approver=str,
        ),
        Topic.PRIVILEGE_NOT_DELEGATED: worded(
            "特権代行の指名の結果",
            "{person}を特権ID「{right}」の代行者とする指名（受付番号 {number}）は「{decision}」となりました。",
            person=str, right=str, number=int, decision=str,
        ),
        Topic.PRIVILEGE_DELEGATION_ENDED: worded(
            "特権代行が終わりました",
            "{at}に、{person}の特権ID「{right}」の代行（受付番号 {number}）が終わりました（理由: {reason}）。",
            "続けて任せるときは、あらためて指名と承認が要ります。",
            at=datetime, person=str, right=str, number=int, reason=str,
        ),
        Topic.PRIVILEGE_DELEGATION_REVIEW: worded(
            "代理による特権代行の指名・承認を確かめてください",
            "{person}を特権ID「{right}」の代行者とすることが、例外措置により代理の担当者を交えて決まりました。",
            "指名・承認した担当者と本人のほかの担当者が、{until}までに確かめてください（受付番号 {number}）。" + LOOK,
            person=str, right=str, number=int, until=date,
        ),
        Topic.PRIVILEGE_WAIVED: worded(
            "【至急】緊急の例外措置が行われました",
            "{at}に、{person}が「{control}」の緊急の例外措置を行いました（理由: {reason}）。",
            "{until}までに承認されないと、自動で終わります（受付番号 {number}）。" + LOOK,
            at=datetime, person=str, control=str, reason=str, until=datetime, number=int,
        ),
        Topic.PRIVILEGE_FOUND: worded(
            "特権IDの利用と合わない記録がありました",
            "{at}に、{system}で、特権IDの利用と合わないものが{count}件見つかりました（{kinds}）。",
            "ポータルの「特権ID」の「突合」で、内容を確かめてください。",
            at=datetime, system=str, count=int, kinds=str,
        ),
        Topic.SUSPENDED_PERSON: worded(
            "職員の利用を停止しました",
            "{at}に、{person}（職員番号 {staff_number}）の利用を停止しました（受付番号 {number}）。",
            "ポータルで理由を読み、受領を記録してください。",
            at=datetime, person=str, staff_number=str, number=int,
        ),
        Topic.SUSPENDED_RESTORED: worded(
            "職員の利用の停止を解きました",
            "{at}に、{person}（職員番号 {staff_number}）の利用の停止を解きました（受付番号 {number}）。",
            "ポータルで理由を読み、受領を記録してください。",
            at=datetime, person=str, staff_number=str, number=int,
        ),
        Topic.SUSPENDED_STUCK: worded(
            "【至急】利用の停止や回復を反映できません",
            "{system}が応答しないため、{person}（職員番号 {staff_number}）についての決定を反映できていません。",
            "反映できるまで繰り返し試します。急ぐときは、{system}の側で操作してください。",
            system=str, person=str, staff_number=str,
        ),
        Topic.CONFIGURATION_EMERGENCY: worded(
            "【至急】設定が一人で変更されました",
            "{at}に、サーバーの利用者「{account}」が、設定（番号 {number}）を緊急に変更しました（理由: {reason}）。",
            "{until}までに、ポータルの「設定の変更」で二人が確かめてください。確かめないと、新しく与える操作は止まります。",
            at=datetime, account=str, number=int, reason=str, until=datetime,
        ),
        Topic.CONFIGURATION_KEYS_EMERGENCY: worded(
            "【至急】鍵が一人で更新されました",
            "{at}に、サーバーの利用者「{account}」が、{deed}を緊急に行いました（理由: {reason}）。",
            "ポータルの「設定の変更」で二人が確かめてください。",
            at=datetime, account=str, deed=str, reason=str,
        ),
    }
)  # fmt: skip
