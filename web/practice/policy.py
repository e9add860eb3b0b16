"""The policy of さくら市: who holds which title, the few values of its own, and the clauses behind them.

The one law: *every title is held by posts of the invented directory*, so that
there is somebody for every role to be on the pages.
"""

from datetime import date, timedelta
from typing import Final

_PROFILE: Final = """\
# さくら市（練習用の架空の市）のポリシープロファイル。標準プロファイルと異なるところだけを書きます。
# held_by は、役職名を担う職を名簿のコードで書いたものです。組織改正で同じコードが別の課を指すので、
# 日付を添えます。
extends = "baseline"

[body]
name = "さくら市"
kind = "市"
policy = "さくら市情報セキュリティ対策基準（架空）"
prefix = "SAKURA"
clauses = "条項.csv"

[titles."最高情報セキュリティ責任者"]
state = "assigned"
post = "副市長"
held_by = [{{ title = ["002"] }}]
roles = ["approver"]
clause = "SAKURA-3.1"

[titles."統括情報セキュリティ責任者"]
state = "assigned"
post = "情報政策を所管する課の長"
held_by = [
    {{ org = ["0203*"], title = ["030"], valid_until = {march} }},
    {{ org = ["1401*"], title = ["030"], valid_from = {april} }},
]
roles = ["general_officer"]
clause = "SAKURA-3.2"

[titles."情報セキュリティ責任者"]
state = "assigned"
post = "各部の長"
held_by = [
    {{ title = ["010", "011", "013", "014", "015"] }},
    {{ org = ["20*", "22*", "24*"], title = ["012"] }},
]
roles = ["system_owner"]
clause = "SAKURA-3.3"

[titles."情報セキュリティ管理者"]
state = "assigned"
post = "各課の長"
held_by = [{{ title = ["03?"] }}]
roles = ["data_officer"]
clause = "SAKURA-3.4"

[titles."情報システム管理者"]
state = "assigned"
post = "情報システムを所管する課の課長か課長補佐"
held_by = [
    {{ org = ["0203*"], title = ["040"], valid_until = {march} }},
    {{ org = ["1402*"], title = ["030"], valid_from = {april} }},
]
roles = ["terminal_officer"]
clause = "SAKURA-3.5"

[titles."情報システム担当者"]
state = "assigned"
post = "情報システムを所管する係の職員"
held_by = [
    {{ org = ["020302"], title = ["050", "06?", "07?", "08?"], valid_until = {march} }},
    {{ org = ["1402*"], title = ["050", "06?", "07?", "08?"], valid_from = {april} }},
]
roles = ["operator"]
clause = "SAKURA-3.6"

[titles."情報セキュリティ監査統括責任者"]
state = "assigned"
post = "監査委員事務局長"
held_by = [{{ org = ["23*"], title = ["012"] }}]
roles = ["auditor"]
clause = "SAKURA-3.7"

[titles."人事管理部門"]
state = "assigned"
post = "人事課長"
held_by = [{{ org = ["0102*"], title = ["030"] }}]
roles = ["hr_officer"]
clause = "SAKURA-3.8"

[guard]
feed_total = {{ share = 0.05, minimum = 1, clause = "SAKURA-8.1.4", note = "割合は標準の値" }}
feed_department = {{ share = 0.3, minimum = 2, clause = "SAKURA-8.1.4", note = "割合は標準の値" }}

[guard.plan]
disable = {{ count = 20, share = 0.05, minimum = 1, clause = "SAKURA-8.1.4", note = "件数と割合は標準の値" }}

# 入るときの規則。値は標準のままで、さくら市の条項を根拠とするものだけを書き直します。
[signin.general]
second_factor = {{ value = true, clause = "SAKURA-8.2.5" }}
idle = {{ value = 30, clause = "SAKURA-8.2.6", note = "分数は標準の値" }}
overall = {{ value = 10, clause = "SAKURA-8.2.6", note = "時間は標準の値" }}

[signin.zones.mnu]
second_factor = {{ value = true, clause = "SAKURA-8.2.5" }}

# システムに入るときの規則。番号利用事務の領域は、ほかの領域と分け、例外の通信は network.toml に絞って書きます。
[entry.general]
unregistered = {{ value = "step_up", clause = "SAKURA-8.1.9" }}
outside = {{ value = "permission", clause = "SAKURA-8.2.8" }}
public = {{ value = "permission", clause = "SAKURA-8.2.9" }}
across = {{ value = "flows", clause = "SAKURA-5.1.2" }}

[entry.zones.mnu]
unregistered = {{ value = "deny", clause = "SAKURA-8.1.9" }}
outside = {{ value = "deny", clause = "SAKURA-5.1.1" }}
public = {{ value = "deny", clause = "SAKURA-5.1.1" }}
across = {{ value = "flows", clause = "SAKURA-5.1.1" }}

[signin.privileged]
password_with_factor = {{ value = 15, clause = "SAKURA-8.2.7", note = "文字数は標準の値" }}
phishing_resistant = {{ value = false, clause = "SAKURA-8.2.7", note = "キーの配備が済むまでは、認証アプリも認める" }}

# 特権IDの使い方。値は標準のままで、さくら市の条項を根拠とするものだけを書き直します。
[privileged]
window = {{ value = 60, clause = "SAKURA-8.2.10", note = "分数は標準の値" }}
longest = {{ value = 240, clause = "SAKURA-8.2.10", note = "分数は標準の値" }}
witness = {{ value = true, clause = "SAKURA-8.2.11" }}
delegation_days = {{ value = 92, clause = "SAKURA-8.2.10", note = "日数は標準の値" }}
"""

