"""What さくら市 tells Kagimori: iam.toml and the access model; its profile stands in `policy`.

The one law: these are files that an operator could have written by hand, and
may copy; nothing in them works for the practice body alone.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from web.practice.policy import CLAUSES, profile_toml
from web.practice.servers.slapd import PASSWORD
from web.practice.units import Unit

ORIGIN: Final = "http://localhost:8080"
"""Where the practice portal is opened, unless told otherwise."""

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

[network]
file = "network.toml"

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

_PORTAL: Final = """
# 職員が入るところ。ブラウザーで {origin} を開きます。
[portal]
origin = "{origin}"
listen = "127.0.0.1:{port}"
zone = "lgwan"
notice = "さくら市（練習用の架空の市）の業務システムです。許可された職員だけが利用でき、利用は記録されます。"
"""

_MAIL: Final = """
[mail]
host = "127.0.0.1"
port = {port}
sender = "kagimori@sakura.example.jp"
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
admin = { name = "管理者", privileged = true } # ふだんは誰も持たない。特権IDの利用の間だけ

[systems.finance]
name = "財務会計"
zone = "lgwan"
owner = "総務部"
[systems.finance.entitlements]
entry = { name = "起票" }
approve = { name = "支出命令の決裁" }
budget = { name = "予算編成" }
audit = { name = "出納審査" }

[systems.juki]
name = "住民記録"
zone = "mnu"
owner = "市民部"
dedicated = true    # この業務の専用端末からだけ使える
[systems.juki.entitlements]
search = { name = "照会" }
change = { name = "異動処理" }

[systems.files]
name = "ファイルサーバ"
zone = "lgwan"
owner = "情報政策を所管する課"
[systems.files.entitlements]
"""

_NETWORK: Final = """\
# ネットワークと、領域をまたぐ通信。どのアドレスがどの領域にあり、どこからどこへ入ってよいかを書きます。
# ここにないアドレスは「不明」で、いちばん厳しい扱いになります。範囲が重なるときは、狭い方が勝ちます。
#   origin   office（庁内） outside（庁外につながる回線） public（公衆回線）。書かなければ office

[[networks]]
name = "本庁の業務端末"
addresses = ["10.20.0.0/16"]
zone = "lgwan"

[[networks]]
name = "練習用の端末（このパソコン）"
addresses = ["127.0.0.1", "::1"]
zone = "lgwan"

[[networks]]
name = "市民課と税務部の番号利用事務"
addresses = ["10.10.0.0/16"]
zone = "mnu"

[[networks]]
name = "インターネット閲覧用"
addresses = ["10.30.0.0/16"]
zone = "internet"

[[networks]]
name = "貸出端末の閉域回線"
addresses = ["10.40.0.0/16"]
zone = "lgwan"
origin = "outside"

[[networks]]
name = "公衆回線からの接続口"
addresses = ["198.51.100.0/24"]
zone = "internet"
origin = "public"

# ---- 領域をまたぐ通信（ここにないものは通しません） --------------------------------------

[[flows]]
from = "mnu"
to = "lgwan"
system = ["groupware"]
purpose = "番号利用事務の端末から、庁内の連絡を画面転送で読む"
clause = "SAKURA-5.1.2"

# 鍵守の画面は LGWAN接続系にあり、そこでのサインインを住民記録に伝えます。
# 端末は、住民記録の専用端末に限ります（access.toml の dedicated）。
[[flows]]
from = "lgwan"
to = "mnu"
system = ["juki"]
purpose = "鍵守でのサインインを、番号利用事務の専用端末で開いた住民記録に伝える"
clause = "SAKURA-5.1.2"

[[flows]]
from = "internet"
to = "lgwan"
system = ["groupware"]
purpose = "公衆回線の接続口から、許可を受けた職員が連絡を読む"
clause = "SAKURA-5.1.2"
"""

TERMINALS: Final = """\
管理番号,名称,種別,領域,専用の業務,証明書,MACアドレス,IPアドレス,庁外,備考
PC-0001,市民課 窓口1,パソコン,マイナンバー利用事務系,住民記録,,02-00-5E-10-00-01,10.10.1.11,,
PC-0002,市民課 窓口2,パソコン,マイナンバー利用事務系,住民記録,,02-00-5E-10-00-02,10.10.1.12,,
PC-0003,税務部 共用,パソコン,マイナンバー利用事務系,,,02-00-5E-10-00-03,10.10.2.11,,
PC-0101,情報政策課 1,パソコン,LGWAN接続系,,,02-00-5E-20-00-01,10.20.1.11,,
PC-0102,情報政策課 2,パソコン,LGWAN接続系,,,02-00-5E-20-00-02,10.20.1.12,,
PC-0103,財政課 1,パソコン,LGWAN接続系,,,02-00-5E-20-00-03,10.20.2.11,,
PC-0104,練習用の端末（このパソコン）,パソコン,LGWAN接続系,,,,127.0.0.1,,./dev demo のブラウザー
TB-0001,貸出タブレット 1,タブレット,LGWAN接続系,,,02-00-5E-40-00-01,,可,災害時の持出し用
TB-0002,貸出タブレット 2,タブレット,LGWAN接続系,,,02-00-5E-40-00-02,,可,在宅勤務用
PR-0001,市民課 証明書プリンター,機器,マイナンバー利用事務系,,,02-00-5E-10-01-01,10.10.1.201,,
"""
"""端末.csv of さくら市, as its asset management system writes it; CP932."""

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
        "groupware": ["user", "approver", "admin"],
        "finance": ["entry", "approve", "budget", "audit"],
        "juki": ["search", "change"],
        "files": [_folder(unit) for unit in departments],
    }


def write_configuration(
    folder: Path,
    departments: Sequence[Unit],
    directory: str,
    *,
    april: date,
    origin: str = ORIGIN,
    mail_port: int | None = None,
) -> Path:
    """iam.toml and what it names under `folder`; its path.  `directory` is the address of the practice OpenLDAP.

    `april`: the day of the reorganisation.  `origin`: where the portal is opened, http://localhost:PORT.
    `mail_port`: of a mail server on loopback; without it nobody is written to.
    """
    targets = (_TARGET.format(system=system, directory=directory, suffix=suffix(system)) for system in SYSTEMS)
    portal = _PORTAL.format(origin=origin, port=urlsplit(origin).port)
    mail = "" if mail_port is None else _MAIL.format(port=mail_port)
    configuration = folder / "iam.toml"
    configuration.write_text(_CONFIGURATION + portal + mail + "".join(targets), encoding="utf-8")
    (folder / "さくら市.toml").write_text(profile_toml(april), encoding="utf-8")
    (folder / "条項.csv").write_text(CLAUSES, encoding="utf-8")
    (folder / "access.toml").write_text(access_toml(departments), encoding="utf-8")
    (folder / "network.toml").write_text(_NETWORK, encoding="utf-8")
    (folder / "端末.csv").write_bytes(TERMINALS.replace("\n", "\r\n").encode("cp932"))
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
