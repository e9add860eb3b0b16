"""Silence: what systems, and the way back into them, live by is never stopped because nobody spoke."""

from pathlib import Path

from sqlalchemy import update

from iam.review.books import campaign_line_table
from iam.review.deciding.silence import let_silence_speak
from iam.review.words import Part, Verdict
from tests.functional.review.deciding.given import a_copy


def test_privileged_ids_ids_of_systems_and_protected_ones_wait_for_the_general_officer(tmp_path: Path) -> None:
    council, line = a_copy(tmp_path), campaign_line_table.c
    # As break-glass, what a connector signs in with, and the account of a system are frozen.
    spared = {
        "ghost": {"kind": "privileged", "sorting": "protected"}, "madoguchi": {"kind": "", "sorting": "protected"},
        f"{11:07}": {"kind": "personal", "sorting": "protected"}, f"{12:07}": {"kind": "service", "sorting": "rogue"},
    }  # fmt: skip
    with council.store.act("test") as act:
        for login, values in spared.items():
            act.connection.execute(update(campaign_line_table).where(line.login == login).values(**values))
    council.clock.on(days=60)

    with council.store.act("worker") as act:
        let_silence_speak(act, council.door, council.id)

    outcomes = council.outcomes()
    for each in council.lines("gw"):
        if each.login in spared:
            assert (each.asked, outcomes[each.id]) == (Part.GENERAL, None), each.login
    shared = outcomes[council.line("gw", "kyoyo").id]
    assert shared is not None
    assert (shared.verdict, shared.silent) == (Verdict.REMOVE, True)
    council.store.dispose()
    council.body.store.dispose()
