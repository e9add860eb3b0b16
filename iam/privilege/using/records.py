"""After a use: the work record, its confirmation, and the approval afterwards of an emergency.

The one law: *nobody confirms their own work* (R17): writer, confirmer and approver differ, by constraint too.
"""

from iam.privilege.using.uses import Acting, Use
from iam.record.act import Act
from iam.signin.door import Door


def write_record(act: Act, acting: Acting, use_id: int, text: str) -> Use:
    """The user says what was done; may be written anew until it is confirmed.

    Raises:
        NotFound; Forbidden: not the user; Conflict: not over yet, or confirmed already; SheetError: no text.
    """
    raise NotImplementedError


def confirm_record(act: Act, acting: Acting, use_id: int) -> Use:
    """The witness confirms the record; where there was no witness, an officer (head, operator, system owner) reviews.

    Raises:
        NotFound; Forbidden: the user, or not the witness; Conflict: nothing written, or confirmed already.
    """
    raise NotImplementedError


def approve_afterwards(act: Act, door: Door, use_id: int, by: int, words: str) -> Use:
    """An APPROVER approves an emergency afterwards: another person than its user and its witness.

    Raises:
        NotFound; Forbidden: not an approver, or the user or witness; Conflict: no emergency, no record yet, or done.
    """
    raise NotImplementedError
