"""Answering and signing a review by keyboard alone, as the owner of a system, 人事 and the general officer do."""

from dataclasses import replace
from typing import Final

from playwright.sync_api import Page

from iam.people.ledger import people
from iam.policy.profile import Role
from iam.review.deciding.reviewers import answerers
from tests.browser.city import City
from tests.browser.hands import Hands
from tests.browser.keyboard import press, tab_to
from web.practice.portal.reviewed import ROGUE, SHARED, TEST

SYSTEM: Final = "juki"
LIST: Final = "IDの一覧"


def owner_of(city: City, page: Page) -> Hands:
    """Whoever owns the system, just signed in."""
    with city.store.read() as connection:
        owners = answerers(connection, city.door, [SYSTEM], city.store.clock()).owners[SYSTEM]
        (owner, *_) = people(connection, owners)
    city.signed_in(page, replace(city.cast.one(Role.SYSTEM_OWNER), number=owner.staff_number, name=owner.name))
    return Hands(city, page)


def chooses(hands: Hands, group: str, *, down: int = 0) -> None:
    """One of a group of radio buttons, the first or so many below it."""
    first = hands.page.get_by_role("group", name=group).get_by_role("radio").first
    tab_to(hands.page, first)
    hands.page.keyboard.press("Space")
    for _ in range(down):
        hands.page.keyboard.press("ArrowDown")


def answers_the_page(hands: Hands, title: str, verdict: str, *, which: int) -> None:
    """The form below a list."""
    press(hands.page, hands.page.get_by_role("link", name="まとめて回答する欄へ"))
    chooses(hands, "対象", down=which)
    chooses(hands, verdict)
    hands.types("理由", "名簿と業務の分担で確かめました")
    hands.presses("回答する", then=title)


def answers_one_by_one(owner: Hands, here: str) -> None:
    """What is nobody's own: one goes, the others get a keeper."""
    for login, down in ((ROGUE, 1), (SHARED, 3), (TEST, 3)):
        owner.opens(f"{here}/lines?q={login}", LIST)
        owner.follows(login, then=login)
        chooses(owner, "判定", down=down)
        if down > 1:
            owner.types("職員番号", owner.city.cast.one(Role.OPERATOR).number)
        owner.types("理由", "窓口の端末で確かめました")
        owner.presses("回答して次へ", then=LIST)


def answers_by_pages(hands: Hands, here: str, title: str, group: str, *, which: int) -> None:
    """The rest, until nothing is left that they may answer."""
    hands.opens(here, title)
    while hands.page.get_by_role("link", name="まとめて回答する欄へ").count():
        answers_the_page(hands, title, group, which=which)


def signs(hands: Hands, here: str, part: str) -> None:
    """What they saw."""
    hands.opens(f"{here}/result", "署名")
    hands.reads("停止・変更するもの", ROGUE)
    hands.follows("署名する", then=f"{part}として署名する")
    hands.ticks("判定の件数、停止・変更の一覧、基準日の後の変化を確かめました")
    hands.presses("署名する", then="署名")
