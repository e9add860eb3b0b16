"""The body's own small profile, as `iam init` writes it: what it extends, and the titles that wait for a holder.

The one law: *it asks and never answers*: no title is given to a post that
nobody of the body named (R51).
"""

from collections.abc import Iterator
from typing import Final

from iam.policy.cited import BASELINE
from iam.policy.loading import load
from iam.policy.profile import Role, Title, TitleState

FILE: Final = "ポリシー.toml"

_WORK = {
    Role.GENERAL_OFFICER: ("庁内全体を統括し、特権IDの代行者を指名します", "情報政策課長"),
    Role.APPROVER: ("特権IDの代行を承認します。統括とは別の職にします", "副市長"),
    Role.HR_OFFICER: ("在職しているかどうかを確かめ、棚卸に署名します", "人事課長"),
    Role.SYSTEM_OWNER: ("所管する情報システムの利用者IDについて判断します", "各部の長"),
    Role.OPERATOR: ("夜間の同期と設定を受け持ちます", "情報政策課の職員"),
    Role.AUDITOR: ("記録を監査します。何も変更しません", "監査委員事務局長"),
    Role.DATA_OFFICER: ("課の情報の取扱いに責任を持ちます", "各課の長"),
    Role.TERMINAL_OFFICER: ("端末の管理に責任を持ちます", "情報政策課の係長"),
}
"""What a role does in this product, and a post that often bears it."""

_HEADING: Final = """\
# ポリシープロファイル（団体の決まり）です。UTF-8 で保存してください。
# 下の extends で名指ししたプロファイルの値をすべて引き継ぎます。ここには、団体で決めることだけを書きます。
# 引き継いだ値は iam policy show で、決め残しは iam policy check で見られます。

extends = "{parent}"
"""

_BODY: Final = """
[body]
name = "見本市"                              # 団体名
kind = "市"                                  # 市、町、広域連合、一部事務組合など
policy = "見本市情報セキュリティポリシー"    # よりどころとする文書の名前
"""

_TITLES: Final = """
# ---- 役職名 -----------------------------------------------------------------------------
# 次の役職名を、だれが担うか決めてください。すべて決まるまで、iam sync は適用を始めません。
# 決めたら state を次のどれかに書き換え、必要な行を加えます。
#   職に充てるとき            state = "assigned"  と  post = "職名"
#   ほかの役職名が兼ねるとき  state = "merged"    と  into = "役職名"
#   使わないとき              state = "not_used"
# 職に充てたら、その職が名簿のどの所属コードと職コードに当たるかを held_by に書きます。異動すれば役割も移ります。
# held_by がない間は、画面でその役割をだれも担えません（夜間の同期には差し支えません）。
# roles は鍵守の中での役割です。消さずに残してください（「使わない」ときは、ほかの役職名の roles に移します）。
# clause には、決めた根拠の条項IDを書きます。条項がなければ "baseline" のままにします。
"""


def own_profile(parent: str) -> str:
    """The text of the file over the profile `parent`, one of those that come with the product."""
    waiting = [title for title in load(parent).titles if title.state is TitleState.UNMAPPED]
    parts = [_HEADING.format(parent=parent), _BODY if parent == BASELINE else ""]
    if waiting:
        parts += [_TITLES, *("\n".join(["", *_asked(title), ""]) for title in waiting)]
    return "".join(parts)


def _asked(title: Title) -> Iterator[str]:
    work = [_WORK[role] for role in title.roles]
    yield f"# {title.name}: {'。'.join(words for words, _ in work) or '鍵守の中での役割はありません'}。"
    yield f'[titles."{title.name}"]'
    yield f'state = "{title.state}"'
    yield f'# post = "{work[0][1] if work else "職名"}"'
    if title.roles:
        yield '# held_by = [{ org = ["0203*"], title = ["030"] }]'
        roles = ", ".join(f'"{role}"' for role in title.roles)
        yield f"roles = [{roles}]"
    yield f'clause = "{title.clause}"'
