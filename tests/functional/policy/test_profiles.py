"""The profiles and clauses that come with the product, and a body's own file on top of them."""

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import permutations
from pathlib import Path

import pytest

from iam.access.places.networks import Networks
from iam.errors import ConfigurationError, NotFound
from iam.policy.checking import check
from iam.policy.cited import BASELINE
from iam.policy.clauses import clause, clauses_of, shipped
from iam.policy.loading import bodies, load
from iam.policy.profile import REQUIRED_ROLES, Role, TitleState
from iam.policy.rules import diff, rules
from tests.functional.policy.given import MAPPED, written

TODAY = date(2026, 4, 1)
TREE = Path(__file__).parents[3]
PREFIXES = {
    "baseline": "",
    "oita": "OITA",
    "matsumoto": "MATSU",
    "chofu": "CHOFU",
    "aso": "ASO",
    "yamaga": "YAMA",
}
UNDEFINED_IN_OITA = {
    "最高データ取扱責任者",
    "データ取扱責任者",
    "情報システム管理者",
    "情報セキュリティ管理者",
    "データ保護管理者",
}


def test_baseline_and_the_five_bodies_come_with_the_product() -> None:
    assert bodies() == ["baseline", "aso", "chofu", "matsumoto", "oita", "yamaga"]


@pytest.mark.parametrize("name", PREFIXES)
def test_every_profile_loads(name: str) -> None:
    profile = load(name)

    assert profile.body.prefix == PREFIXES[name]
    assert profile.zone("").label
    assert profile.category("regular").is_staff


@pytest.mark.parametrize("name", PREFIXES)
def test_every_cited_clause_exists_and_is_the_bodys_own(name: str) -> None:
    cited = {rule.clause for rule in rules(load(name))} - {BASELINE}

    assert {clause(clause_id).prefix for clause_id in cited} <= {PREFIXES[name]}


@pytest.mark.parametrize("name", PREFIXES)
def test_nothing_but_unmapped_titles_stands_between_a_shipped_profile_and_going_live(name: str) -> None:
    profile = load(name)
    unmapped = {f'titles."{title.name}"' for title in profile.titles if title.state is TitleState.UNMAPPED}

    assert unmapped
    assert {problem.key for problem in check(profile, TODAY) if problem.stops} == unmapped


def test_the_five_titles_that_oita_never_defines_stop_go_live() -> None:
    stops = {problem.key for problem in check(load("oita"), TODAY) if problem.stops}

    assert stops == {f'titles."{title}"' for title in UNDEFINED_IN_OITA}


@pytest.mark.parametrize("name", PREFIXES)
def test_a_shipped_profile_is_asked_for_the_posts_of_its_holders_and_nothing_else(name: str) -> None:
    others = [problem.key for problem in check(load(name), TODAY) if not problem.stops]

    assert all(key.endswith(".held_by") for key in others)


def test_a_body_that_has_mapped_its_titles_may_go_live(tmp_path: Path) -> None:
    profile = load(written(tmp_path, MAPPED))

    assert [problem for problem in check(profile, TODAY) if problem.stops] == []
    assert all(profile.holder(role) for role in REQUIRED_ROLES)
    approver = profile.holder(Role.APPROVER)
    assert approver
    assert approver.post == "広域連合事務局長"


def test_a_body_without_zones_loads_and_works() -> None:
    aso = load("aso")

    assert aso.zones == ()
    assert aso.zone("").dormancy_days.value == 90
    assert aso.zone("").clause == "ASO-K6.3"
    with pytest.raises(NotFound, match="定義済み: なし"):
        aso.zone(load("oita").zones[0].code)


def test_in_chofu_every_system_that_nobody_placed_is_in_the_residual_zone() -> None:
    chofu = load("chofu")

    assert [zone for zone in chofu.zones if zone.residual] == [chofu.zone("")]


@pytest.mark.parametrize("name", PREFIXES)
def test_a_secondment_in_needs_its_home_body_and_its_return_date(name: str) -> None:
    seconded = load(name).category("seconded_in")

    assert seconded.needs_home_body
    assert seconded.default_end == "required"


def test_every_profile_has_rules_of_its_own() -> None:
    assert len({load(name).digest for name in bodies()}) == len(bodies())


