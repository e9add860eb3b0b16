"""Deeds prepared at the console and carried out in the portal by the person whom they are for."""

from iam.privilege.console.carrying import cancel, carry_out, mine, recognise
from iam.privilege.console.deeds import ConsoleDeed, DeedState, Draft, deed, open_deeds, prepare
from iam.privilege.console.verbs import USERS, Verb

__all__ = [
    "USERS",
    "ConsoleDeed",
    "DeedState",
    "Draft",
    "Verb",
    "cancel",
    "carry_out",
    "deed",
    "mine",
    "open_deeds",
    "prepare",
    "recognise",
]
