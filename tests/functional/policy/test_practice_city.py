"""The policy of さくら市, the invented city: nothing left open, and somebody for every role."""

from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from iam.policy.checking import check
from iam.policy.loading import load
from iam.policy.profile import Profile, Role
from iam.settings import load as load_settings
from web.practice.body import SEED, people, write_practice_body
from web.practice.careers import TITLES

TODAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("city")
    write_practice_body(made, staff=1200, today=TODAY, origin="http://localhost:9999", mail_port=2525)
    return made


@pytest.fixture(scope="module")
def profile(folder: Path) -> Profile:
    return load(folder / "さくら市.toml")


def holders(profile: Profile, on: date) -> dict[Role, set[str]]:
    """Who holds which role by a primary post that is in force."""
    found = defaultdict(set)
    for one in people(1200, SEED, TODAY):
        posts = [row for row in one.appointments if row.unit and row.valid_from <= on and not row.concurrent]
        for role in Role:
            title = profile.holder(role)
            if posts and posts[-1].unit and title:
                code, rank = posts[-1].unit.code, TITLES[posts[-1].title]
                if any(pattern.fits(code, rank, on) for pattern in title.held_by):
                    found[role].add(one.number)
    return found


def test_nothing_is_left_open(profile: Profile) -> None:
    assert check(profile, TODAY) == []


def test_somebody_holds_every_role_and_those_who_must_differ_do(profile: Profile) -> None:
    found = holders(profile, TODAY)

    assert all(found[role] for role in Role)
    one_each = [Role.GENERAL_OFFICER, Role.HR_OFFICER, Role.AUDITOR, Role.TERMINAL_OFFICER]
    assert [len(found[role]) for role in one_each] == [1] * len(one_each)
    assert len(set.union(*(found[role] for role in one_each), found[Role.APPROVER])) == len(one_each) + 2
    assert not found[Role.OPERATOR] & found[Role.AUDITOR]


def test_on_the_day_of_the_reorganisation_no_role_goes_with_the_code_of_a_section(profile: Profile) -> None:
    title = profile.holder(Role.GENERAL_OFFICER)
    assert title
    fits = {
        (code, day): any(pattern.fits(code, "030", day) for pattern in title.held_by)
        for code in ("020300", "140100")
        for day in (date(2027, 3, 31), date(2027, 4, 1))
    }

    assert [each for each, held in fits.items() if held] == [
        ("020300", date(2027, 3, 31)),
        ("140100", date(2027, 4, 1)),
    ]


def test_the_portal_is_opened_where_it_was_said(folder: Path) -> None:
    settings = load_settings(folder / "iam.toml", {})

    assert settings.portal
    assert settings.mail
    assert (settings.portal.origin, settings.portal.address) == ("http://localhost:9999", ("127.0.0.1", 9999))
    assert settings.mail.port == 2525