@pytest.mark.parametrize(
    ("left", "right", "key", "values"),
    [
        ("matsumoto", "oita", "zones.lgwan", ("LGWAN接続系（情報ブロードウェイながのを含む）", "なし")),
        ("matsumoto", "oita", "zones.std", (None, "標準システム接続系")),
        ("chofu", "yamaga", "zones.lgwan", ("LGWAN接続系（他の領域に当たらないもの全部）", "LGWAN接続系")),
        ("oita", "aso", "zones.mnu", ("マイナンバー利用事務系", "なし")),
        ("oita", "aso", "categories.temporary", ("臨時職員（終了日が必要）", "なし")),
        ("oita", "aso", "categories.temporary_appointment", ("なし", "臨時的任用職員（終了日が必要）")),
        ("matsumoto", "chofu", "categories.part_time", ("なし", "非常勤職員（終期なし）")),
        ("matsumoto", "chofu", "parameters_confidential", ("公開しない", "制限なし")),
        ("chofu", "yamaga", "titles.ソーシャルメディアサービスごとのアカウント管理者", ("未定", None)),
        (
            "oita",
            "yamaga",
            "titles.統括情報セキュリティ責任者",
            ("広域連合事務局次長を充てる（役割: 統括）", "未定（役割: 統括）"),
        ),
    ],
)
def test_the_known_differences_between_the_bodies_are_found(
    left: str, right: str, key: str, values: tuple[str | None, str | None]
) -> None:
    found = {difference.key: difference for difference in diff(load(left), load(right))}[key]

    assert (found.left and found.left.value, found.right and found.right.value) == values
    cited = [rule.clause for rule in (found.left, found.right) if rule]
    assert any(clause_id != BASELINE for clause_id in cited)


def test_the_clauses_are_paraphrased_and_answered_by_a_control() -> None:
    assert len(shipped()) == 332
    assert all(one.title and one.paraphrase and one.control and one.body for one in shipped().values())


def test_an_unknown_clause_is_said_to_be_unknown() -> None:
    with pytest.raises(NotFound, match="OITA-S99"):
        clause("OITA-S99")


def test_a_body_may_cite_clauses_of_its_own_file(tmp_path: Path) -> None:
    written(
        tmp_path,
        "id,body,section,title_ja,paraphrase_ja,control\nYAMAZATO-K1,山里市,1,定義,用語,scope-registry\n",
        "条項.csv",
    )
    body = written(
        tmp_path,
        """
        extends = "yamaga"
        [body]
        name = "山里市"
        kind = "市"
        policy = "情報セキュリティ方針"
        prefix = "YAMAZATO"
        clauses = "条項.csv"
        [accounts]
        retention_days = { value = 730, clause = "YAMAZATO-K1" }
        """,
    )

    profile = load(body)

    assert clauses_of(profile)["YAMAZATO-K1"].title == "定義"
    assert "accounts.retention_days" not in {problem.key for problem in check(profile, TODAY)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,body\n", "1行目を id,body,section,title_ja,paraphrase_ja,control としてください"),
        ("id,body,section,title_ja,paraphrase_ja,control\nA-1,a\n", "2行目: 列が6つではありません"),
        ("id,body,section,title_ja,paraphrase_ja,control\nA-1,a,1,t,p,c\nA-1,a,1,t,p,c\n", "「A-1」が二度"),
        ("id,body,section,title_ja,paraphrase_ja,control\nASO-K3,a,1,t,p,c\n", "製品の条項一覧にもあります"),
        ('id,body,section,title_ja,paraphrase_ja,control\n"A-1,a\n', "CSVとして読めません"),
    ],
)
def test_a_bad_file_of_clauses_is_named_with_its_line_and_cure(tmp_path: Path, text: str, said: str) -> None:
    written(tmp_path, text, "条項.csv")
    own = '[body]\nname = "市"\nkind = "市"\npolicy = "方針"\nprefix = "A"\nclauses = "条項.csv"\n'
    profile = load(written(tmp_path, 'extends = "baseline"\n' + own))

    with pytest.raises(ConfigurationError, match=said) as caught:
        check(profile, TODAY)

    assert caught.value.problems[0].startswith(f"{tmp_path / '条項.csv'}: ")


def test_a_missing_file_of_clauses_is_named(tmp_path: Path) -> None:
    own = '[body]\nname = "市"\nkind = "市"\npolicy = "方針"\nclauses = "ない.csv"\n'
    profile = load(written(tmp_path, 'extends = "baseline"\n' + own))

    with pytest.raises(ConfigurationError, match=r"ない\.csv: 読み取れません"):
        check(profile, TODAY)


