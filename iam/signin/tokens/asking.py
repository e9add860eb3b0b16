"""Clients, by two officers: one asks for a new one, a change, a new secret, a stop; a head confirms.

The one law: *nobody connects a system alone* (design law 4): the whole new state stands in the case, bound to its
hash, and is carried out in the act that confirms it.  A secret is made at that moment, shown once to the head who
confirmed, and hands itself over in person: it never waits in the database, nor passes through mail.
"""

from iam.office.cases import Case
from iam.record.act import Act
from iam.signin.door import Door, Entrant
from iam.signin.tokens.clients import Draft, Secret


def ask_new(act: Act, door: Door, officer: Entrant, draft: Draft, *, reason: str) -> Case:
    """Ask for a new client.

    Raises:
        Conflict: the code is taken or asked for, or system or right do not exist; Forbidden: not for this officer.
    """
    raise NotImplementedError


def ask_change(act: Act, door: Door, officer: Entrant, draft: Draft, *, reason: str) -> Case:
    """Ask that the client `draft.code` be as `draft` says; kind and public stay.

    Raises:
        NotFound, Conflict, Forbidden: as `ask_new`.
    """
    raise NotImplementedError


def ask_secret(act: Act, door: Door, officer: Entrant, code: str, *, former_days: int, reason: str) -> Case:
    """Ask for a new secret; the former one works for `former_days` more (0: it is known to somebody; tokens die too).

    Raises:
        NotFound, Conflict, Forbidden: as `ask_new`.
    """
    raise NotImplementedError


def ask_stop(act: Act, door: Door, officer: Entrant, code: str, *, reason: str) -> Case:
    """Ask that a client be served no longer; its tokens die.

    Raises:
        NotFound, Conflict, Forbidden: as `ask_new`.
    """
    raise NotImplementedError


def ask_again(act: Act, door: Door, officer: Entrant, code: str, *, reason: str) -> Case:
    """Ask that a stopped client be served again.

    Raises:
        NotFound, Conflict, Forbidden: as `ask_new`.
    """
    raise NotImplementedError


def take_effect(act: Act, door: Door, case: Case) -> Secret | None:
    """What confirming does, judged once more; the secret where there is a new one.

    Raises:
        NotFound, Conflict: when it could no longer be asked for.
    """
    raise NotImplementedError
