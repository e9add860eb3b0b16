"""Two reviewers at the very same moment, on a server: one is taken, the other is told, and nothing is lost."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from iam.errors import Conflict
from iam.record.store import Store
from iam.review.deciding.answers import Answering, Wish, answer, answer_many
from iam.review.words import How, Part, Verdict
from tests.bodies import a_body
from tests.functional.databases import Databases
from tests.functional.review.deciding.given import GW, GW_TOO, STAFF, ZEI, Council, a_council
from web.practice.servers.postgres import Postgres


@pytest.fixture
def council(databases: Databases, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Council]:
    name = databases.take()
    body = a_body(postgres.url(name), tmp_path_factory.mktemp("keys") / "keys.json", migrated=True)
    made = a_council(body)
    yield made
    made.store.dispose()
    body.store.dispose()
    databases.give_back(name)


def test_of_two_at_the_same_moment_one_is_told_who_was_first(council: Council) -> None:
    lines = [council.line("gw", number) for number in STAFF]
    gate, seen = Barrier(2), council.campaign.revision

    def one(store: Store, by: int, line_id: int, verdict: Verdict) -> str:
        gate.wait(timeout=30)
        wish = Wish(verdict, seen, line_id=line_id, reason=f"{by}")
        try:
            with store.act(f"staff:{by:07}") as act:
                answer(act, council.door, Answering(council.id, Part.OWNER, council.numbers[by]), wish)
        except Conflict as told:
            return str(told)
        return ""

    # Each line is new to both, so that what they saw is never the reason.
    with ThreadPoolExecutor(2) as hands:
        for line in lines:
            first = hands.submit(one, council.store, GW, line.id, Verdict.KEEP)
            second = hands.submit(one, council.store, GW_TOO, line.id, Verdict.REMOVE)
            told = [first.result(), second.result()]
            assert sorted(map(bool, told)) == [False, True], told
            taken = Verdict.KEEP if not told[0] else Verdict.REMOVE
            assert f"に「{taken.label_ja}」と回答しました" in "".join(told)
            outcome = council.outcomes()[line.id]
            assert outcome is not None
            assert outcome.verdict is taken
    assert council.rows() == len(lines)


def test_many_at_once_of_different_systems_are_all_taken_and_every_act_counts(council: Council) -> None:
    gate, before = Barrier(2), council.campaign.revision
    of = {GW: [council.line("gw", number) for number in STAFF], ZEI: [council.line("zei", number) for number in STAFF]}

    def many(by: int) -> int:
        gate.wait(timeout=30)
        wishes = [Wish(Verdict.REMOVE, before, line_id=line.id, reason="不要") for line in of[by]]
        with council.store.act(f"staff:{by:07}") as act:
            who = Answering(council.id, Part.OWNER, council.numbers[by], How.BULK)
            return answer_many(act, council.door, who, wishes).taken

    with ThreadPoolExecutor(2) as hands:
        assert list(hands.map(many, of)) == [4, 4]
    assert (council.rows(), council.campaign.revision) == (8, before + 2)
    assert council.body.audit_breaks() == ""
