"""What no answer may be: what systems live by is never stopped because nobody spoke, and nobody answers unseen."""

from pathlib import Path

import pytest
from sqlalchemy import update

from iam.errors import Conflict
from iam.review.books import campaign_line_table, campaign_table
from iam.review.deciding.silence import let_silence_speak
from iam.review.words import Part, Verdict
from tests.functional.review.deciding.given import GW, a_copy


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


def test_a_line_that_its_system_showed_otherwise_since_is_looked_at_again(tmp_path: Path) -> None:
    council = a_copy(tmp_path)
    ghost, seen = council.line("gw", "ghost"), council.campaign.revision
    with council.store.act("test") as act:
        line = campaign_line_table.c
        act.connection.execute(update(campaign_table).values(revision=seen + 1))
        act.connection.execute(update(campaign_line_table).where(line.id == ghost.id).values(refrozen=seen + 1))

    with pytest.raises(Conflict, match="読み直し、この行の内容が変わりました"):
        council.answers(GW, ghost, Verdict.REMOVE, seen=seen, reason="不要")
    assert council.answers(GW, ghost, Verdict.REMOVE, seen=seen + 1, reason="不要").verdict is Verdict.REMOVE
    council.store.dispose()
    council.body.store.dispose()
