"""IDs that are nobody's own in the city's register: one with everything, others that want care."""

from datetime import timedelta

from iam.access.kept.books import kept_id_table
from iam.access.kept.judging import Particulars, Rules
from iam.access.kept.keeping import keep
from iam.access.kept.members import join, leave
from iam.access.kept.register import KeptKind
from iam.office.roles import holdings_of, systems_of, units_of
from iam.policy.profile import Role
from iam.record.columns import jst_day
from tests.browser.city import City


def furnish_kept(city: City, user: int) -> int:
    """The row of a shared ID on a system of the owner's, used by `user` until lately; its number."""
    rules, today = Rules.of(city.door.profile, city.door.model), jst_day(city.store.clock())
    keeper, owner = (city.id_of(city.cast.one(role)) for role in (Role.OPERATOR, Role.SYSTEM_OWNER))
    with city.store.act("test") as act:
        held = holdings_of(act.connection, city.door.offices, [owner], today)[owner]
        units = units_of(held, Role.SYSTEM_OWNER)
        system = systems_of(city.door.model, city.deployment.organisation, units, today)[0]
        until = today + timedelta(days=120)
        contractor = Particulars(
            system, "itaku-hosyu1", KeptKind.CONTRACTOR, "夜間の保守", keeper, keeper,
            company="さくら情報サービス株式会社",
            valid_until=until,
        )  # fmt: skip
        keep(act, rules, contractor)
        project = "税制改正に伴う改修（2026年度）"
        trial = Particulars(
            system, "test-ido01", KeptKind.TEST, "異動処理の試験", keeper, project=project, valid_until=until
        )
        late = keep(act, rules, trial).id
        keep(act, rules, Particulars(system, "renkei-batch", KeptKind.SERVICE, "宛名の連携"), gaps_allowed=True)
        changed = today - timedelta(days=90)
        desk = Particulars(
            system, "madoguchi-03", KeptKind.SHARED, "窓口3番の受付端末", keeper, secret_changed_on=changed
        )
        shared = keep(act, rules, desk)
        join(act, shared, user, today - timedelta(days=200))
        leave(act, shared, user, today - timedelta(days=3))
        join(act, shared, owner, today - timedelta(days=100))
        over = kept_id_table.update().where(kept_id_table.c.id == late).values(valid_until=today - timedelta(days=1))
        act.connection.execute(over)
        return shared.id
