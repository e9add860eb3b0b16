"""Working with a privileged ID at the pages: asking, witnessing, the secret once, the end, the record.

The targets are in memory; what the worker does is done when a test says so.
"""

import json
import re
from dataclasses import dataclass

import pytest
from werkzeug.test import TestResponse

from iam.policy.profile import Role
from iam.privilege.delegating import DelegationState, delegations
from iam.privilege.register import Mode
from iam.privilege.using import UseState, timeline, use, uses
from iam.signin.kinds import Method, Proofs
from tests.functional.site.given import Browser, City
from tests.functional.site.portal.members import Member, beside, words
from tests.ward import Ward

APP = Proofs().plus(Method.PASSWORD).plus(Method.TOTP, 1)
_SECRET = re.compile(r'<code id="once"[^>]*>([^<]+)</code>')


def ward_of(city: City) -> Ward:
    roles = (Role.GENERAL_OFFICER, Role.OPERATOR, Role.APPROVER)
    head, operator, approver = (city.entrant(city.holder(role)).person_id for role in roles)
    return Ward(city.store, city.door, head, operator, approver)


@dataclass
class Scene:
    """A delegate and a witness at their browsers, and one privileged ID."""

    city: City
    ward: Ward
    user: Browser
    witness: Browser
    delegate: int
    id: int

    def asks(self, **more: object) -> str:
        """The page of a use that was asked for."""
        form = {"purpose": "ディスクを増やす", "minutes": 60, **more}
        answer = self.user.send(f"/privilege/ask/{self.id}", form)
        assert answer.status_code == 303, words(answer)
        return answer.location

    def opens(self) -> str:
        """The page of a use that is open and watched."""
        page = self.asks()
        joined = self.witness.send(f"{watched(page)}/join", of=watched(page))
        assert joined.location == watched(page), words(joined)
        self.ward.works()
        assert self.state(page) is UseState.OPEN
        return page

    def ends(self, page: str) -> None:
        self.user.send(f"{page}/end", of=page)
        self.ward.works()
        assert self.state(page) is UseState.CLOSED

    def state(self, page: str) -> UseState:
        with self.city.store.read() as connection:
            return use(connection, number(page)).state


def watched(page: str) -> str:
    return page.replace("/uses/", "/witness/")


def number(page: str) -> int:
    return int(page.rpartition("/")[2])


@pytest.fixture
def scene(city_sqlite: City) -> Scene:
    return scene_of(city_sqlite)


def scene_of(city: City, mode: Mode = Mode.SECRET) -> Scene:
    ward = ward_of(city)
    user, witness = Member.of(city, 0).with_key(), Member.of(city, 1).with_app()
    id_ = ward.registers("juki-kanri", mode=mode)
    ward.delegates(user.id, [id_], conditions="夜間は使わない")
    city.signed_in(user.browser, user.number)
    city.signed_in(witness.browser, witness.number, proofs=APP)
    return Scene(city, ward, user.browser, witness.browser, user.id, id_)


def read(browser: Browser, page: str, status: int = 200) -> str:
    answer = browser.get(page)
    assert answer.status_code == status, (answer.status_code, answer.location, words(answer))
    return words(answer)


def follow(browser: Browser, answer: TestResponse) -> str:
    assert answer.status_code == 303, words(answer)
    return read(browser, answer.location)


@pytest.fixture
def walk(city: City) -> Scene:
    return scene_of(city)


def test_a_use_is_asked_for_witnessed_and_shown_its_secret_once(walk: Scene) -> None:
    assert "夜間は使わない" in read(walk.user, "/privilege")
    page = walk.asks(decision_number="情第123号")
    assert "立会いを待っています" in read(walk.user, page)
    assert "立会いの依頼" in read(walk.witness, "/privilege")
    asked = read(walk.witness, watched(page))
    assert [each for each in ("ディスクを増やす", "情第123号", "夜間は使わない") if each not in asked] == []

    walk.witness.send(f"{watched(page)}/join", of=watched(page))
    assert "始めています" in read(walk.user, page)
    walk.ward.works()
    assert "あと1時間" in read(walk.witness, watched(page))
    secret = shown_once(walk, page)

    walk.city.clock.forward(minutes=1)
    walk.user.send(f"{page}/end", of=page)
    assert "終えています" in read(walk.user, page)
    walk.ward.works()
    assert not walk.ward.targets["juki"].opens("juki-kanri", secret)
    pages = [read(walk.user, each) for each in ("/privilege", page, f"{page}/timeline", "/")]
    assert [text for text in pages if secret in text] == []


