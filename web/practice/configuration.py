"""What さくら市 tells Kagimori: iam.toml, the profile with the city's own clauses, and the access model.

The one law: these are files that an operator could have written by hand, and
may copy; nothing in them works for the practice body alone.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from web.practice.servers.slapd import PASSWORD
from web.practice.units import Unit

SYSTEMS: Final = ("groupware", "finance", "juki", "files")

_CONFIGURATION: Final = """\
# さくら市（練習用の架空の市）の設定です。相対パスは、このファイルのあるフォルダーから数えます。

[body]
name = "さくら市"
profile = "さくら市.toml"

[database]
url = "sqlite:///iam.db"

[keys]
file = "keys.json"

[organisation]
file = "組織.csv"

[access]
file = "access.toml"

# 保留になった計画は、この中の二人がそれぞれの OS アカウントで確かめて解除します。
[officers]
release = ["tanaka", "suzuki"]

[output]
directory = "出力"

# 人事給与システムが毎晩書き出す名簿。生年月日や号給の列もありますが、ここに書いた列しか読みません。
[sources.jinji]
kind = "file"
absence_runs = 3

[sources.jinji.file]
path = "人事/名簿.csv"
encoding = "cp932"
sidecar = ".sum"

[sources.jinji.file.columns]
staff_number = "職員番号"
name = "氏名"
name_kana = "氏名カナ"
category = "任用区分"
org_code = "所属コード"
org_name = "所属名"
title_code = "職名コード"
title = "職名"
primary = "本務兼務区分"
kind = "発令区分"
status = "在職区分"
valid_from = "発令年月日"
valid_until = "終了年月日"
announce_from = "内示解禁日"
email = "メールアドレス"
previous_number = "旧職員番号"
home_body = "派遣元団体"

[sources.jinji.codes.category]
"01" = "regular"               # 正規
"02" = "reappointed"           # 再任用
"03" = "fixed_term"            # 任期付
"04" = "fiscal_year"           # 会計年度任用（フルタイム）
"05" = "fiscal_year"           # 会計年度任用（パートタイム）
"06" = "temporary_appointment" # 臨時的任用（育休代替など）
"07" = "seconded_in"           # 出向受入
"08" = "enterprise"            # 公営企業
"09" = "special"               # 特別職

[sources.jinji.codes.kind]
"10" = "hire"         # 採用
"20" = "transfer"     # 異動
"21" = "transfer"     # 昇任
"30" = "concurrent"   # 併任
"40" = "seconded_in"  # 出向受入
"41" = "seconded_out" # 派遣
"50" = "leave"        # 休職・休業
"51" = "return"       # 復職
"60" = "renewal"      # 任期更新
"70" = "rehire"       # 再任用
"90" = "retire"       # 退職

[sources.jinji.codes.status]
"1" = "in_service" # 在職
"2" = "leave"      # 休職・休業
"3" = "away"       # 派遣
"9" = "retired"    # 退職

[sources.jinji.codes.primary]
"1" = "primary"    # 本務
"2" = "concurrent" # 兼務
"""

_TARGET: Final = """
[targets.{system}]
kind = "openldap"

[targets.{system}.openldap]
url = "{directory}"
bind_dn = "cn=writer,{suffix}"
password_file = "directory.password"
accounts_base = "ou=people,{suffix}"
groups_base = "ou=groups,{suffix}"
"""

_PROFILE: Final = """\
# さくら市（練習用の架空の市）のポリシープロファイル。標準プロファイルと異なるところだけを書きます。
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
roles = ["approver"]
clause = "SAKURA-3.1"

[titles."統括情報セキュリティ責任者"]
state = "assigned"
post = "情報政策を所管する課の長"
roles = ["general_officer"]
clause = "SAKURA-3.2"

[titles."情報セキュリティ責任者"]
state = "assigned"
post = "各部の長"
roles = ["system_owner"]
clause = "SAKURA-3.3"

[titles."情報セキュリティ管理者"]
state = "assigned"
post = "各課の長"
roles = ["data_officer"]
clause = "SAKURA-3.4"

[titles."情報システム管理者"]
state = "assigned"
post = "情報システムを所管する課の長"
roles = ["terminal_officer"]
clause = "SAKURA-3.5"

[titles."情報システム担当者"]
state = "assigned"
post = "情報システムを所管する係の職員"
roles = ["operator"]
clause = "SAKURA-3.6"

