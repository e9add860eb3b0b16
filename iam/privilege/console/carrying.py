"""In the portal: recognising a deed by its code, carrying it out as its person, or not.

The one law: *who confirms is who it was prepared for, and what is done is what they read* (R13, R17): the row is the
person's own, its seal holds, the page carried that seal, and one update decides that it happens once.
"""

from contextlib import AbstractContextManager
from typing import Final

from sqlalchemy import Update, update

from iam.errors import Conflict, Forbidden, NotFound
from iam.privilege.attempted import attempted
from iam.privilege.barred import why_barred
from iam.privilege.books import console_deed_table
from iam.privilege.console.deeds import ConsoleDeed, DeedState, deed, open_deeds
from iam.privilege.console.verbs import do, of_uses, subject_of
from iam.privilege.using import Acting, ProofNeeded
from iam.record.act import Act
from iam.signin.door import actor_of

MOST_TRIES: Final = 5
"""Wrong codes of one person, after which everything that waits for them is void."""

_NONE: Final = (
    "その確認コードで準備された操作はありません。コードと、準備した職員番号、期限（10分）を確かめてください。"
)
_OVER: Final = "この操作は、もう済んだか、期限が過ぎました。要るときは、コンソールで準備し直してください。"
_ALTERED: Final = "準備された内容が書き換えられています。何も行いませんでした。情報システムの責任者に知らせてください。"


def recognise(acting: Acting, typed: str) -> ConsoleDeed | Conflict:
    """The deed of this code, OPENED: a code is good for once; or that there is none, which is counted.

    Raises:
        Forbidden: whoever is barred from privileged IDs.
    """
    _not_barred(acting, f"person {acting.id}")
    with acting.store.act(actor_of(acting.who.staff_number)) as act:
        waiting = open_deeds(act.connection, acting.id, act.at)
        fitting = [
            each for each in waiting if each.state is DeedState.WAITING and each.opened_by(acting.door.keys, typed)
        ]
        if fitting and act.connection.execute(_moving(act, fitting[0], DeedState.WAITING, DeedState.OPENED)).rowcount:
            act.record("console.opened", fitting[0].subject, {"verb": fitting[0].verb, "account": fitting[0].account})
            return deed(act.connection, fitting[0].id, act.at)
        return _mistyped(act, acting.id)


def _not_barred(acting: Acting, subject: str) -> None:
    with attempted(acting.store, actor_of(acting.who.staff_number), "console", subject) as act:
        if refusal := why_barred(act.connection, acting.door, acting.id, act.at):
            raise refusal


def _mistyped(act: Act, person_id: int) -> Conflict:
    columns = console_deed_table.c
    mine = columns.person_id == person_id, columns.state == DeedState.WAITING, columns.lapses_at > act.at
    act.connection.execute(update(console_deed_table).where(*mine).values(tries=columns.tries + 1))
    gone = act.connection.execute(
        update(console_deed_table)
        .where(*mine, columns.tries >= MOST_TRIES)
        .values(state=DeedState.LOCKED, settled_at=act.at)
    ).rowcount
    act.record("console.mistyped", f"person {person_id}", {"locked": gone})
    if gone:
        return Conflict("確認コードの間違いが続いたため、準備された操作を無効にしました。準備し直してください。")
    return Conflict(_NONE)


def mine(acting: Acting, id_: int) -> ConsoleDeed:
    """A deed that the person has opened by its code, or that is over.

    Raises:
        NotFound: there is none, it is another's, or its code was not typed; nobody learns which.
    """
    with acting.store.read() as connection:
        found = deed(connection, id_, acting.store.clock())
    if found.person_id != acting.id or found.state is DeedState.WAITING:
        raise NotFound("その操作はありません。コンソールで準備し直してください。")
    return found


def carry_out(acting: Acting, id_: int, seal: str) -> ConsoleDeed:
    """Do what was read, as the person who is signed in; `seal`: that of the page.

    Raises:
        ProofNeeded: the session must prove itself again, and the deed waits for it; Conflict, Forbidden, NotFound: it
        was refused, which is recorded, and the deed is over.
    """
    found = mine(acting, id_)
    _not_barred(acting, found.subject)
    try:
        with _trying(acting, found) as act:
            _claim(act, acting, found, seal)
            made = do(act, acting, found.verb, found.content)
            _outcome(act, found, made)
            act.record("console.carried_out", found.subject, {"verb": found.verb, "on": made, "seal": found.seal})
            return deed(act.connection, id_, act.at)
    except (Conflict, Forbidden, NotFound) as refusal:
        if isinstance(refusal, ProofNeeded):
            raise
        with acting.store.act(actor_of(acting.who.staff_number)) as act:
            if act.connection.execute(_moving(act, found, DeedState.OPENED, DeedState.REFUSED)).rowcount:
                _outcome(act, found, str(refusal))
                act.record("console.refused", found.subject, {"verb": found.verb, "reason": str(refusal)})
        raise


def _claim(act: Act, acting: Acting, found: ConsoleDeed, seal: str) -> None:
    """It is being done now, and as it was read."""
    if not found.intact(acting.door.keys) or found.seal != seal:
        raise Conflict(_ALTERED)
    if not act.connection.execute(_moving(act, found, DeedState.OPENED, DeedState.DONE)).rowcount:
        raise Conflict(_OVER)


def cancel(acting: Acting, id_: int) -> ConsoleDeed:
    """The person does not want it; again changes nothing.

    Raises:
        NotFound: there is none of theirs.
    """
    found = mine(acting, id_)
    with acting.store.act(actor_of(acting.who.staff_number)) as act:
        if act.connection.execute(_moving(act, found, DeedState.OPENED, DeedState.CANCELLED)).rowcount:
            act.record("console.cancelled", found.subject, {"verb": found.verb, "account": found.account})
        return deed(act.connection, id_, act.at)


def _trying(acting: Acting, found: ConsoleDeed) -> AbstractContextManager[Act]:
    """As a page of the portal begins it, so that a refusal is remembered at the same place."""
    subject = subject_of(found.verb, found.content)
    if of_uses(found.verb):
        return acting.attempt(found.verb, subject)
    return attempted(acting.store, actor_of(acting.who.staff_number), found.verb, subject)


def _moving(act: Act, found: ConsoleDeed, state: DeedState, to: DeedState) -> Update:
    """One step of one deed: whoever is second changes nothing."""
    columns = console_deed_table.c
    return (
        update(console_deed_table)
        .where(columns.id == found.id, columns.state == state, columns.lapses_at > act.at, columns.seal == found.seal)
        .values(state=to, settled_at=None if to.pending else act.at)
    )


def _outcome(act: Act, found: ConsoleDeed, words: str) -> None:
    of_it = console_deed_table.c.id == found.id
    act.connection.execute(update(console_deed_table).where(of_it).values(outcome=words))