def shown_once(walk: Scene, page: str) -> str:
    """The secret, as it stands on one page and opens the account."""
    assert "特権IDを使えます" in read(walk.user, page)
    answer = walk.user.send(f"{page}/secret", of=page)
    found = _SECRET.search(answer.text)
    assert found
    assert walk.ward.targets["juki"].opens("juki-kanri", found[1])
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.text.count(found[1]) == 1
    assert "すでに一度表示しました" in follow(walk.user, walk.user.send(f"{page}/secret", of=page))
    return found[1]


def test_a_record_is_written_confirmed_and_told_in_the_timeline(walk: Scene) -> None:
    page = walk.opens()
    shown_once(walk, page)
    walk.ends(page)
    assert "作業記録を書いてください" in read(walk.user, "/")
    empty = walk.user.send(f"{page}/record", {"record": " "})
    assert "したことを入力してください。" in beside(empty, "record")
    written = walk.user.send(f"{page}/record", {"record": "容量を20GB増やした。", "decision_number": "情第124号"})
    assert "記録を出しました" in follow(walk.user, written)

    assert "作業記録を確認してください" in read(walk.witness, "/")
    numbered(walk, page, "情第124号")
    shown = read(walk.witness, f"{page}/confirm")
    assert [each for each in ("容量を20GB増やした。", "情第124号") if each not in shown] == []
    confirmed = walk.witness.send(f"{page}/confirm", {"seen": mark(walk, page), "words": "立ち会ったとおり"})
    assert "記録を確認しました" in follow(walk.witness, confirmed)
    assert "作業記録を書いてください" not in read(walk.user, "/")
    assert "作業記録を確認してください" not in read(walk.witness, "/")

    line = read(walk.user, f"{page}/timeline")
    told = [
        "利用を申請した", "立会いに加わった", "使えるようにし、読み戻して確かめた", "使えるようになった",
        "パスワードを表示した", "利用を終えた", "使えなくし、読み戻して確かめた", "作業記録を出した",
        "作業記録を確認した", "立ち会ったとおり",
    ]  # fmt: skip
    assert [each for each in told if each not in line] == []
    assert not re.search(r"(use|errand)\.\w+", line)


def numbered(walk: Scene, page: str, late: str) -> None:
    """A number that came late stands with the use and in the audit, and is asked for no more."""
    with walk.city.store.read() as connection:
        found, *_, event = use(connection, number(page)), *timeline(connection, number(page))
    assert (found.record, found.decision_number) == ("容量を20GB増やした。", late)
    assert json.loads(event.detail)["decision_number"] == {"before": "", "after": late}
    assert 'name="decision_number"' not in walk.user.get(f"{page}/record").text


def mark(walk: Scene, page: str) -> str:
    """What the form of the confirmation says was read."""
    found = re.search(r'name="seen" value="(\w+)"', walk.witness.get(f"{page}/confirm").text)
    assert found
    return found[1]


def test_whoever_has_nothing_to_do_with_it_reads_why_the_page_is_empty(city: City) -> None:
    page = read(city.somebody(), "/privilege")
    assert "使える特権IDはありません" in page
    assert "利用の記録はまだありません" in page
    assert "緊急のとき" not in page


def test_proving_oneself_first_loses_nothing_that_was_typed(scene: Scene) -> None:
    asking = Member(scene.city, scene.city.plain(0), scene.user)
    scene.city.signed_in(asking.browser, asking.number, proofs=APP)  # a code is not enough
    page = f"/privilege/ask/{scene.id}"
    sent = scene.user.send(page, {"purpose": "ディスクを増やす", "minutes": 30, "decision_number": "情第1号"})
    assert sent.status_code == 303
    assert sent.location == f"/prove?next={page}&kinds=2&resistant=1"
    again = scene.user.get(page)
    assert "ディスクを増やす</textarea>" in again.text.replace("\n", "")
    assert '<option selected value="30">' in again.text
    assert 'value="情第1号"' in again.text
    assert "もう一度「申請する」を押してください" in words(again)


def test_a_witness_proves_two_kinds_first_and_a_password_alone_is_not_enough(scene: Scene) -> None:
    page = watched(scene.asks())
    scene.city.clock.forward(minutes=6)
    sent = scene.witness.send(f"{page}/join", of=page)
    assert sent.location == f"/prove?next={page}&kinds=2"


