"""What stops go-live, and what is only pointed out."""

from datetime import date

import pytest

from iam.policy.checking import Problem, judge
from iam.policy.clauses import Clause
from tests.unit.policy.given import a_profile

TODAY = date(2026, 4, 1)
KNOWN = {name: Clause(name, "山里市", "1", "題", "要旨", "scope-registry") for name in ("YAMAZATO-K1", "UMIBE-K1")}
BODY = '[body]\nname = "山里市"\nkind = "市"\npolicy = "方針"\nprefix = "YAMAZATO"\n'
ON_THE_DESK = 'state = "assigned"\npost = "情報係"\nheld_by = [{ title = ["S1"] }]'


def problems(*overlays: str) -> list[Problem]:
    return judge(a_profile(*overlays), KNOWN, TODAY)


def stopped(*overlays: str) -> list[str]:
    return [problem.key for problem in problems(*overlays) if problem.stops]


def pointed_out(*overlays: str) -> list[str]:
    assert not stopped(*overlays)
    return [problem.key for problem in problems(*overlays)]


def a_title(name: str, state: str, role: str = "", clause: str = "baseline") -> str:
    return f'[titles."{name}"]\n{state}\nroles = [{role}]\nclause = "{clause}"\n'


def test_a_profile_with_every_title_mapped_may_go_live() -> None:
    assert problems() == []


def test_every_unmapped_title_stops_go_live_with_its_clause() -> None:
    found = problems(
        BODY + a_title("承認", 'state = "unmapped"', '"approver"', "YAMAZATO-K1"), a_title("新", 'state = "unmapped"')
    )

    assert [(p.key, p.clause, p.stops) for p in found] == [
        ('titles."承認"', "YAMAZATO-K1", True),
        ('titles."新"', "baseline", True),
    ]


def test_a_required_role_that_no_title_carries_stops_go_live() -> None:
    (problem,) = problems(a_title("監査", 'state = "assigned"\npost = "監査委員事務局長"'))

    assert problem.stops
    assert "監査担当" in problem.message


def test_a_required_role_whose_title_is_not_used_stops_go_live() -> None:
    assert stopped(a_title("監査", 'state = "not_used"', '"auditor"')) == ["titles"]


def test_a_title_merged_into_one_with_a_post_is_settled() -> None:
    assert stopped(a_title("運用", 'state = "merged"\ninto = "所管"', '"operator"')) == []


@pytest.mark.parametrize("end", ['state = "not_used"', 'state = "merged"\ninto = "運用"'])
def test_a_title_merged_into_nobody_stops_go_live(end: str) -> None:
    found = stopped(a_title("運用", 'state = "merged"\ninto = "空"', '"operator"'), a_title("空", end))

    assert 'titles."運用"' in found


def test_a_title_merged_into_an_unmapped_one_is_reported_once() -> None:
    found = stopped(a_title("運用", 'state = "merged"\ninto = "空"', '"operator"'), a_title("空", 'state = "unmapped"'))

    assert found == ['titles."空"']


def test_a_role_that_two_titles_carry_stops_go_live() -> None:
    assert stopped(a_title("副統括", 'state = "assigned"\npost = "次長補佐"', '"general_officer"')) == ["titles"]


def test_nominator_and_approver_on_one_post_stop_go_live() -> None:
    assert stopped(a_title("承認", 'state = "assigned"\npost = "次長"', '"approver"')) == ["titles"]


def test_auditor_and_operator_on_one_post_are_pointed_out() -> None:
    assert pointed_out(a_title("監査", ON_THE_DESK, '"auditor"')) == ["titles"]


def test_a_clause_that_nobody_knows_stops_go_live() -> None:
    found = stopped(BODY + '[accounts]\nretention_days = { value = 365, clause = "YAMAZATO-K9" }')

    assert found == ["accounts.retention_days"]


def test_a_clause_of_another_body_stops_go_live() -> None:
    found = stopped(BODY + '[accounts]\nretention_days = { value = 365, clause = "UMIBE-K1" }')

    assert found == ["accounts.retention_days"]


def test_a_zone_that_states_no_overlap_is_pointed_out() -> None:
    found = pointed_out('[zones.outer]\nlabel = "外部"\nclause = "baseline"')

    assert found == ["zones.outer.handover_overlap_days"]


def test_a_residual_zone_that_is_not_the_default_stops_go_live() -> None:
    assert stopped('[zones.sealed]\nlabel = "隔離"\nresidual = true\nclause = "baseline"') == ["zones.sealed"]


def test_a_deletion_easier_than_a_disabling_stops_go_live() -> None:
    assert stopped('[guard.plan]\ndelete = { share = 0.1, clause = "baseline" }') == ["guard.plan.delete"]


def test_a_band_that_lets_half_a_body_vanish_is_pointed_out() -> None:
    assert pointed_out('[guard]\nfeed_total = { share = 0.5, clause = "baseline" }') == ["guard.feed_total"]


def test_an_account_deleted_before_its_late_renewal_stops_go_live() -> None:
    assert stopped('[accounts]\nretention_days = { value = 30, clause = "baseline" }') == ["accounts.retention_days"]


@pytest.mark.parametrize("key", ["dormancy_days = { value = 180,", "review_interval_months = { value = 6,"])
def test_privileged_ids_watched_less_than_others_are_pointed_out(key: str) -> None:
    assert pointed_out(f'[privileged]\n{key} clause = "baseline" }}') == [f"privileged.{key.split(maxsplit=1)[0]}"]


def test_what_stops_go_live_comes_first() -> None:
    one_post = a_title("監査", ON_THE_DESK, '"auditor"')
    found = problems(one_post, '[accounts]\nretention_days = { value = 30, clause = "baseline" }')

    assert [problem.stops for problem in found] == [True, False]