def test_a_body_may_extend_another_of_its_own_files(tmp_path: Path) -> None:
    written(tmp_path, MAPPED, "広域.toml")
    body = written(
        tmp_path, 'extends = "広域.toml"\n[accounts]\nretention_days = { value = 400, clause = "OITA-S8.2.1.2a" }'
    )

    assert load(str(body)).accounts.retention_days.value == 400


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('extends = "body.toml"', "継承が循環しています"),
        ('extends = "nobody"', "プロファイル「nobody」はありません。baseline、aso、"),
        ("extends = 3", "引用符で囲んで"),
        ('extends = "ない.toml"', "ファイルがありません"),
        ('extends = "baseline"\nx = = 1', "2行5桁でTOMLとして読めなくなりました"),
    ],
)
def test_a_chain_that_cannot_be_read_is_explained(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        load(written(tmp_path, text))


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(ConfigurationError, match="oita、yamaga"):
        load("osaka")


def test_a_profile_that_stands_alone_must_be_whole(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(written(tmp_path, '[body]\nname = "市"\nkind = "市"\npolicy = "方針"'))

    missing = {problem.split(": ")[1] for problem in caught.value.problems}
    assert {"parameters_confidential", "default_zone", "network", "guard", "accounts", "privileged"} <= missing


def test_loading_a_profile_reads_each_file_of_its_chain_once_and_no_clauses(tmp_path: Path) -> None:
    body = written(
        tmp_path, 'extends = "oita"\n[body]\nname = "市"\nkind = "市"\npolicy = "方針"\nclauses = "ない.csv"\n'
    )
    with opened_files() as opened:
        load(body)

    assert sorted(path.name for path in opened) == ["baseline.toml", "body.toml", "oita.toml"]


@contextmanager
def opened_files() -> Iterator[list[Path]]:
    """The files that are opened for reading or writing within the block, folders aside."""
    opened: list[Path] = []
    watching = True

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event == "open" and isinstance(arguments[0], str):
            opened.append(Path(arguments[0]))

    sys.addaudithook(watch)  # it stays for the life of the process, and is deaf after the block
    try:
        yield opened
    finally:
        watching = False


def words_in(path: Path) -> Iterator[str]:
    """The texts that a program compares or prints: every string constant but the docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value


def test_no_zone_of_any_body_is_named_in_the_code() -> None:
    zones = [zone for name in bodies() for zone in load(name).zones]
    codes, labels = {zone.code for zone in zones}, {zone.label for zone in zones}
    programs = [path for floor in ("iam", "connectors", "web") for path in (TREE / floor).rglob("*.py")]

    named = [
        f"{path.relative_to(TREE)}: {word}"
        for path in programs
        if "practice" not in path.parts  # an invented body's files, written by a program
        for word in words_in(path)
        if word in codes or any(label in word for label in labels)
    ]

    assert programs
    assert named == []


# ---- signing in ------------------------------------------------------------------------------------------

PARAMETERS: dict[str, dict[str, object]] = {
    "general": {
        "second_factor": True, "password_alone": 15, "password_with_factor": 10, "delay_after": 5, "disable_at": 50,
        "idle": 30, "overall": 10, "temporary_life": 72, "totp_previous_step": True,
    },
    "sealed": {
        "second_factor": True, "password_with_factor": 12, "disable_at": 30, "idle": 15, "overall": 9,
        "temporary_life": 24, "totp_previous_step": False,
    },
    "privileged": {
        "second_factor": True, "phishing_resistant": True, "synced_keys": False, "password_with_factor": 15,
        "delay_after": 3, "disable_at": 10, "idle": 10, "overall": 4, "temporary_life": 8,
    },
}  # fmt: skip
"""What each tier asks, whatever body; `sealed` is the zone for My Number work."""


@pytest.mark.parametrize("name", PREFIXES)
def test_every_body_asks_the_same_of_signing_in_whatever_clause_is_behind_it(name: str) -> None:
    signin = load(name).signin
    tiers = {"general": signin.general, "privileged": signin.privileged}
    tiers |= dict(zip(["sealed"], signin.zones.values(), strict=False))

    found = {tier: {key: getattr(tiers[tier], key).value for key in PARAMETERS[tier]} for tier in tiers}
    assert found == {tier: PARAMETERS[tier] for tier in tiers}
    assert (signin.reauthentication.value, signin.clock_offset.value, signin.temporary_code_life.value) == (5, 1, 24)


def test_only_the_body_without_zones_asks_nothing_of_a_zone() -> None:
    assert [name for name in PREFIXES if not load(name).signin.zones] == ["aso"]


@pytest.mark.parametrize("name", ["oita", "matsumoto", "chofu", "yamaga"])
def test_two_kinds_of_factor_stand_on_the_bodys_own_clause_where_it_has_one(name: str) -> None:
    profile = load(name)
    (zone,) = profile.signin.zones
    factor = profile.signin.zones[zone].second_factor

    assert factor
    assert (clause(factor.clause).prefix, clause(factor.clause).control) == (PREFIXES[name], "mfa-enforcement")


def test_rotation_is_on_only_where_a_clause_orders_it() -> None:
    rotating = {name: load(name).signin.general.rotation for name in PREFIXES}
    on = {name: rule for name, rule in rotating.items() if rule.effective(TODAY)[1]}

    assert {name: clause(rule.clause).control for name, rule in on.items()} == {"oita": "password-rotation-and-history"}


def test_a_body_may_set_the_order_aside_until_a_day_and_it_comes_back_by_itself(tmp_path: Path) -> None:
    waived = (
        '[signin.general]\nrotation = { mode = "off", waiver = "例外措置7号", waiver_until = 2026-09-30, '
        'otherwise_days = 90, clause = "OITA-S7.4.3.5" }\n'
    )
    profile = load(written(tmp_path, MAPPED + waived))
    days = [profile.signin.resolved([], privileged=False, on=day).rotation_days for day in (TODAY, date(2026, 10, 1))]

    assert [problem for problem in check(profile, TODAY) if problem.stops] == []
    assert days == [None, 90]


def test_an_order_that_is_neither_kept_nor_set_aside_stops_go_live(tmp_path: Path) -> None:
    off = '[signin.general]\nrotation = { mode = "off", clause = "OITA-S7.4.3.5" }\n'
    (problem,) = [each for each in check(load(written(tmp_path, MAPPED + off)), TODAY) if each.stops]

    assert (problem.key, problem.clause) == ("signin.general.rotation", "OITA-S7.4.3.5")


# ---- coming into a system --------------------------------------------------------------------------------

SEALED = ("deny", "deny", "deny")
"""What every body with a zone for My Number work asks there: of unknown terminals, from outside, by public lines."""

ENTRIES: dict[str, tuple[str, dict[str, str]]] = {
    "oita": ("flows", {"unregistered": "OITA-S8.1.19.1", "outside": "OITA-K6.3.1", "across": "OITA-S5.1.1"}),
    "matsumoto": ("none", {"outside": "MATSU-K6.3.1", "public": "MATSU-K6.3.1", "across": "MATSU-K6.3.1"}),
    "chofu": ("none", {"outside": "CHOFU-K8.3.1", "public": "CHOFU-K8.3.1", "across": "CHOFU-K8.3.1"}),
    "yamaga": ("none", {"outside": "YAMA-K6.3.1", "public": "YAMA-K6.3.1", "across": "YAMA-K6.3.1"}),
}
"""From which other zones one comes into that zone, and the clauses of the body behind it."""


@pytest.mark.parametrize("name", ENTRIES)
def test_the_zone_for_my_number_is_shut_to_what_nobody_knows_by_the_bodys_own_clauses(name: str) -> None:
    profile = load(name)
    (sealed,) = profile.entry.zones
    found, others = profile.entry.resolved([sealed]), profile.entry.resolved([])

    across, clauses = ENTRIES[name]
    assert (found.unregistered, found.outside, found.public, found.across) == (*SEALED, across)
    assert clauses.items() <= found.clauses.items()
    assert (others.unregistered, others.outside, others.across) == ("step_up", "permission", "flows")


def test_oita_permits_from_outside_and_by_public_lines_under_a_clause_each() -> None:
    clauses = load("oita").entry.resolved([]).clauses
    assert (clauses["outside"], clauses["public"]) == ("OITA-S8.2.2.1", "OITA-S8.2.2.7")


def test_a_body_without_zones_asks_what_is_asked_everywhere() -> None:
    profile = load("aso")
    assert (profile.zones, profile.entry.zones) == ((), {})
    assert profile.entry.resolved([profile.default_zone.code]) == profile.entry.resolved([])


@pytest.mark.parametrize("name", PREFIXES)
def test_every_zone_of_every_body_can_be_placed_and_led_into(name: str) -> None:
    zones = [zone.code for zone in load(name).zones]
    networks = "".join(
        f'[[networks]]\nname = "{at}"\naddresses = ["10.{at}.0.0/16"]\n' + f'zone = "{zone}"\n' * bool(zone)
        for at, zone in enumerate(zones or [""])
    )
    flows = "".join(
        f'[[flows]]\nfrom = "{one}"\nto = "{other}"\npurpose = "x"\nclause = "baseline"\n'
        for one, other in permutations(zones, 2)
    )
    found = Networks.parse(networks + flows, "network.toml")

    assert found.misfits(zones=zones, systems={}, clauses=()) == []
    assert [found.place_of(f"10.{at}.0.1").zone for at in range(len(zones) or 1)] == (zones or [""])
    assert all(found.flow(one, other, "any") for one, other in permutations(zones, 2))
