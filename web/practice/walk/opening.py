"""The last act of the demo: the portal opens, with somebody of every role to sign in as.

The one law: *the visitor does it themselves*: what waits for them (a plan that is
held, a factor to enrol, a card to lose) is really there and not acted out.
"""

import re
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import click

from iam.policy.profile import Role
from iam.record.act import now
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.settings import load
from iam.signin.door import Door
from iam.sync.stored.release import RELEASING
from web.body.deployment import proved
from web.body.door import door_of
from web.cli.table import aligned
from web.practice.body import LEAVING, SEED, a_day_later, outsourced, people, write_feed
from web.practice.configuration import suffix
from web.practice.portal.browser import Browser, Page
from web.practice.portal.codes import codes_of, lines
from web.practice.portal.privileged import FINANCE, WISHES, Staged
from web.practice.portal.serving import Service
from web.practice.portal.serving import opened as opened_service
from web.practice.portal.visitors import Cast, Visitor, Way, set_up
from web.practice.walk import privileged, review
from web.practice.walk.stage import HELD, SETTLED, CannotGoOn, Stage, heading, program

_PATIENCE: Final = 90
_LOOK: Final = 0.5
"""Seconds between two looks at what the worker has done."""


@dataclass(frozen=True)
class Opened:
    """The portal, open.  `plan`: the one that is held; `in_use`: enabled accounts before it; `privileged`: what was
    done with privileged IDs before; `campaign`: the review that is under way."""

    stage: Stage
    service: Service
    cast: Cast
    plan: int
    in_use: int
    privileged: Staged
    campaign: int


def too_many(stage: Stage) -> int:
    """A plan that is right, and too large to pass unseen: it waits for two officers.  Its number."""
    heading(
        8,
        "二人の担当者の確認を待つ計画",
        f"給食と図書館の業務を民間に委託し、会計年度任用職員{LEAVING}人が昨日で退職しました。内容は正しい名簿です。",
        "それでも一度に停止する数が多いので、二人の担当者が画面で確かめるまで、何もしません。",
    )
    everybody = a_day_later(people(stage.size, SEED, stage.today), stage.today)
    write_feed(stage.body.feed, outsourced(everybody, stage.today))
    held = stage.run("iam sync", expect=HELD, tail=9)
    if not (found := re.search(r"iam plan show (\d+)|計画 (\d+)", held)):
        raise CannotGoOn("保留された計画の番号が表示されませんでした。")
    stage.run("iam officers list", expect=SETTLED, head=12)
    return int(found[1] or found[2])


@contextmanager
def opened(stage: Stage, plan: int) -> Iterator[Opened]:
    """さくら市's portal, by the commands `iam serve` and `iam worker`, until the block ends."""
    campaign = review.begun(stage)
    heading(
        10,
        "職員ポータルを開く",
        "iam serve と iam worker を起動し、架空の職員に練習用のパスワードと認証アプリを渡します。",
        "（鍵守そのものに既定のIDやパスワードはありません。本番では iam officers first で初めの二人を決めます。）",
    )
    folder = stage.body.folder
    stage.run(f"iam terminal import {shlex.quote(str(folder / '端末.csv'))}", expect=SETTLED)
    with _ground(stage) as (store, door):
        cast = set_up(store, door)
        cast.keep(folder)
        privileged.placed(stage)
        with opened_service(
            program(), stage.body.configuration, stage.origin, environment=stage.environment
        ) as service:
            staged = privileged.played(store, door, cast)
            privileged.told(staged)
            review.played(store, door, cast, campaign)
            yield Opened(stage, service, cast, plan, stage.in_use(), staged, campaign)


@contextmanager
def _ground(stage: Stage) -> Iterator[tuple[Store, Door]]:
    deployment = proved(load(stage.body.configuration, {}), str(stage.body.configuration), [])
    portal = deployment.settings.portal
    if portal is None:
        raise CannotGoOn("練習用の設定に [portal] がありません。")
    keys = KeyRing.read(deployment.settings.keys.file)
    store = Store(deployment.settings.database.url, keys)
    try:
        yield store, door_of(deployment, portal, keys)
    finally:
        store.dispose()