CLAUSES: Final = """\
id,body,section,title_ja,paraphrase_ja,control
SAKURA-3.1,さくら市,3の1,最高情報セキュリティ責任者,副市長が全体に責任を負う,role-title-mapping
SAKURA-3.2,さくら市,3の2,統括情報セキュリティ責任者,情報政策の課長が全庁を統括する,role-title-mapping
SAKURA-3.3,さくら市,3の3,情報セキュリティ責任者,部の長が部の責任を負う,role-title-mapping
SAKURA-3.4,さくら市,3の4,情報セキュリティ管理者,課の長が課の情報を管理する,role-title-mapping
SAKURA-3.5,さくら市,3の5,情報システム管理者,システムを所管する課の課長か課長補佐が管理する,role-title-mapping
SAKURA-3.6,さくら市,3の6,情報システム担当者,システム係が運用にあたる,role-title-mapping
SAKURA-3.7,さくら市,3の7,監査統括責任者,監査委員事務局長が監査を統括する,role-title-mapping
SAKURA-3.8,さくら市,3の8,人事管理部門,人事課が在職を確かめる,role-title-mapping
SAKURA-5.1.1,さくら市,5の1(1),番号利用事務の分離,ほかの領域と切り離し、外からは使わせない,zone-flow-restriction
SAKURA-5.1.2,さくら市,5の1(2),領域をまたぐ通信,許した通信だけを通す,zone-flow-restriction
SAKURA-8.1.2,さくら市,8の1(2),課室単位の閲覧制限,所属の職員だけが見られるように区切る,least-privilege-access
SAKURA-8.1.4,さくら市,8の1(4),大量変更の確認,多くの職員に及ぶ変更は二人で確かめてから行う,change-management
SAKURA-8.1.9,さくら市,8の1(9),端末の登録,登録していない端末をつながせない,device-identification
SAKURA-8.2.1,さくら市,8の2(1),利用者IDの取扱い,登録・変更・停止と異動や退職の扱いを定める,identity-lifecycle
SAKURA-8.2.2,さくら市,8の2(2),必要最小限の権限,職務に要る権限だけを付ける,least-privilege-access
SAKURA-8.2.4,さくら市,8の2(4),番号利用事務の権限,事務を担当する職員だけに権限を付ける,least-privilege-access
SAKURA-8.2.5,さくら市,8の2(5),二種類の要素,入るときは知識・所持・存在のうち二つを求める,mfa-enforcement
SAKURA-8.2.6,さくら市,8の2(6),入るときの表示と時間切れ,注意文と前回の時刻を示し、使わないときは終わらせる,login-feedback-and-lockout
SAKURA-8.2.7,さくら市,8の2(7),特権IDの認証,特権IDは一般より強く守る,privileged-credential-hardening
SAKURA-8.2.8,さくら市,8の2(8),庁外からの利用,理由と期間のある許可を受けた職員だけが使える,external-access-permission
SAKURA-8.2.9,さくら市,8の2(9),公衆回線からの利用,例外として承認を受けた職員だけが使える,external-access-permission
SAKURA-8.2.10,さくら市,8の2(10),特権IDの利用,指名と承認を受けた職員だけが、使う間だけ使う,privileged-session-timebox
SAKURA-8.2.11,さくら市,8の2(11),二人での作業,特権IDの作業には別の職員が立ち会う,two-person-operation
"""


def profile_toml(april: date) -> str:
    """The profile; `april` is the day of the reorganisation, on which codes change their meaning."""
    return _PROFILE.format(april=april, march=april - timedelta(days=1))
