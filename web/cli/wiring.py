"""The desk: what a command may ask for, made when it is first asked for.

The one law: *a command that needs no database opens none*, and whatever is
wrong in any file of the configuration is told at once, before anything is done.
"""

from __future__ import annotations

import pwd
from functools import cached_property
from typing import TYPE_CHECKING

from iam.errors import ConfigurationError, NotFound
from web.body.caller import caller, login_id, writable_by_others

if TYPE_CHECKING:
    # Imported where they are used: a command pays for what it needs.
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from iam.jobs.night import Job
    from iam.office.changes.configuration import Judged, Running
    from iam.policy.profile import Profile
    from iam.ports import Target
    from iam.record.keys import KeyRing
    from iam.record.store import Store
    from iam.settings import Settings
    from iam.sync.prepare import Policy
    from web.body.deployment import Deployment


class Desk:
    """The configuration in `config`, and everything that it leads to."""

    def __init__(self, config: Path, environment: Mapping[str, str], uid: int) -> None:
        """`uid` is the real user of this process."""
        self.config = config
        self._environment = environment
        self._uid = uid

    def at(self, config: Path) -> Desk:
        """The same person's desk over another configuration."""
        return Desk(config, self._environment, self._uid)

    def close(self) -> None:
        """Close what was opened."""
        if "store" in vars(self):
            self.store.dispose()

    @cached_property
    def actor(self) -> str:
        """The operating-system account of whoever runs this; behind sudo, of whoever called sudo.

        Raises:
            Forbidden: when that cannot be believed.
        """
        uid = caller(self._uid, self._environment, self.config, login_id())
        try:
            return pwd.getpwuid(uid).pw_name
        except KeyError:  # a container may run under a number that has no name
            return str(uid)

    @cached_property
    def settings(self) -> Settings:
        """The technical configuration.

        Raises:
            ConfigurationError: with every mistake in it.
        """
        from iam.settings import load  # noqa: PLC0415 - as above

        return load(self.config, self._environment)

    @cached_property
    def profile(self) -> Profile:
        """The body's policy profile.

        Raises:
            ConfigurationError: with every mistake in it.
        """
        from iam.policy.loading import load  # noqa: PLC0415 - as above

        return load(self.settings.body.profile)

    @cached_property
    def keys(self) -> KeyRing:
        """The key ring.

        Raises:
            ConfigurationError: when it cannot be read, or others can read it.
        """
        from iam.record.keys import KeyRing  # noqa: PLC0415 - as above

        return KeyRing.read(self.settings.keys.file)

    @cached_property
    def store(self) -> Store:
        """The database."""
        from iam.record.store import Store  # noqa: PLC0415 - as above

        return Store(self.settings.database.url, self.keys)

    @cached_property
    def today(self) -> date:
        """The date in Japan, by the store's clock; it stays the same while the command runs."""
        from iam.record.columns import jst_day  # noqa: PLC0415 - as above

        return jst_day(self.store.clock())

    @cached_property
    def deployment(self) -> Deployment:
        """Everything that the configuration says, proved.

        Raises:
            ConfigurationError: with every mistake in every file that it names.
        """
        from web.body.deployment import proved, with_what_is_wrong_besides  # noqa: PLC0415 - as above

        try:
            settings = self.settings
        except ConfigurationError as error:
            raise ConfigurationError(with_what_is_wrong_besides(error.problems, self.config)) from None
        problems: list[str] = []
        try:
            _ = self.keys
        except ConfigurationError as error:
            problems += error.problems
        return proved(settings, str(self.config), problems)

    @cached_property
    def unsettled(self) -> Sequence[str]:
        """What a person of the body must still settle before anything may be written (R51), each with its key.

        Raises:
            ConfigurationError: with every mistake in every file.
        """
        from iam.policy.checking import check  # noqa: PLC0415 - as above

        return [f"{each.key}: {each.message}" for each in check(self.deployment.profile, self.today) if each.stops]

    def refuse_unsettled(self) -> None:
        """To be called before a run that writes.

        Raises:
            ConfigurationError: with everything that is not settled.
        """
        if self.unsettled:
            source = self.deployment.profile.source
            cure = f"{source} に書き、iam policy check で確かめてください。"
            heading = f"ポリシーに決め残しが{len(self.unsettled)}件あるため、まだ稼働を始められません。{cure}"
            raise ConfigurationError([heading, *self.unsettled])

    @cached_property
    def running(self) -> Running:
        """The whole configuration as two officers confirm it.

        Raises:
            ConfigurationError: with every mistake in every file.
        """
        from web.body.configuration import running_of  # noqa: PLC0415 - as above

        return running_of(self.deployment)

    def judged(self) -> Judged:
        """How the configuration stands at this moment against the one that two officers confirmed.

        Raises:
            ConfigurationError: with every mistake in every file.
        """
        from iam.office.changes.configuration import judge  # noqa: PLC0415 - as above

        with self.store.read() as connection:
            return judge(connection, self.keys, self.running, self.store.clock())

    def refuse_unconfirmed(self) -> None:
        """To be called before a run that gives (R19).

        Raises:
            ConfigurationError: when the configuration differs from the confirmed one.
        """
        judged = self.judged()
        if not judged.gives:
            raise ConfigurationError([judged.why_not])

    def refuse_shared_configuration(self) -> None:
        """To be called before one person alone changes what two must: only root may have written the files.

        Raises:
            ConfigurationError: when somebody else could have.
        """
        if place := writable_by_others(self.config):
            cure = "所有者を root にし、ほかの利用者が書き換えられないようにしてください。"
            raise ConfigurationError([f"{place}: root 以外も変えられる設定では、--emergency は使えません。{cure}"])

    def job(
        self,
        progress: Callable[[str, int, int], None],
        *,
        on: date | None = None,
        only: Collection[str] = (),
    ) -> Job:
        """Tonight's job, or one that rehearses `on`; `only` names the sources to read, all unless given.

        Raises:
            ConfigurationError: with every mistake in every file; NotFound: for a source that is not configured.
        """
        from web.body.job import job_for  # noqa: PLC0415 - as above

        deployment = self.deployment
        for name in only:
            if name not in deployment.sources:
                known = "、".join(deployment.sources)
                raise NotFound(f"供給元「{name}」は設定にありません。{known} から選んでください。")
        return job_for(deployment, self.store, self.actor, today=self.today, on=on, only=only, progress=progress)

    def target(self, system: str) -> Target:
        """One system, ready to be read.

        Raises:
            ConfigurationError: with every mistake in every file; NotFound: for a system that is not configured.
        """
        from web.body.connections import target_of  # noqa: PLC0415 - as above

        deployment = self.deployment
        if system not in deployment.targets:
            known = "、".join(deployment.targets) or "なし"
            raise NotFound(f"システム「{system}」は設定にありません（設定にあるもの: {known}）。")
        kind = self.settings.targets[system].kind
        return target_of(system, kind, deployment.targets[system], deployment.model.systems[system].attributes.keys())

    def policy(self, on: date | None = None) -> Policy:
        """What the body's files say to the sync on a day, today unless given.

        Raises:
            ConfigurationError: with every mistake in every file.
        """
        from web.body.job import policy_of, unit_on  # noqa: PLC0415 - as above

        deployment = self.deployment
        return policy_of(deployment, unit_on(deployment.organisation), on or self.today)
