"""The access model: read whole, or every mistake at once."""

import pytest

from iam.access.model import AccessModel, Birthright
from iam.errors import ConfigurationError
from tests.bodies import MODEL


def mistakes(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        AccessModel.parse(text, "access.toml")
    assert all(problem.startswith("access.toml: ") for problem in caught.value.problems)
    return "\n".join(caught.value.problems)


def test_a_good_model_is_read() -> None:
    model = AccessModel.parse(MODEL, "access.toml")
    assert model.systems["gw"].entitlements["mail"].name == "メール"
    assert [rule.id for rule in model.birthright][:2] == ["all", "soumu"]


def test_every_mistake_of_meaning_is_told_at_once() -> None:
    found = mistakes(
        """
        [systems.gw]
        name = "グループウェア"
        owner = "情報政策課"
        naming = "{number}"
        [systems.gw.attributes]
        cn = "{full_name}"
        ou = "{org_name"
        [[birthright]]
        id = "a"
        clause = "baseline"
        system = "mail"
        [[birthright]]
        id = "a"
        clause = "baseline"
        system = "gw"
        entitlements = ["admin"]
        """
    )
    for words in ("{number}", "{full_name}", "閉じていません", "「mail」がありません", "重複", "「admin」"):
        assert words in found


def test_every_mistake_of_form_is_told_at_once() -> None:
    found = mistakes(
        """
        [systems.gw]
        name = "グループウェア"
        onwer = "情報政策課"
        [[birthright]]
        id = "a"
        system = "gw"
        post = "main"
        """
    )
    for words in ("systems.gw.owner", "systems.gw.onwer", "birthright.0.clause", "birthright.0.post"):
        assert words in found


def test_what_is_not_toml_is_told_with_its_file() -> None:
    assert "TOML" in mistakes("[systems")


def test_what_the_profile_does_not_know_is_told() -> None:
    model = AccessModel.parse(MODEL, "access.toml")
    found = "\n".join(model.unknown(zones=["lgwan"], categories=["part_time"], clauses=[]))
    assert "「mnu」" in found
    assert "「regular」" in found
    assert not model.unknown(zones=["lgwan", "mnu"], categories=["regular"], clauses=[])


@pytest.mark.parametrize(
    ("rule", "covered"),
    [
        ({}, True),
        ({"org": ("01*",)}, True),
        ({"org": ("02*", "0101")}, True),
        ({"org": ("02*",)}, False),
        ({"title": ("01",), "category": ("regular",)}, True),
        ({"title": ("01",), "category": ("other",)}, False),
        ({"post": "primary"}, True),
        ({"post": "concurrent"}, False),
    ],
)
def test_an_empty_condition_means_any_and_all_of_them_must_hold(rule: dict[str, object], covered: bool) -> None:
    birthright = Birthright.model_validate({"id": "a", "clause": "baseline", "system": "gw", **rule})
    assert birthright.covers(org_code="0101", title_code="01", category="regular", concurrent=False) is covered


def test_the_digest_changes_with_anything_in_the_model() -> None:
    models = [MODEL, MODEL.replace('"メール"', '"電子メール"'), MODEL.replace('org = ["01*"]', 'org = ["02*"]')]
    assert len({AccessModel.parse(text, "access.toml").digest for text in models}) == 3


def test_a_privileged_right_is_no_birthright() -> None:
    text = MODEL.replace('kacho = { name = "課長" }', 'kacho = { name = "課長", privileged = true }')
    assert "「kacho」は特権（privileged）のため、標準付与にできません" in mistakes(text)
