"""Finding a person: as people say a name, not as a file spells it."""

import re

import pytest
from sqlalchemy import insert, select, update

from iam.office.finding import Asked, find
from iam.people.ledger import appointment_table, number_table, person_table
from iam.policy.profile import Role
from tests.functional.site.given import MORNING, City
from tests.functional.site.officer.desk import an_officer

TODAY = MORNING.date()


def named(city: City, which: int, name: str, kana: str) -> int:
    """Somebody in service gets another name."""
    id_ = city.entrant(city.plain(which)).person_id
    with city.store.act("test") as act:
        changed = update(person_table).where(person_table.c.id == id_).values(name=name, name_kana=kana)
        act.connection.execute(changed)
    return id_


def found(city: City, words: str) -> set[int]:
    with city.store.read() as connection:
        return set(find(connection, Asked(words), TODAY, skip=0, limit=1000).ids)


@pytest.mark.parametrize(
    "typed",
    [
        "髙橋　鏡太郎", "高橋鏡太郎", "髙橋", "鏡太郎 高橋", "たかはし", "タカハシ キョウタロウ", "ﾀｶﾊｼ",
        "たかはしきよう", "　ｷｮｳﾀﾛｳ ", "きょう　高橋",
    ],
)  # fmt: skip
def test_a_name_is_found_however_it_is_typed(city: City, typed: str) -> None:
    whole = named(city, 0, "髙橋　鏡太郎", "ﾀｶﾊｼ ｷﾖｳﾀﾛｳ")
    hiragana = named(city, 1, "高橋 鏡太郎", "たかはし　きょうたろう")
    other = named(city, 2, "山田　花子", "ヤマダ　ハナコ")
    hits = found(city, typed)
    assert {whole, hiragana} <= hits
    assert other not in hits


@pytest.mark.parametrize("typed", ["%", "_", "\\", "'", '"', "高%橋", "\0", "😀", "a" * 500, "\u202e"])
def test_odd_signs_are_signs_and_no_patterns(city: City, typed: str) -> None:
    named(city, 0, "高橋　鏡太郎", "ﾀｶﾊｼ ｷﾖｳﾀﾛｳ")
    officer = an_officer(city, Role.OPERATOR)
    answer = officer.browser.get("/office/people", query_string={"q": typed, "unit": ""})
    assert answer.status_code in {200, 400}
    assert "高橋　鏡太郎" not in answer.get_data(as_text=True)


def test_any_number_ever_given_finds_its_person_in_either_width(city: City) -> None:
    id_ = city.entrant(city.plain()).person_id
    with city.store.act("test") as act:
        act.connection.execute(insert(number_table).values(number="K0099123", person_id=id_, given_at=act.at))
    for typed in ("K0099123", "k0099", "Ｋ００９９１２３", city.plain(), f" {city.plain()}　"):
        assert id_ in found(city, typed), typed


def test_every_word_must_fit(city: City) -> None:
    id_ = named(city, 0, "高橋　鏡太郎", "ﾀｶﾊｼ ｷﾖｳﾀﾛｳ")
    assert found(city, f"高橋 {city.plain(0)}") == {id_}
    assert found(city, f"山田 {city.plain(0)}") == set()


def test_nobody_is_found_before_their_appointment_is_announced(city: City) -> None:
    id_ = named(city, 0, "内示　待蔵", "ナイジ　マチゾウ")
    told = appointment_table.c
    with city.store.act("test") as act:
        secret = update(appointment_table).where(told.person_id == id_)
        act.connection.execute(secret.values(announce_from=TODAY.replace(day=21)))
    assert found(city, "内示") == set()
    officer = an_officer(city, Role.HR_OFFICER)
    assert "見つかりません" in officer.opens("/office/people?q=内示&unit=")
    officer.opens(f"/office/people/{id_}", status=404)


def test_the_page_lists_who_fits_and_leads_to_them(city: City) -> None:
    id_ = named(city, 0, "高橋　鏡太郎", "ﾀｶﾊｼ ｷﾖｳﾀﾛｳ")
    page = an_officer(city, Role.OPERATOR).browser.get("/office/people?q=たかはしきょうたろう").get_data(as_text=True)
    assert f'href="/office/people/{id_}"' in page
    assert "タカハシ キヨウタロウ" in page  # read in full width, whatever the file has
    assert "1人見つかりました" in page


def test_a_department_is_searched_with_all_below_it(city: City) -> None:
    officer = an_officer(city, Role.OPERATOR)
    whole, section = (officer.opens(f"/office/people?q=&unit={code}") for code in ("010000", "010101"))
    assert "総務部" in whole
    assert int(whole.partition("人見つかりました")[0].split()[-1]) > int(
        section.partition("人見つかりました")[0].split()[-1]
    )


def test_a_long_list_goes_on_page_by_page(city: City) -> None:
    officer = an_officer(city, Role.OPERATOR)
    with city.store.read() as connection:
        total = find(connection, Asked("0001"), TODAY, skip=0, limit=1).total
        numbers = connection.execute(select(person_table.c.staff_number)).scalars().all()
    last = -(-total // 30)
    assert f"{total}人見つかりました" in officer.opens("/office/people?q=0001")
    pages = [officer.browser.get(f"/office/people?q=0001&page={page}").text for page in range(1, last + 1)]
    shown = [number for page in pages for number in re.findall(r'class="table__code">(\d+)<', page)]
    assert sorted(shown) == sorted(number for number in numbers if number.startswith("0001"))
    for beyond in ("99999", "0", "-4", "x", "9" * 40):
        assert "人見つかりました" in officer.opens(f"/office/people?q=0001&page={beyond}")


def test_an_empty_question_is_told_beside_the_field(city_sqlite: City) -> None:
    officer = an_officer(city_sqlite, Role.OPERATOR)
    assert "どれかを入力するか、所属を選んで" in officer.opens("/office/people?q=&unit=")
    assert "どれかを入力するか" not in officer.opens("/office/people")
    assert "見つかりません" in officer.opens("/office/people?q=そのような人はいない&unit=nowhere")


@pytest.mark.parametrize("role", [Role.SYSTEM_OWNER, Role.DATA_OFFICER, None])
def test_whoever_is_not_concerned_finds_nobody(city_sqlite: City, role: Role | None) -> None:
    numbers = {number for number, roles in city_sqlite.known.items() if roles == ({role} if role else frozenset())}
    client = city_sqlite.client()
    city_sqlite.signed_in(client, min(numbers))
    assert client.get("/office/people?q=0001").status_code == 403
    assert client.get("/office/people/1").status_code == 403
