"""What cases of privileged IDs and of exceptions ask for, in words.

The one law: *the second officer reads all that would be done*: what stands here is read from the content that the
confirmation is bound to, beside what is registered now.
"""

from flask_babel import gettext
from sqlalchemy import Connection

from iam.errors import NotFound
from iam.office.cases import Case, CaseState
from iam.office.changes import waivers
from iam.privilege.register import MODES, Deed, PrivilegedId, Wish, privileged_id
from web.officer.cases.content import Content, Fact
from web.site.face.language import day
from web.site.site import the_site


def of_id(connection: Connection, case: Case) -> Content:
    """A row of the register, new, changed or retired."""
    wish = Wish.of(case)
    facts = [(gettext("操作"), gettext(wish.deed.label_ja)), *_name(wish)]
    if wish.deed is not Deed.RETIRE:
        facts += _rest(wish, _before(connection, case, wish))
    return Content(
        facts, effects=_of_deed(wish.deed), title=gettext("特権IDの%(deed)s", deed=gettext(wish.deed.label_ja))
    )


def of_waiver(case: Case) -> Content:
    """An exception for a time."""
    wish = waivers.Wish.of(case)
    span = gettext("%(first)sから%(last)sまで", first=day(wish.valid_from), last=day(wish.valid_until))
    facts = (
        (gettext("守らなくてよくなる決まり"), gettext(wish.control.label_ja)),
        (gettext("情報システム"), system_name(wish.scope) if wish.scope else gettext("すべて")),
        (gettext("代わりに行うこと"), wish.measure),
        (gettext("期間"), span),
    )
    made = case.content.get("waiver") is not None
    effects = (
        gettext("緊急の例外措置を、期間の終わりまで認めます。差し戻すと、すぐに終わります。")
        if made
        else gettext("期間のあいだ、この決まりの例外を認めます。"),
        gettext("期間が終わると、決まりは自動で元に戻ります。途中で取り消すこともできます。"),
    )
    return Content(facts, effects=effects)


def system_name(code: str) -> str:
    """The name of a system, or its code when the access model has it no more."""
    system = the_site().door.model.systems.get(code)
    return f"{system.name}（{code}）" if system else code


def _name(wish: Wish) -> list[Fact]:
    named = (gettext("ログイン名"), wish.login) if wish.login else (gettext("権限"), wish.entitlement)
    return [(gettext("情報システム"), system_name(wish.system)), named]


def _before(connection: Connection, case: Case, wish: Wish) -> PrivilegedId | None:
    """What is registered now.  Once it is decided, that is what was asked for, or something later."""
    if wish.id is None or case.state is not CaseState.ASKED:
        return None
    try:
        return privileged_id(connection, wish.id)
    except NotFound:
        return None


def _rest(wish: Wish, before: PrivilegedId | None) -> list[Fact]:
    asked, now = _words(wish), _words(Wish.like(before)) if before else {}
    return [(name, _compared(now.get(name, words), words)) for name, words in asked.items()]


def _compared(before: str, asked: str) -> str:
    return asked if before == asked else gettext("%(asked)s（いまは %(before)s）", asked=asked, before=before)


def _words(wish: Wish) -> dict[str, str]:
    yes, no = gettext("はい"), gettext("いいえ")
    return {
        gettext("開け方"): gettext(MODES[wish.mode]),
        gettext("用途"): wish.purpose,
        gettext("同時に任せる人数"): gettext("%(count)s人まで", count=wish.most_holders),
        gettext("緊急時に使える"): yes if wish.emergency else no,
        gettext("パスワードを保管しておく"): yes if wish.kept else no,
        gettext("名前を変えられない理由"): wish.note or "—",
    }


def _of_deed(deed: Deed) -> tuple[str, ...]:
    void = gettext("この特権IDの指名は、すべて効力を失います。続けて任せるときは、あらためて指名してください。")
    match deed:
        case Deed.NEW:
            return (
                gettext("台帳に載り、指名と承認を受けた職員が、利用のあいだだけ使えるようになります。"),
                gettext("夜間の同期は、この利用者IDに手を付けません。"),
            )
        case Deed.CHANGE:
            return (gettext("すぐに、上の内容に変わります。"), void)
        case Deed.RETIRE:
            return (gettext("この特権IDは、だれにも使えなくなります。"), void)