def told(open_: Opened) -> None:
    """Who to sign in as, and what to try."""
    click.echo()
    click.secho(f"Chrome・Edge・Firefox のいずれかで {open_.stage.origin} を開いてください。", bold=True)
    click.echo()
    rows = [("職員番号", "氏名", "役割", "パスワード", "二つ目の認証")]
    rows += [(each.number, each.name, each.call, each.password, _second(each)) for each in open_.cast.visitors]
    click.echo("\n".join(f"  {line}" for line in aligned(rows)))
    click.echo("\n  試してみること")
    for number, words in enumerate(_to_try(open_), 1):
        click.echo(f"   {number}. {words}")
    click.echo("  二人の担当者になるときは、シークレットウィンドウか別のブラウザーで、もう一人がサインインします。")
    click.echo(f"  認証アプリの数字は、別の端末の {codes_of(open_.stage.body.folder)} で分かります。")
    click.echo("  登録のときは、画面の「文字で入力する」に出る鍵を、その後ろに付けます。")


def _second(each: Visitor) -> str:
    return {Way.APP: "認証アプリ", Way.PASSWORD: "未登録", Way.TEMPORARY: "未登録"}[each.way]


def _to_try(open_: Opened) -> list[str]:
    cast = open_.cast
    staff, fresh = cast.one(None, Way.APP), cast.one(None, Way.TEMPORARY)
    general, operator, hr = cast.one(Role.GENERAL_OFFICER), cast.one(Role.OPERATOR), cast.one(Role.HR_OFFICER)
    return [
        f"はじめての職員（{fresh.name}さん）: 仮パスワードで入り、パスワードを変えて、二つ目の認証を登録します。",
        f"職員（{staff.name}さん）: 自分のIDと権限、その理由、サインインの記録を見ます。要らない権限を返します。",
        f"紛失: {staff.name}さんが「認証手段」から紛失を届けます。窓口でコードを受け取るまで、入れなくなります。",
        f"窓口: {hr.name}さんが窓口コードを申請し、{operator.name}さんが確認します。{staff.name}さんはそれで入ります。",
        f"保留の解除: {general.name}さんと{operator.name}さんが計画 {open_.plan} を解除し、退職者のIDを停止します。",
        *_with_privileged_ids(open_),
        _with_the_review(open_),
        f"監査: {cast.one(Role.AUDITOR).name}さんは、すべてを見られ、何も変えられません。",
    ]


def _with_privileged_ids(open_: Opened) -> Iterator[str]:
    cast, staged = open_.cast, open_.privileged
    approver, operator, staff = cast.one(Role.APPROVER), cast.one(Role.OPERATOR), cast.one(None, Way.APP)
    yield (
        f"特権IDの承認: {approver.name}さんが（スマートフォンの幅でも）、代行の指名 {staged.waiting.id} を承認し、"
        f"緊急利用 {staged.emergency} を事後に承認します。"
    )
    yield (
        f"特権IDの利用: {operator.name}さんは、自分のセキュリティキー（Windows Hello など）を登録すると、"
        f"財務会計の管理者のIDを申請できます。{staff.name}さんが立ち会うと、使い捨てのパスワードを"
        "OpenLDAPに設定します。次のコマンド（パッケージ ldap-utils）で試せます。利用を終えると、もう通りません。"
        f"\n        {_asking(open_)}"
    )


def _with_the_review(open_: Opened) -> str:
    general, hr, owner = (
        open_.cast.one(role).name for role in (Role.GENERAL_OFFICER, Role.HR_OFFICER, Role.SYSTEM_OWNER)
    )
    return (
        f"棚卸 {open_.campaign}: {hr}さんが職員の在籍を確かめ、{owner}さんが財務会計のIDを要るかどうか答え"
        f"（{owner}さんは、先に認証アプリなどを登録します）、"
        f"{general}さんが進み具合と指摘を見ます。一人ずつの統括と人事には、30日間の代理を置いてあります"
        "（本人のIDと在籍は、代理が答えます）。"
    )