[titles."情報セキュリティ監査統括責任者"]
state = "assigned"
post = "監査委員事務局長"
roles = ["auditor"]
clause = "SAKURA-3.7"

[titles."人事管理部門"]
state = "assigned"
post = "人事課長"
roles = ["hr_officer"]
clause = "SAKURA-3.8"

[guard]
feed_total = { share = 0.05, minimum = 1, clause = "SAKURA-8.1.4", note = "割合は標準の値" }
feed_department = { share = 0.3, minimum = 2, clause = "SAKURA-8.1.4", note = "割合は標準の値" }

[guard.plan]
disable = { count = 20, share = 0.05, minimum = 1, clause = "SAKURA-8.1.4", note = "件数と割合は標準の値" }
"""

_CLAUSES: Final = """\
id,body,section,title_ja,paraphrase_ja,control
SAKURA-3.1,さくら市,3の1,最高情報セキュリティ責任者,副市長が全体に責任を負う,role-title-mapping
SAKURA-3.2,さくら市,3の2,統括情報セキュリティ責任者,情報政策の課長が全庁を統括する,role-title-mapping
SAKURA-3.3,さくら市,3の3,情報セキュリティ責任者,部の長が部の責任を負う,role-title-mapping
SAKURA-3.4,さくら市,3の4,情報セキュリティ管理者,課の長が課の情報を管理する,role-title-mapping
SAKURA-3.5,さくら市,3の5,情報システム管理者,システムを所管する課の長が管理する,role-title-mapping
SAKURA-3.6,さくら市,3の6,情報システム担当者,システム係が運用にあたる,role-title-mapping
SAKURA-3.7,さくら市,3の7,監査統括責任者,監査委員事務局長が監査を統括する,role-title-mapping
SAKURA-3.8,さくら市,3の8,人事管理部門,人事課が在職を確かめる,role-title-mapping
SAKURA-8.1.2,さくら市,8の1(2),課室単位の閲覧制限,所属の職員だけが見られるように区切る,least-privilege-access
SAKURA-8.1.4,さくら市,8の1(4),大量変更の確認,多くの職員に及ぶ変更は二人で確かめてから行う,change-management
SAKURA-8.2.1,さくら市,8の2(1),利用者IDの取扱い,登録・変更・停止と異動や退職の扱いを定める,identity-lifecycle
SAKURA-8.2.2,さくら市,8の2(2),必要最小限の権限,職務に要る権限だけを付ける,least-privilege-access
SAKURA-8.2.4,さくら市,8の2(4),番号利用事務の権限,事務を担当する職員だけに権限を付ける,least-privilege-access
"""

_ACCESS: Final = """\
# 情報システムと標準付与。どの職員に何を付けるかを、根拠の条項とともに書きます。
#   org       所属コードの型。"0301*" は市民課とその各係
#   title     職名コードの型。"03?" は課長級
#   category  職員区分（プロファイルの区分）
# 条件を書かなければ、全員が対象です。

# ---- 情報システム ----------------------------------------------------------------------

[systems.groupware]
name = "グループウェア"
zone = "lgwan"
owner = "情報政策を所管する課"
naming = "{family_romaji}.{given_romaji}"
on_leave = "keep"   # 休業中も庁内の連絡を受け取れる
while_away = "keep" # 派遣中も同じ
[systems.groupware.entitlements]
user = { name = "利用者" }
approver = { name = "電子決裁" }

[systems.finance]
name = "財務会計"
zone = "lgwan"
owner = "財政課"
[systems.finance.entitlements]
entry = { name = "起票" }
approve = { name = "支出命令の決裁" }
budget = { name = "予算編成" }
audit = { name = "出納審査" }

[systems.juki]
name = "住民記録"
zone = "mnu"
owner = "市民課"
[systems.juki.entitlements]
search = { name = "照会" }
change = { name = "異動処理" }

