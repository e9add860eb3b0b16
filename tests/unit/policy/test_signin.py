"""The rules for signing in: which one holds for whom, and what nobody may go live with."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from iam.errors import ConfigurationError
from iam.policy.checking import Problem, judge
from iam.policy.cited import Failures, Flag, Hours, LengthWithFactor, Minutes
from iam.policy.clauses import Clause
from iam.policy.entry.signin import General, Rotation, RotationMode, SecondFactor, Signin, Tightening
from iam.policy.profile import Profile
from tests.unit.policy.given import a_profile

TODAY = date(2026, 4, 1)
BODY = '[body]\nname = "山里市"\nkind = "市"\npolicy = "方針"\nprefix = "YAMAZATO"\n'
ORDERED = {
    "YAMAZATO-K7": Clause("YAMAZATO-K7", "山里市", "7", "定期変更", "要旨", "password-rotation-and-history"),
    "YAMAZATO-K8": Clause("YAMAZATO-K8", "山里市", "8", "長さ", "要旨", "password-policy"),
}
WAIVED = 'waiver = "7号", waiver_until = 2026-09-30, otherwise_days = 90, clause = "YAMAZATO-K7"'
STRICT = {"password_with_factor": 1, "delay_after": -1, "disable_at": -1, "idle": -1, "overall": -1}
"""What a privileged ID is compared by, and which way is stricter."""


def found_in(*overlays: str, on: date = TODAY) -> list[Problem]:
    return judge(a_profile(*overlays), ORDERED, on)


def stopped(*overlays: str, on: date = TODAY) -> list[str]:
    return [problem.key for problem in found_in(*overlays, on=on) if problem.stops]


def general(rule: str) -> str:
    return f"[signin.general]\n{rule}\n"


# ---- the strictest of each ---------------------------------------------------------------------------


def test_who_works_in_no_zone_of_its_own_rules_is_held_to_the_general_ones() -> None:
    rules = a_profile().signin.resolved(["office"], privileged=False, on=TODAY)

    assert (rules.password_minimum, rules.idle, rules.overall) == (10, timedelta(minutes=30), timedelta(hours=10))
    assert (rules.rotation_days, rules.rotation_signins, rules.second_factor) == (None, None, True)


def test_a_zone_adds_to_the_general_rules_and_the_privileged_to_both() -> None:
    signin = a_profile().signin

    worked_in = signin.resolved(["office", "sealed"], privileged=False, on=TODAY)
    administered = signin.resolved(["office", "sealed"], privileged=True, on=TODAY)

    assert (worked_in.password_minimum, worked_in.idle, worked_in.delay_after) == (12, timedelta(minutes=15), 5)
    assert (administered.password_minimum, administered.idle, administered.delay_after) == (
        15,
        timedelta(minutes=10),
        3,
    )
    assert (worked_in.synced_keys, administered.synced_keys) == (True, False)
    assert (worked_in.phishing_resistant, administered.phishing_resistant) == (False, True)


def test_a_network_without_zones_has_the_general_rules() -> None:
    signin = a_profile().signin

    assert signin.resolved([""], privileged=False, on=TODAY) == signin.resolved([], privileged=False, on=TODAY)


def test_a_value_brings_the_clause_of_the_tier_it_came_from() -> None:
    profile = a_profile(
        '[signin.zones.sealed]\nidle = { value = 15, clause = "X-1" }\noverall = { value = 10, clause = "X-2" }',
        general('password_alone = { value = 20, clause = "X-3" }'),
    )

    clauses = profile.signin.resolved(["sealed"], privileged=False, on=TODAY).clauses

    assert (clauses["idle"], clauses["overall"], clauses["password_alone"]) == ("X-1", "baseline", "X-3")


def test_what_is_asked_in_a_zone_goes_with_the_zone() -> None:
    profile = a_profile('[without]\nzones = { value = ["sealed"], clause = "X-1" }')

    assert profile.signin.zones == {}


def test_rules_for_a_zone_that_is_not_there_are_a_mistake() -> None:
    with pytest.raises(ConfigurationError, match=r"body\.toml: signin\.zones\.seald: この領域は zones にありません"):
        a_profile('[signin.zones.seald]\nidle = { value = 5, clause = "baseline" }')


def test_a_zone_cannot_loosen_what_is_asked_of_everybody() -> None:
    profile = a_profile('[signin.zones.office]\nidle = { value = 60, clause = "baseline" }')

    assert profile.signin.resolved(["office"], privileged=False, on=TODAY).idle == timedelta(minutes=30)


def test_rules_with_other_values_have_another_digest_whatever_the_clause() -> None:
    def digest(text: str) -> str:
        return a_profile(text).signin.resolved([], privileged=False, on=TODAY).digest

    same = general('idle = { value = 30, clause = "X-1" }')
    longer = general('password_alone = { value = 16, clause = "baseline" }')
    assert (digest("") == digest(same), digest("") == digest(longer)) == (True, False)


numbers = {
    "password_with_factor": (LengthWithFactor, some.integers(8, 64)),
    "delay_after": (Failures, some.integers(1, 100)),
    "disable_at": (Failures, some.integers(1, 100)),
    "idle": (Minutes, some.integers(1, 60)),
    "overall": (Hours, some.integers(1, 24)),
}


@some.composite
def tiers(draw: some.DrawFn) -> Tightening:
    stated = {
        name: kind(value=draw(values), clause="baseline")
        for name, (kind, values) in numbers.items()
        if draw(some.booleans())
    }
    flags = {
        name: Flag(value=draw(some.booleans()), clause="baseline")
        for name in ("phishing_resistant", "synced_keys")
        if draw(some.booleans())
    }
    return Tightening.model_validate({**stated, **flags})


@some.composite
def signins(draw: some.DrawFn) -> Signin:
    base = a_profile().signin
    whole = General.model_validate({**dict(base.general), **_stated(draw(tiers()))})
    zones = {"sealed": draw(tiers()), "outer": draw(tiers())}
    return base.model_copy(update={"general": whole, "zones": zones, "privileged": draw(tiers())})


def _stated(tier: Tightening) -> dict[str, object]:
    return {name: rule for name, rule in tier if rule is not None}


@given(signins(), some.sets(some.sampled_from(["sealed", "outer", "office"])), some.booleans())
def test_no_tier_that_somebody_is_under_is_ever_stricter_than_the_rules_that_hold(
    signin: Signin, zones: set[str], privileged: bool
) -> None:
    rules = signin.resolved(zones, privileged=privileged, on=TODAY)
    under = [signin.general, *(signin.zones[code] for code in zones if code in signin.zones)]

    for tier in [*under, *([signin.privileged] if privileged else [])]:
        assert tier.password_with_factor is None or rules.password_with_factor >= tier.password_with_factor.value
        assert tier.delay_after is None or rules.delay_after <= tier.delay_after.value
        assert tier.disable_at is None or rules.disable_at <= tier.disable_at.value
        assert tier.idle is None or rules.idle <= timedelta(minutes=tier.idle.value)
        assert tier.overall is None or rules.overall <= timedelta(hours=tier.overall.value)
        assert tier.phishing_resistant is None or rules.phishing_resistant >= tier.phishing_resistant.value
        assert tier.synced_keys is None or rules.synced_keys <= tier.synced_keys.value


@given(signins())
def test_more_zones_and_more_power_never_make_the_rules_looser(signin: Signin) -> None:
    few, more = (signin.resolved(zones, privileged=False, on=TODAY) for zones in (["sealed"], ["sealed", "outer"]))
    most = signin.resolved(["sealed", "outer"], privileged=True, on=TODAY)

    for looser, stricter in ((few, more), (more, most)):
        assert stricter.password_minimum >= looser.password_minimum
        assert stricter.idle <= looser.idle
        assert stricter.overall <= looser.overall
        assert stricter.disable_at <= looser.disable_at


# ---- lengths and limits ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("password_alone = { value = 14,", "password_alone.value: 15 以上で書いてください"),
        ("password_with_factor = { value = 7,", "password_with_factor.value: 8 以上で書いてください"),
        ("password_alone = { value = 65,", "password_alone.value: 64 以下で書いてください"),
        ("idle = { value = 61,", "idle.value: 60 以下で書いてください"),
        ("overall = { value = 25,", "overall.value: 24 以下で書いてください"),
        ("disable_at = { value = 101,", "disable_at.value: 100 以下で書いてください"),
        ("disable_at = { value = 0,", "disable_at.value: 1 以上で書いてください"),
    ],
)
def test_what_nist_forbids_cannot_be_written_at_all(rule: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        a_profile(general(f'{rule} clause = "baseline" }}'))


@pytest.mark.parametrize("rule", ["password_alone = { value = 15,", "password_with_factor = { value = 8,"])
def test_the_shortest_that_nist_allows_may_be_written(rule: str) -> None:
    assert not stopped(general(f'{rule} clause = "baseline" }}'))


def test_the_length_that_counts_is_the_longer_one_only_without_a_second_factor() -> None:
    off = '{ value = false, waiver = "12号", waiver_until = 2026-04-30, clause = "baseline" }'
    signin = a_profile(general(f"second_factor = {off}")).signin

    assert signin.resolved([], privileged=False, on=TODAY).password_minimum == 15
    assert signin.resolved([], privileged=False, on=date(2026, 5, 1)).password_minimum == 10


def test_an_approved_key_is_an_aaguid() -> None:
    aaguid = "2fc0579f-8113-47ea-b116-bb5a8db9202a"
    table = '[signin]\napproved_keys = { value = ["%s"], clause = "baseline" }\n'

    assert a_profile(table % aaguid.upper()).signin.approved_keys.value == (aaguid,)
    with pytest.raises(ConfigurationError, match="のような AAGUID を書いてください"):
        a_profile(table % "YubiKey 5")


# ---- a second factor, and its waiver -------------------------------------------------------------------


def test_a_second_factor_is_given_up_only_by_a_waiver_and_only_until_its_end() -> None:
    rule = SecondFactor(value=False, waiver="12号", waiver_until=date(2026, 4, 30), clause="baseline")

    assert [rule.effective(day) for day in (date(2026, 4, 30), date(2026, 5, 1))] == [False, True]


@pytest.mark.parametrize(
    "rule",
    [
        '{ value = false, clause = "baseline" }',
        '{ value = true, waiver = "12号", waiver_until = 2026-04-30, clause = "baseline" }',
        '{ value = false, waiver = "12号", clause = "baseline" }',
        '{ value = false, waiver_until = 2026-04-30, clause = "baseline" }',
    ],
)
def test_half_a_waiver_is_none(rule: str) -> None:
    with pytest.raises(ConfigurationError, match=r"signin\.general\.second_factor: .*waiver"):
        a_profile(general(f"second_factor = {rule}"))


def test_a_waiver_for_everybody_leaves_a_zone_its_second_factor() -> None:
    off = '{ value = false, waiver = "12号", waiver_until = 2026-04-30, clause = "baseline" }'
    on = '[signin.zones.sealed]\nsecond_factor = { value = true, clause = "baseline" }'
    signin = a_profile(general(f"second_factor = {off}"), on).signin

    assert [signin.resolved(zones, privileged=False, on=TODAY).second_factor for zones in ([], ["sealed"])] == [
        False,
        True,
    ]


# ---- rotation -----------------------------------------------------------------------------------------


def test_rotation_is_off_unless_asked_for() -> None:
    assert a_profile().signin.general.rotation.effective(TODAY) == (RotationMode.OFF, None)


@pytest.mark.parametrize(
    ("rule", "days", "signins"),
    [('mode = "days", every = 90', 90, None), ('mode = "signins", every = 100', None, 100)],
)
def test_rotation_counts_days_or_signins(rule: str, days: int | None, signins: int | None) -> None:
    signin = a_profile(general(f'rotation = {{ {rule}, clause = "X-1" }}')).signin
    rules = signin.resolved([], privileged=False, on=TODAY)

    assert (rules.rotation_days, rules.rotation_signins) == (days, signins)
    assert "X-1" in rules.clauses.values()


def test_the_shortest_rotation_of_each_kind_holds() -> None:
    signin = a_profile(
        general('rotation = { mode = "days", every = 90, clause = "X-1" }'),
        '[signin.zones.sealed]\nrotation = { mode = "signins", every = 50, clause = "X-2" }',
        '[signin.privileged]\nrotation = { mode = "days", every = 60, clause = "X-3" }',
    ).signin
    rules = signin.resolved(["sealed"], privileged=True, on=TODAY)

    assert (rules.rotation_days, rules.rotation_signins) == (60, 50)
    assert (rules.clauses["rotation_days"], rules.clauses["rotation_signins"]) == ("X-3", "X-2")


def test_an_expired_waiver_restores_the_period_of_the_clause_by_itself() -> None:
    signin = a_profile(BODY, general(f'rotation = {{ mode = "off", {WAIVED} }}')).signin

    assert [
        signin.resolved([], privileged=False, on=day).rotation_days for day in (date(2026, 9, 30), date(2026, 10, 1))
    ] == [None, 90]


@pytest.mark.parametrize(
    "rule",
    [
        'mode = "days"',
        'mode = "off", every = 90',
        'mode = "days", every = 90, otherwise_days = 60',
        'mode = "days", every = 90, waiver = "7号", waiver_until = 2026-09-30',
        'mode = "off", waiver = "7号", waiver_until = 2026-09-30',
        'mode = "off", waiver = "7号", otherwise_days = 90',
        'mode = "monthly", every = 1',
        'mode = "days", every = 0',
    ],
)
def test_half_a_rotation_is_a_mistake(rule: str) -> None:
    with pytest.raises(ConfigurationError, match=r"signin\.general\.rotation"):
        a_profile(general(f'rotation = {{ {rule}, clause = "baseline" }}'))


def test_no_rotation_against_a_clause_that_orders_one_stops_go_live() -> None:
    (problem,) = found_in(BODY)

    assert (problem.key, problem.clause, problem.stops) == ("signin.general.rotation", "YAMAZATO-K7", True)
    assert "例外措置" in problem.message


def test_the_clause_of_another_body_orders_nothing() -> None:
    assert stopped(BODY.replace("YAMAZATO", "UMIBE")) == []


@pytest.mark.parametrize("rule", ['mode = "days", every = 90, clause = "YAMAZATO-K7"', f'mode = "off", {WAIVED}'])
def test_rotation_or_a_live_waiver_keeps_such_a_clause(rule: str) -> None:
    shorter = '[signin.privileged]\nrotation = { mode = "days", every = 60, clause = "baseline" }'

    assert found_in(BODY, general(f"rotation = {{ {rule} }}"), shorter) == []


def test_an_expired_waiver_is_pointed_out_and_stops_nothing() -> None:
    shorter = '[signin.privileged]\nrotation = { mode = "days", every = 60, clause = "baseline" }'
    later = found_in(BODY, general(f'rotation = {{ mode = "off", {WAIVED} }}'), shorter, on=date(2026, 10, 1))

    assert [(problem.key, problem.stops) for problem in later] == [("signin.general.rotation", False)]


@pytest.mark.parametrize(
    "own", ["", '[signin.privileged]\nrotation = { mode = "days", every = 90, clause = "baseline" }']
)
def test_privileged_ids_that_rotate_no_more_often_than_staff_stop_go_live(own: str) -> None:
    staff = general('rotation = { mode = "days", every = 90, clause = "baseline" }')

    assert stopped(staff, own) == ["signin.privileged.rotation"]


# ---- privileged is stricter (R15) ----------------------------------------------------------------------


@given(signins())
def test_nobody_goes_live_unless_the_privileged_are_stricter_than_everyone_in_everything(signin: Signin) -> None:
    profile: Profile = a_profile().model_copy(update={"signin": signin})
    refused = [problem for problem in judge(profile, {}, TODAY) if problem.stops]
    stops = {problem.key for problem in refused if "より厳しくありません" in problem.message}
    staff = [signin.general, *signin.zones.values()]

    for name, way in STRICT.items():
        own = getattr(signin.privileged, name)
        others = [way * rule.value for tier in staff if (rule := getattr(tier, name)) is not None]
        stricter = own is not None and way * own.value > max(others)
        assert stricter == (f"signin.privileged.{name}" not in stops)


@pytest.mark.parametrize(
    "rule",
    [
        "password_with_factor = { value = 12,",
        "delay_after = { value = 5,",
        "disable_at = { value = 50,",
        "idle = { value = 15,",
        "overall = { value = 10,",
    ],
)
def test_a_privileged_id_as_strong_as_staff_is_refused_with_the_value_to_exceed(rule: str) -> None:
    (problem,) = found_in(f'[signin.privileged]\n{rule} clause = "baseline" }}')

    assert (problem.key, problem.stops) == (f"signin.privileged.{rule.partition(' ')[0]}", True)
    assert "より厳しくありません" in problem.message


@pytest.mark.parametrize(("name", "value", "staff"), [("idle", 16, 60), ("overall", 13, 24)])
def test_a_privileged_session_longer_than_aal3_stops_go_live(name: str, value: int, staff: int) -> None:
    loose = f'[signin.general]\n{name} = {{ value = {staff}, clause = "baseline" }}\n'
    looser = f'[signin.zones.sealed]\n{name} = {{ value = {staff}, clause = "baseline" }}\n'
    own = f'[signin.privileged]\n{name} = {{ value = {value}, clause = "baseline" }}'

    assert stopped(loose, looser, own) == [f"signin.privileged.{name}"]


# ---- limits that do not fit each other, and posts --------------------------------------------------------


def test_a_session_that_ends_before_it_warns_stops_go_live() -> None:
    assert stopped('[signin.privileged]\nidle = { value = 2, clause = "baseline" }') == ["signin.privileged.idle"]


def test_an_authenticator_that_is_disabled_before_it_is_slowed_stops_go_live() -> None:
    assert stopped('[signin.privileged]\ndisable_at = { value = 3, clause = "baseline" }') == [
        "signin.privileged.disable_at"
    ]


def test_a_role_without_a_post_of_the_directory_is_pointed_out() -> None:
    (problem,) = found_in(
        '[titles."人事"]\nstate = "assigned"\npost = "総務課長"\nroles = ["hr_officer"]\nclause = "baseline"'
    )

    assert (problem.key, problem.stops) == ('titles."人事".held_by', False)


def test_a_title_that_waits_for_a_holder_names_no_posts() -> None:
    with pytest.raises(ConfigurationError, match="held_by"):
        a_profile('[titles."人事"]\nstate = "unmapped"\nheld_by = [{ title = ["K1"] }]\nclause = "baseline"')


def test_a_post_without_any_pattern_is_a_mistake() -> None:
    held = 'state = "assigned"\npost = "総務課長"\nheld_by = [{ }]\nclause = "baseline"'
    with pytest.raises(ConfigurationError, match="少なくとも一方"):
        a_profile(f'[titles."人事"]\n{held}')


def test_a_post_fits_by_the_codes_of_unit_and_title_while_they_mean_it() -> None:
    held = 'held_by = [{ org = ["02*"], title = ["03?", "040"], valid_until = 2027-03-31 }]'
    profile = a_profile(f'[titles."人事"]\nstate = "assigned"\npost = "課長"\n{held}\nclause = "baseline"')
    title = profile.title("人事")
    assert title
    (pattern,) = title.held_by

    assert [pattern.fits(org, code, TODAY) for org, code in (("0203", "031"), ("0203", "050"), ("0103", "031"))] == [
        True,
        False,
        False,
    ]
    assert not pattern.fits("0203", "031", date(2027, 4, 1))


def test_rotation_never_forgets_what_it_is_off_against() -> None:
    rule = Rotation(mode=RotationMode.OFF, otherwise_days=90, clause="X-1")

    assert rule.effective(TODAY) == (RotationMode.DAYS, 90)