def _asking(open_: Opened) -> str:
    """How the directory itself is asked whether the secret of a use opens."""
    name = f"uid={WISHES[FINANCE].login},ou=people,{suffix(FINANCE)}"
    return f"ldapwhoami -x -W -H {open_.stage.slapd.url} -D {name}"


def attend(open_: Opened) -> None:
    """Stay until Ctrl-C; at a terminal, each Enter shows the codes of now.

    Raises:
        CannotGoOn: when the portal ends by itself.
    """
    click.echo()
    if sys.stdin.isatty():
        click.secho("Enter を押すと、認証アプリのいまのコードを表示します。Ctrl-C で終わります。", bold=True)
        for _ in sys.stdin:
            click.echo("\n".join(lines(open_.cast, now())))
    click.secho("Ctrl-C で終わります。", bold=True)
    open_.service.server.wait()
    raise CannotGoOn(f"ポータルが止まりました。{open_.service.log} に理由があります。")


def tried(open_: Opened) -> None:
    """Sign in over HTTP as everybody of the cast, and let two of them release the plan that is held.

    Raises:
        CannotGoOn: when somebody does not get in, or the plan is not carried out.
    """
    with ExitStack() as seats:
        for each in open_.cast.visitors:
            browser = seats.enter_context(Browser(open_.stage.origin))
            page = signs_in(browser, each)
            if not browser.signed_in or page.status != HTTPStatus.OK:
                raise CannotGoOn(f"{each.call}（{each.number}）がサインインできませんでした: {page.path} {page.title}")
            click.echo(f"  {each.call}（{each.name}さん）: {page.path} 「{page.title}」")
            if each.role in RELEASING:
                _signs(browser, open_.plan)
            if each.role == Role.APPROVER:
                _approves(browser, open_.privileged)
    _carried_out(open_)


def signs_in(browser: Browser, who: Visitor) -> Page:
    """Type the number and the password, and the code of the app where there is one; where that leads."""
    browser.get("/login")
    page = browser.send(number=who.number, password=who.password)
    return browser.send(code=who.code(now())) if who.key else page


def _signs(browser: Browser, plan: int) -> None:
    browser.get(f"/office/plans/{plan}/release")
    page = browser.send(sure="y")
    if page.path != f"/office/plans/{plan}":
        raise CannotGoOn(f"計画 {plan} の保留を確認できませんでした: {page.path} {page.title}")
    click.echo(f"    計画 {plan} の保留の解除を確認しました。")


def _approves(browser: Browser, staged: Staged) -> None:
    """A delegation as it was read, and an emergency afterwards."""
    for path, typed in (
        (f"/office/privilege/delegations/{staged.waiting.id}", {"sure": "y"}),
        (f"/office/privilege/uses/{staged.emergency}", {"reason": "記録と合っている。"}),
    ):
        browser.get(f"{path}/approve")
        page = browser.send(**typed)
        if page.path != path:
            raise CannotGoOn(f"{path} を承認できませんでした: {page.path} {page.title}")
        click.echo(f"    {page.title}を承認しました。")


def _carried_out(open_: Opened) -> None:
    """Wait until the worker has stopped what the plan stops, and the OpenLDAP says so."""
    expected = open_.in_use - LEAVING * len(("groupware", "files"))
    end = time.monotonic() + _PATIENCE
    while (left := open_.stage.in_use()) != expected:
        if time.monotonic() > end:
            raise CannotGoOn(f"解除した計画が適用されません（使えるID {left:,} 件。{expected:,} 件のはずでした）。")
        time.sleep(_LOOK)
    click.echo(f"  二人の確認がそろい、iam worker が適用しました。使えるIDは {left:,} 件です。")
