"""What a case asks for, in words: rows for the page, and what confirming it does.

The one law: *the second officer reads all that would be done*: what stands here is read from the content that
the confirmation is bound to.
"""

from collections.abc import Mapping, Sequence

from flask_babel import gettext
from sqlalchemy import Connection

from iam.access.places.terminals import terminal_by_id
from iam.errors import NotFound
from iam.office import deputies, outside
from iam.office.cases import Case, CaseKind, CaseState
from iam.office.roles import Offices
from iam.people.ledger import Person
from iam.policy.profile import Role
from iam.signin.tokens.asking import Deed
from iam.signin.tokens.clients import Draft, client_of
from web.officer.cases import privileged
from web.officer.cases.content import Content
from web.officer.clients.words import rows_of_case
from web.officer.configuration import words as configuration
from web.site.face.language import day
from web.site.site import the_site


def content_of(connection: Connection, case: Case, names: Mapping[int, Person]) -> Content:
    """The content of a case of any kind."""
    match case.kind:
        case CaseKind.DEPUTY | CaseKind.NOMINATION:
            return _deputy(case, names)
        case CaseKind.OUTSIDE:
            return _outside(connection, case)
        case CaseKind.CLIENT:
            return _client(connection, case)
        case CaseKind.TEMPORARY_PASSWORD:
            return Content(effects=_password())
        case CaseKind.TEMPORARY_CODE:
            return Content(effects=_code())
        case _:
            return _of_the_whole(connection, case)


def _of_the_whole(connection: Connection, case: Case) -> Content:
    """Of what is no one person's."""
    if case.kind is CaseKind.PRIVILEGED_ID:
        return privileged.of_id(connection, case)
    if case.kind is CaseKind.WAIVER:
        return privileged.of_waiver(case)
    return (
        configuration.of_keys(case) if case.kind is CaseKind.KEYS else configuration.of_configuration(connection, case)
    )


def role_title(offices: Offices, role: Role) -> str:
    """The body's own title of a role."""
    return next((seat.title for seat in offices.seats if seat.role is role), gettext(role.label_ja))


def _deputy(case: Case, names: Mapping[int, Person]) -> Content:
    wish = deputies.Wish.of(case)
    holder = names.get(wish.deputises_id or 0)
    facts = [(gettext("役職"), role_title(the_site().door.offices, wish.role))]
    if holder is not None:
        facts.append((gettext("代理される職員"), f"{holder.name}（{holder.staff_number}）"))
    span = gettext("%(first)sから%(last)sまで", first=day(wish.valid_from), last=day(wish.valid_until))
    effects = (
        gettext("期間の初めの日から、この職員が役職の画面と権限を使えるようになります。"),
        gettext("期間の終わりの日か、代理される職員がその役職を離れた日に、自動で終わります。"),
        gettext("本人に知らせます。"),
    )
    return Content([*facts, (gettext("期間"), span)], effects=effects)


def _outside(connection: Connection, case: Case) -> Content:
    terms = outside.Wish.of(case).terms
    span = gettext("%(first)sから%(last)sまで", first=day(terms.valid_from), last=day(terms.valid_until))
    facts = (
        (gettext("期間"), span),
        (gettext("端末"), _terminal(connection, terms.terminal_id)),
        (gettext("公衆回線"), gettext("使ってよい（例外措置）") if terms.public else gettext("使えない")),
    )
    effects = (
        gettext("期間のあいだ、この職員が庁外から情報システムに入れるようになります。二種類の認証は必ず求めます。"),
        gettext("庁外からの利用を認めない領域の情報システムには、この許可があっても入れません。"),
        gettext("期間が終わると自動で使えなくなります。途中で取り消すこともできます。"),
        gettext("本人に知らせます。"),
    )
    return Content(facts, effects=effects)


def _terminal(connection: Connection, id_: int | None) -> str:
    if id_ is None:
        return gettext("持出しを認められた端末ならどれでも")
    try:
        found = terminal_by_id(connection, id_)
    except NotFound:
        return gettext("台帳にない端末")
    return f"{found.code}（{found.name}）"


def _client(connection: Connection, case: Case) -> Content:
    deed = Deed(case.content["deed"])
    # Once it is decided, the client is what was asked for, or something later: there is nothing to compare with.
    open_ = case.state is CaseState.ASKED and deed is Deed.CHANGE
    rows = rows_of_case(case.content, client_of(connection, case.content["code"]) if open_ else None)
    facts = [(gettext("操作"), gettext(deed.label_ja))]
    if not rows:
        facts += [(gettext("連携先"), case.content["name"]), (gettext("クライアントID"), case.content["code"])]
    if deed is Deed.SECRET:
        days = int(case.content["former_days"])
        until = gettext("%(days)s日間使える", days=days) if days else gettext("すぐに使えなくする")
        facts.append((gettext("前のシークレット"), until))
    title = gettext("連携先の%(deed)s", deed=gettext(deed.label_ja))
    return Content(facts, rows, _of_client(deed, case.content), title)


def _of_client(deed: Deed, content: Mapping[str, object]) -> Sequence[str]:
    shown = gettext(
        "シークレットを、この次の画面に一度だけ表示します。つなぐ側の担当者に、安全な方法で渡してください。"
    )
    match deed:
        case Deed.NEW:
            served = gettext("この連携先に答えるようになります。入れるかどうかは、利用のたびに判定します。")
            return (served, shown) if Draft.of(content).has_secret else (served,)
        case Deed.CHANGE:
            return (gettext("すぐに、上の内容に変わります。渡したトークンはそのまま使えます。"),)
        case Deed.SECRET if content["former_days"]:
            return (shown, gettext("前のシークレットは、上の日数がたつと使えなくなります。"))
        case Deed.SECRET:
            return (shown, gettext("前のシークレットと、渡したトークンは、すぐに使えなくなります。"))
        case Deed.STOP:
            return (gettext("この連携先にはすぐに答えなくなり、渡したトークンも無効になります。"),)
        case Deed.AGAIN:
            return (gettext("停止する前と同じ内容とシークレットで、また使えるようになります。"),)


def _password() -> Sequence[str]:
    return (
        gettext("仮パスワードを、この次の画面に一度だけ表示します。印刷して、本人に手渡してください。"),
        gettext("いまのパスワードは使えなくなり、サインイン中の端末はすべてサインアウトします。"),
        gettext("本人に知らせます。本人は、はじめに自分のパスワードへ変更します。"),
    )


def _code() -> Sequence[str]:
    return (
        gettext("窓口コードを、この次の画面に一度だけ表示します。印刷して、本人に手渡してください。"),
        gettext("本人は、パスワードのあとに一度だけ使えます。前に渡した窓口コードは使えなくなります。"),
        gettext("本人に知らせます。"),
    )
