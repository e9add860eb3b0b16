"""Letters that did not arrive, for whoever runs the house."""

import pytest

from iam import outbox
from iam.outbox import Outcome, Topic
from iam.policy.profile import Role
from tests.functional.site.given import City
from tests.functional.site.officer.desk import an_officer
from tests.functional.site.portal.members import Member

PAGE = "/office/letters"


def test_what_failed_is_listed_with_whom_why_and_how_often(city: City) -> None:
    member, other = Member.of(city), Member.of(city, 1)
    with city.store.act("test") as act:
        outbox.write(act, member.id, "not an address", Topic.SIGNIN_UNLOCKED, {"at": act.at})
        outbox.write(act, other.id, "b@example.jp", Topic.TOKEN_LENT, {"at": act.at, "serial": "SN-9"})
        outbox.write(act, other.id, "c@example.jp", Topic.TOKEN_LENT, {"at": act.at, "serial": "SN-8"})
        outbox.write(act, other.id, "d@example.jp", Topic.TOKEN_LENT, {"at": act.at, "serial": "SN-7"})
    with city.store.act("test") as act:
        first, second, third = (outbox.claim(act) for _ in range(3))
        assert first
        assert second
        assert third
        outbox.settle(act, first, Outcome.FAILED, "550 no such user <b>")
        outbox.postpone(act, second, "接続できません")
        outbox.settle(act, third, Outcome.SENT)
    page = an_officer(city, Role.OPERATOR).browser.get(PAGE).text
    for told in ("not an address", "宛先の誤り", "b@example.jp", "送信できず", "550 no such user &lt;b&gt;",
                 "c@example.jp", "送り直し中", "接続できません", "1回試した"):  # fmt: skip
        assert told in page
    assert "d@example.jp" not in page
    assert "SN-9" not in page  # its words are its reader's alone
    assert f'href="/office/people/{member.id}"' in page


def test_nothing_failed_is_said_too(city_sqlite: City) -> None:
    assert "届いていないメールはありません" in an_officer(city_sqlite, Role.AUDITOR).opens(PAGE)


@pytest.mark.parametrize("role", [Role.HR_OFFICER, Role.APPROVER, Role.SYSTEM_OWNER, None])
def test_others_read_none(city_sqlite: City, role: Role | None) -> None:
    assert city_sqlite.somebody(role).get(PAGE).status_code == 403