@pytest.mark.parametrize(
    ("form", "field", "said"),
    [
        ({"purpose": " "}, "purpose", "使う目的を入力してください。"),
        ({"purpose": "x" * 501}, "purpose", "500文字以内"),
        ({"decision_number": "x" * 61}, "decision_number", "60文字以内"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(city_sqlite: City, form: dict[str, str], field: str, said: str) -> None:
    scene = scene_of(city_sqlite)
    answer = scene.user.send(f"/privilege/ask/{scene.id}", {"purpose": "点検", "minutes": 60, **form})
    assert answer.status_code == 422
    assert said in beside(answer, field)


def test_a_length_that_is_not_on_offer_is_not_taken(city_sqlite: City) -> None:
    scene = scene_of(city_sqlite)
    for minutes in ("241", "0", "-5", "many", ""):
        answer = scene.user.send(f"/privilege/ask/{scene.id}", {"purpose": "点検", "minutes": minutes})
        assert answer.status_code == 422, minutes
    with city_sqlite.store.read() as connection:
        assert uses(connection) == []


def test_what_is_refused_is_said_with_its_cure_and_the_form_stays(scene: Scene) -> None:
    scene.asks()
    again = scene.user.send(f"/privilege/ask/{scene.id}", {"purpose": "もう一つ", "minutes": 60})
    assert again.status_code == 409
    assert "すでに始めています" in words(again)
    assert "もう一つ</textarea>" in again.text.replace("\n", "")


def test_uses_in_a_row_leave_less_to_ask_for(scene: Scene) -> None:
    page = scene.opens()
    scene.city.clock.forward(minutes=20)
    scene.ends(page)
    asking = read(scene.user, f"/privilege/ask/{scene.id}")
    assert "続けて使えるのは4時間までです。前の利用から1時間たっていないので、" in asking
    assert re.search("いまはあと3時間(39|40)分使えます。", asking)
    assert asking.count("4時間") == 1


def test_nobody_sees_or_moves_the_use_of_another(scene: Scene) -> None:
    page, stranger = scene.opens(), scene.city.client()
    scene.city.signed_in(stranger, scene.city.plain(2))
    for path in (page, f"{page}/state", f"{page}/record", f"{page}/confirm", f"{page}/timeline", watched(page)):
        assert stranger.get(path).status_code == 404, path
        assert scene.user.get("/privilege/uses/999").status_code == 404
    token = stranger.token()
    for path in (f"{page}/secret", f"{page}/end", f"{page}/withdraw", f"{page}/record", f"{page}/confirm"):
        assert stranger.post(path, data={"csrf_token": token}).status_code == 404, path
    for verb in ("join", "present", "leave"):
        refused = stranger.post(f"{watched(page)}/{verb}", data={"csrf_token": token})
        assert refused.status_code == 303
    assert scene.state(page) is UseState.OPEN
    with scene.city.store.read() as connection:
        assert use(connection, number(page)).witness_id == scene.city.entrant(scene.city.plain(1)).person_id


def test_nobody_is_their_own_witness(scene: Scene) -> None:
    page = scene.asks()
    assert "自分の利用には、自分では立ち会えません" in read(scene.user, watched(page))
    sent = scene.user.send(f"{watched(page)}/join", of="/privilege")
    assert "自分の利用には、自分では立ち会えません" in follow(scene.user, sent)
    assert scene.state(page) is UseState.ASKED


def test_clicking_twice_and_going_back_harms_nothing(scene: Scene) -> None:
    page = scene.opens()
    twice = scene.witness.send(f"{watched(page)}/join", of=watched(page))
    assert twice.status_code == 303
    for _ in range(2):
        assert scene.user.send(f"{page}/end", of="/privilege").location == page
        scene.ward.works()
    late = scene.user.send(f"{page}/withdraw", of="/privilege")
    assert "立会い待ちではありません" in follow(scene.user, late)
    assert "二度" not in follow(scene.user, scene.user.send(f"{page}/secret", of="/privilege"))
    assert scene.state(page) is UseState.CLOSED


def test_a_request_that_is_taken_back_is_gone_for_the_witness(scene: Scene) -> None:
    page = scene.asks()
    assert "申請を取り下げました" in follow(scene.user, scene.user.send(f"{page}/withdraw", of=page))
    assert read(scene.witness, watched(page), 404)
    assert "立会いの依頼" not in read(scene.witness, "/privilege")


def test_the_page_of_a_witness_speaks_for_them_without_keeping_them_signed_in(scene: Scene) -> None:
    page = scene.opens()
    beat = {"headers": {"X-CSRFToken": scene.witness.token(watched(page)), "Accept": "application/json"}}
    idle = scene.city.door.profile.signin.general.idle.value
    for _ in range(idle - 1):
        scene.city.clock.forward(minutes=1)
        assert scene.witness.post(f"{watched(page)}/beat", **beat).json == {"over": False}
        scene.ward.works()
    assert scene.state(page) is UseState.OPEN
    scene.city.clock.forward(minutes=1)
    assert scene.witness.post(f"{watched(page)}/beat", **beat).status_code == 401


def test_a_use_without_its_witness_stops_and_goes_on_when_they_are_back(scene: Scene) -> None:
    page = scene.opens()
    left = scene.witness.send(f"{watched(page)}/leave", of=watched(page))
    assert left.location == "/privilege"
    scene.ward.works()
    assert "止めています" in read(scene.user, page)
    assert not scene.ward.targets["juki"].accounts["uid=juki-kanri"].enabled
    assert "立会いが途切れて止まっています" in read(scene.witness, "/privilege")
    assert "data-beat" not in scene.witness.get(watched(page)).text
    scene.witness.send(f"{watched(page)}/join", of=watched(page))
    scene.ward.works()
    assert "特権IDを使えます" in read(scene.user, page)
    assert "パスワードを表示する" in read(scene.user, page)


def test_the_script_of_a_page_learns_when_it_must_be_drawn_anew(scene: Scene) -> None:
    page = scene.asks()
    before = scene.user.get(f"{page}/state").json
    assert before == scene.user.get(f"{page}/state").json
    scene.witness.send(f"{watched(page)}/join", of=watched(page))
    after = scene.user.get(f"{page}/state").json
    assert after != before
    assert f'data-stamp="{(after or {})["stamp"]}"' in scene.user.get(page).text


def test_a_record_that_was_written_anew_is_not_confirmed_unread(scene: Scene) -> None:
    page = scene.opens()
    scene.ends(page)
    scene.user.send(f"{page}/record", {"record": "設定を変えた。"})
    seen = mark(scene, page)
    scene.user.send(f"{page}/record", {"record": "何もしていない。"})
    answer = scene.witness.send(f"{page}/confirm", {"seen": seen})
    assert answer.status_code == 409
    assert "書き直されました" in words(answer)
    mine = scene.user.send(f"{page}/confirm", {"seen": mark(scene, page)}, of=page)
    assert mine.status_code in {403, 409}
    with scene.city.store.read() as connection:
        assert use(connection, number(page)).confirmed_at is None


def test_a_delegate_hands_it_back_with_a_reason_and_what_is_open_ends(scene: Scene) -> None:
    page = scene.opens()
    with scene.city.store.read() as connection:
        [held] = delegations(connection, scene.city.clock(), delegate_id=scene.delegate)
    back = f"/privilege/delegations/{held.id}/return"
    assert f'href="{back}"' in scene.user.get("/privilege").text
    assert (
        scene.witness.get(back).status_code == scene.witness.send(back, {"reason": "奪う"}, of="/").status_code == 404
    )
    assert "理由を入力してください。" in beside(scene.user.send(back, {"reason": ""}), "reason")
    assert "返上しました" in follow(scene.user, scene.user.send(back, {"reason": "担当を代わった"}))
    again = scene.user.send(back, {"reason": "もう一度"}, of="/privilege")
    assert (again.status_code, "有効ではありません" in words(again)) == (409, True)
    scene.ward.works()
    assert scene.state(page) is UseState.CLOSED
    with scene.city.store.read() as connection:
        [ended] = delegations(connection, scene.city.clock(), delegate_id=scene.delegate)
    assert (ended.state, ended.why_ended) == (DelegationState.ENDED, "担当を代わった")


def test_an_emergency_needs_neither_delegation_nor_witness_nor_approver(city: City) -> None:
    ward = ward_of(city)
    on = ward.registers("rescue", emergency=True, purpose="復旧")
    officer = Member.of(city, number=city.holder(Role.OPERATOR))
    city.signed_in(officer.browser, officer.number)
    asking = read(officer.browser, "/privilege/emergency")
    assert "直ちに知らせが行きます" in asking
    assert "令和8年11月24日" in asking  # Friday; then a weekend and 勤労感謝の日
    incomplete = officer.browser.send("/privilege/emergency", {"purpose": "再起動する"})
    assert "何が起きているかを入力してください。" in beside(incomplete, "reason")
    form = {"purpose": "再起動する", "reason": "夜間に止まった"}
    sent = officer.browser.send("/privilege/emergency", {**form, "privileged_id": on})
    ward.works()
    page = follow(officer.browser, sent)
    assert "特権IDを使えます" in page
    assert "緊急利用" in page
    assert city.somebody().get("/privilege/emergency").status_code == 200
    refused = city.somebody().send("/privilege/emergency", {**form, "privileged_id": on})
    assert refused.status_code in {403, 404, 422}


@pytest.mark.parametrize(
    ("mode", "said"), [(Mode.ENABLE, "juki-kanri が使えるようになりました"), (Mode.SECRET, "一度だけ")]
)
def test_each_way_of_opening_says_how_to_go_on(city_sqlite: City, mode: Mode, said: str) -> None:
    scene = scene_of(city_sqlite, mode)
    assert said in read(scene.user, scene.opens())