[systems.files]
name = "ファイルサーバ"
zone = "lgwan"
owner = "情報政策を所管する課"
[systems.files.entitlements]
"""

_ATTRIBUTES: Final = """
[systems.{system}.attributes]
cn = "{{name}}"
sn = "{{family}}"
givenName = "{{given}}"
mail = "{{email}}"
ou = "{{department}}"
departmentNumber = "{{org_code}}"
title = "{{title}}"
"""

_MANAGERS: Final = '["00?", "01?", "03?"]'
_OFFICIALS: Final = '["regular", "reappointed", "fixed_term", "seconded_in", "enterprise"]'
_RULES: Final[Sequence[Mapping[str, str]]] = (
    {"id": "全職員", "system": "groupware", "entitlements": '["user"]', "clause": "SAKURA-8.2.1"},
    {"id": "管理職の電子決裁", "system": "groupware", "entitlements": '["approver"]', "clause": "SAKURA-8.2.2",
     "title": _MANAGERS},
    {"id": "起票", "system": "finance", "entitlements": '["entry"]', "clause": "SAKURA-8.2.2", "category": _OFFICIALS},
    {"id": "支出命令", "system": "finance", "entitlements": '["approve"]', "clause": "SAKURA-8.2.2",
     "title": _MANAGERS},
    {"id": "予算編成", "system": "finance", "entitlements": '["budget"]', "clause": "SAKURA-8.2.2", "org": '["0103*"]'},
    {"id": "出納審査", "system": "finance", "entitlements": '["audit"]', "clause": "SAKURA-8.2.2", "org": '["1201*"]'},
    {"id": "住民異動", "system": "juki", "entitlements": '["search", "change"]', "clause": "SAKURA-8.2.4",
     "org": '["0301*", "1301*", "1302*"]', "post": '"primary"'},
    {"id": "住民照会", "system": "juki", "entitlements": '["search"]', "clause": "SAKURA-8.2.4",
     "org": '["0302*", "04*", "05*", "0601*", "0603*", "0701*"]', "category": _OFFICIALS, "post": '"primary"'},
)  # fmt: skip


def suffix(system: str) -> str:
    """Where the practice OpenLDAP keeps the accounts of a system."""
    return f"dc={system},dc=sakura,dc=test"


def entitlements(departments: Sequence[Unit]) -> dict[str, list[str]]:
    """The codes of all entitlements, by system: what the practice OpenLDAP must have groups for."""
    return {
        "groupware": ["user", "approver"],
        "finance": ["entry", "approve", "budget", "audit"],
        "juki": ["search", "change"],
        "files": [_folder(unit) for unit in departments],
    }


def write_configuration(folder: Path, departments: Sequence[Unit], directory: str) -> Path:
    """iam.toml and what it names under `folder`; its path.  `directory` is the address of the practice OpenLDAP."""
    targets = (_TARGET.format(system=system, directory=directory, suffix=suffix(system)) for system in SYSTEMS)
    configuration = folder / "iam.toml"
    configuration.write_text(_CONFIGURATION + "".join(targets), encoding="utf-8")
    (folder / "さくら市.toml").write_text(_PROFILE, encoding="utf-8")
    (folder / "条項.csv").write_text(_CLAUSES, encoding="utf-8")
    (folder / "access.toml").write_text(access_toml(departments), encoding="utf-8")
    password = folder / "directory.password"
    password.write_text(PASSWORD + "\n", encoding="utf-8")
    password.chmod(0o600)
    return configuration


def access_toml(departments: Sequence[Unit]) -> str:
    """The access model: a shared folder for each of `departments`, the other systems by post and category."""
    folders = "".join(f'{_folder(unit)} = {{ name = "{unit.name}の共有フォルダー" }}\n' for unit in departments)
    attributes = "".join(_ATTRIBUTES.format(system=system) for system in SYSTEMS)
    rules = [*_RULES, *map(_shared_folder, departments)]
    heading = "\n# ---- 標準付与 --------------------------------------------------------------------------\n"
    return _ACCESS + folders + attributes + heading + "".join(map(_birthright, rules))


def _folder(unit: Unit) -> str:
    return f"dept{unit.code[:2]}"


def _shared_folder(unit: Unit) -> dict[str, str]:
    return {"id": f"{unit.name}の共有フォルダー", "system": "files", "entitlements": f'["{_folder(unit)}"]',
            "clause": "SAKURA-8.1.2", "org": f'["{unit.code[:2]}*"]'}  # fmt: skip


def _birthright(rule: Mapping[str, str]) -> str:
    """One rule as TOML; every value but the plain words is TOML already."""
    plain = ("id", "system", "clause")
    lines = [f'{key} = "{value}"' if key in plain else f"{key} = {value}" for key, value in rule.items()]
    return "\n[[birthright]]\n" + "\n".join(lines) + "\n"
