"""Signing: two persons, over what they saw, with nothing open; any later answer takes a signature away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Update, update
from sqlalchemy.exc import IntegrityError

from iam.errors import Conflict, Forbidden
from iam.errors import IntegrityError as Altered
from iam.policy.profile import Role
from iam.review.books import campaign_line_table, campaign_person_table, campaign_system_table, campaign_table
from iam.review.opening.hashes import snapshot_hash
from iam.review.words import CampaignState, Part, Verdict
from tests.bodies import Body
from tests.entrance import Person
from tests.functional.review.closing.given import End, Said, an_end
from tests.functional.review.deciding.given import (
    APPROVER,
    AUDITOR,
    GENERAL,
    GENERAL_TOO,
    GW,
    HR,
    HR_TOO,
    OUTSIDE,
    Council,
    a_copy,
    a_council,
)


@pytest.fixture
def council(tmp_path: Path) -> Iterator[Council]:
    found = a_copy(tmp_path)
    yield found
    found.store.dispose()
    found.body.store.dispose()


@pytest.fixture
def end(council: Council) -> End:
    return an_end(council, {("gw", 11): Said(Verdict.REMOVE)})


def test_both_sign_and_it_is_signed_on_both_databases(body: Body) -> None:
    council = a_council(body)
    end = an_end(council, {("gw", 11): Said(Verdict.REMOVE), ("gw", 12): Said(Verdict.REDUCE, ("shimin",))})
    seen = end.result
    first = end.sign(HR, seen.hash)
    assert (first.state, first.hr_by is not None, end.removals) == (CampaignState.OPEN, True, [])

    done = end.sign(GENERAL, seen.hash)

    assert (done.state, done.result_hash, done.complete) == (CampaignState.SIGNED, seen.hash, True)
    rows = {(each.login, each.what, each.entitlement, each.block_id is not None) for each in end.removals}
    login = end.council.body.login
    assert rows == {
        (login(11), "account", "", True), (login(12), "right", "shimin", True), ("ghost", "account", "", False),
        ("ghost", "right", "mail", False), ("ghost", "right", "soumu", False), ("madoguchi", "keeper", "", False),
    }  # fmt: skip
    assert not end.council.body.audit_breaks()
    council.store.dispose()


@pytest.mark.parametrize(
    ("by", "part"),
    [
        (APPROVER, Part.GENERAL), (GW, Part.GENERAL), (AUDITOR, Part.GENERAL), (OUTSIDE, Part.GENERAL),
        (HR, Part.GENERAL), (GENERAL, Part.HR), (GENERAL, Part.OWNER), (AUDITOR, Part.HR),
    ],
)  # fmt: skip
def test_only_the_general_officer_and_hr_sign_each_for_their_part(end: End, by: int, part: Part) -> None:
    with pytest.raises(Forbidden, match="役割がありません"):
        end.sign(by, part=part)


def test_one_person_with_both_roles_signs_once_and_the_database_says_so_too(end: End) -> None:
    hall, id_ = end.council.office.hall, end.council.numbers[HR]
    hall.office(Person(hall, id_, f"{HR:07}", ""), Role.GENERAL_OFFICER)
    end.sign(HR)
    with pytest.raises(Forbidden, match="別の方"):
        end.sign(HR, part=Part.GENERAL)
    with pytest.raises(IntegrityError), end.council.store.act("attacker") as act:
        act.connection.execute(update(campaign_table).values(general_by=id_))


def test_what_was_seen_must_be_what_is_signed_and_an_answer_takes_signatures_away(end: End) -> None:
    seen = end.result.hash
    end.sign(GENERAL, seen)
    with pytest.raises(Conflict, match="済んでいます"):
        end.sign(GENERAL_TOO, seen)
    council = end.council
    council.answers(GENERAL, council.line("gw", 12), Verdict.REMOVE, Part.GENERAL, reason="不要になった")

    assert (council.campaign.general_by, council.campaign.result_hash) == (None, "")
    assert end.result.hash != seen
    with pytest.raises(Conflict, match="変わっています"):
        end.sign(HR, seen)
    # The same words again are the same result, whoever counts it.
    assert end.result.hash == end.result.hash
    assert end.sign(HR_TOO).hr_by == council.numbers[HR_TOO]


def test_nothing_is_signed_while_anything_is_open(council: Council) -> None:
    end = End(council)
    with pytest.raises(Conflict, match="まだ判定のないもの"):
        end.sign(GENERAL)


def test_a_target_that_was_not_read_is_signed_as_incomplete_with_a_reason(end: End) -> None:
    with end.council.store.act("test") as act:
        gw = campaign_system_table.c.system == "gw"
        act.connection.execute(
            update(campaign_system_table).where(gw).values(read_at=None, trouble="応答がありません。")
        )
        frozen_so = snapshot_hash(act.connection, end.council.id)
        act.connection.execute(update(campaign_table).values(snapshot_hash=frozen_so))
    assert [each.system for each in end.result.unread] == ["gw"]
    with pytest.raises(Conflict, match="読めなかったシステム"):
        end.sign(GENERAL)
    end.sign(GENERAL, why_partial="機器の更新のため、来月に読む")

    done = end.sign(HR)

    assert (done.state, done.complete) == (CampaignState.SIGNED, False)
    assert done.partial_reason == "機器の更新のため、来月に読む"


@pytest.mark.parametrize(
    "alter",
    [
        update(campaign_line_table).where(campaign_line_table.c.login == "ghost").values(native_id="uid=kyoyo"),
        update(campaign_line_table).where(campaign_line_table.c.login == "kyoyo").values(digest="0" * 64),
        update(campaign_person_table).values(status="left"),
        update(campaign_system_table).values(read_at=None),
    ],
    ids=["a line", "its digest", "persons", "what was read"],
)
def test_what_was_altered_since_it_was_frozen_cannot_be_signed(end: End, alter: Update) -> None:
    with end.council.store.act("attacker") as act:
        act.connection.execute(alter)
    with pytest.raises(Altered, match="書き換えられています"):
        end.sign(GENERAL, seen="x", why_partial="理由")
    assert end.council.campaign.general_by is None
