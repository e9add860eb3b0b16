"""Delegations (特権代行): nominated by the general officer, approved by the approver, void with any change."""

from iam.privilege.delegating.approving import approve, approvers, decline, receive, review
from iam.privilege.delegating.delegation import (
    Broken,
    Delegation,
    DelegationState,
    Wish,
    delegation,
    delegations,
)
from iam.privilege.delegating.holding import (
    Due,
    Tidied,
    end,
    lapse,
    live_for,
    reviews_due,
    tidy,
    void_broken,
    why_void,
)
from iam.privilege.delegating.nominating import mistakes, nominate, withdraw

__all__ = [
    "Broken",
    "Delegation",
    "DelegationState",
    "Due",
    "Tidied",
    "Wish",
    "approve",
    "approvers",
    "decline",
    "delegation",
    "delegations",
    "end",
    "lapse",
    "live_for",
    "mistakes",
    "nominate",
    "receive",
    "review",
    "reviews_due",
    "tidy",
    "void_broken",
    "why_void",
    "withdraw",
]
