"""The access model: systems with zone and owner, entitlements, and the table of birthrights (標準付与).

The one law: whatever is given has a rule, and every rule names its clause.
The model is one TOML file that an officer can read; `AccessModel.load` reports
every mistake in it at once.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from fnmatch import fnmatchcase
from string import Formatter
from typing import Self

from pydantic import Field, IPvAnyNetwork

from iam.errors import ConfigurationError
from iam.handwritten import Frozen, parse_toml, validated

ATTRIBUTE_FIELDS = frozenset(
    {
        "staff_number", "login", "name", "family", "given", "name_kana", "email",
        "org_code", "org_name", "department", "title", "category", "system",
    }
)  # fmt: skip
"""What an attribute's template may name."""

LOGIN_FIELDS = frozenset({"staff_number", "family_romaji", "given_romaji", "given_initial", "email_local"})
"""What a naming template may name."""


class Keep(StrEnum):
    """What becomes of an account while its holder is away."""

    KEEP = "keep"
    SUSPEND = "suspend"


class Entitlement(Frozen):
    """A right inside a system.  `name` is what officers read.

    `privileged`: held during a use of a privileged ID and at no other time (OITA-S8.2.1.3a, R12).
    """

    name: str
    privileged: bool = False


class System(Frozen):
    """A thing people sign in to.

    `naming` is the template of logins; a collision appends 2, 3, …; a login is
    never used again (R42 `sub` never reassigned).  `attributes` maps the
    target's attribute to a template.  `delete_after_retention` allows deletion
    once the profile's retention is over; else an account stays disabled.
    `dedicated`: only terminals that are set apart for it let anybody in (専用端末,
    OITA-S5.1.2.1).  `provisioned` False: no connector feeds it; its IDs are those
    of whoever has a right to it today, and the sync leaves it alone.
    `through`: addresses of jump servers (踏み台): a log that names one does not say where somebody stands.
    `production` False: it serves development or tests, so IDs of development and tests belong there (OITA-S8.3.2.2a).
    """

    name: str
    zone: str = ""
    owner: str
    naming: str = "{staff_number}"
    attributes: Mapping[str, str] = Field(default_factory=dict)
    entitlements: Mapping[str, Entitlement] = Field(default_factory=dict)
    on_leave: Keep = Keep.SUSPEND
    while_away: Keep = Keep.SUSPEND
    delete_after_retention: bool = False
    dedicated: bool = False
    provisioned: bool = True
    through: tuple[IPvAnyNetwork, ...] = ()
    production: bool = True

    def gives_privilege(self, entitlement: str) -> bool:
        """Whether a right of this system may be held during a use of a privileged ID alone (R12)."""
        right = self.entitlements.get(entitlement)
        return right is not None and right.privileged


class Which(StrEnum):
    """Which posts a birthright looks at."""

    ANY = "any"
    PRIMARY = "primary"
    CONCURRENT = "concurrent"


class Birthright(Frozen):
    """A rule that gives entitlements by post, unit or category.  An empty condition means any.

    `org` and `title` are patterns (`0101*`); `post` narrows to the primary
    (本務) or to concurrent (併任) posts.
    """

    id: str
    clause: str
    system: str
    entitlements: tuple[str, ...] = ()
    org: tuple[str, ...] = ()
    title: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    post: Which = Which.ANY
    note: str = ""

    def covers(self, *, org_code: str, title_code: str, category: str, concurrent: bool) -> bool:
        """Whether a post earns what this rule gives."""
        if self.post is not Which.ANY and (self.post is Which.CONCURRENT) is not concurrent:
            return False
        if self.category and category not in self.category:
            return False
        return _matches(self.org, org_code) and _matches(self.title, title_code)


def _matches(patterns: Iterable[str], value: str) -> bool:
    patterns = tuple(patterns)
    return not patterns or any(fnmatchcase(value, pattern) for pattern in patterns)


class AccessModel(Frozen):
    """All systems and all birthrights of the body."""

    systems: Mapping[str, System]
    birthright: tuple[Birthright, ...] = ()

    @classmethod
    def parse(cls, text: str, place: str) -> Self:
        """The model that `text` (TOML) says.  `place` names the file in messages.

        Raises:
            ConfigurationError: with every mistake found.
        """
        model = validated(cls, parse_toml(text, place), source=place)
        problems = [f"{place}: {problem}" for problem in model.problems()]
        if problems:
            raise ConfigurationError(problems)
        return model

    def problems(self) -> list[str]:
        """What does not fit together inside the model, each in one sentence."""
        found: list[str] = []
        for code, system in self.systems.items():
            found += _unknown_fields(f"systems.{code}.naming", system.naming, LOGIN_FIELDS)
            for attribute, template in system.attributes.items():
                found += _unknown_fields(f"systems.{code}.attributes.{attribute}", template, ATTRIBUTE_FIELDS)
        seen: set[str] = set()
        for rule in self.birthright:
            if rule.id in seen:
                found.append(f"birthright の id「{rule.id}」が重複しています。別の id にしてください。")
            seen.add(rule.id)
            found += self._dangling(rule)
        return found

    def _dangling(self, rule: Birthright) -> list[str]:
        system = self.systems.get(rule.system)
        if system is None:
            known = "、".join(self.systems)
            return [
                f"birthright「{rule.id}」の system「{rule.system}」がありません。{known} のいずれかにしてください。"
            ]
        return [
            f"birthright「{rule.id}」の権限「{name}」が systems.{rule.system}.entitlements にありません。"
            for name in rule.entitlements
            if name not in system.entitlements
        ] + [
            f"birthright「{rule.id}」の権限「{name}」は特権（privileged）のため、標準付与にできません。特権IDの台帳に"
            "登録し、利用のたびに与えてください。"
            for name in rule.entitlements
            if system.gives_privilege(name)
        ]

    def unknown(self, *, zones: Iterable[str], categories: Iterable[str], clauses: Iterable[str]) -> list[str]:
        """What the model names and the profile does not know, each in one sentence."""
        zones, categories, clauses = set(zones), set(categories), set(clauses)
        found = [
            f"systems.{code}.zone「{system.zone}」はポリシープロファイルの領域（{'、'.join(sorted(zones))}）にありません。"
            for code, system in self.systems.items()
            if system.zone and system.zone not in zones
        ]
        for rule in self.birthright:
            found += [f"birthright「{rule.id}」の任用区分「{c}」はプロファイルにありません。"
                      for c in rule.category if c not in categories]  # fmt: skip
            if rule.clause != "baseline" and rule.clause not in clauses:
                found.append(f"birthright「{rule.id}」の条項「{rule.clause}」が条項一覧にありません。")
        return found

    @property
    def fed(self) -> Self:
        """The model as the sync sees it: the systems that a connector feeds, and what is given in them."""
        systems = {code: system for code, system in self.systems.items() if system.provisioned}
        rules = tuple(rule for rule in self.birthright if rule.system in systems)
        return self.model_copy(update={"systems": systems, "birthright": rules})

    @property
    def digest(self) -> str:
        """Changes whenever anything in the model does."""
        return hashlib.sha256(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()


def _unknown_fields(place: str, template: str, allowed: frozenset[str]) -> list[str]:
    try:
        names = [name for _, name, _, _ in Formatter().parse(template) if name is not None]
    except ValueError:
        return [f"{place}: 「{template}」の {{ }} が閉じていません。"]
    return [
        f"{place}: 「{{{name}}}」は使えません。使えるのは {'、'.join(sorted(allowed))} です。"
        for name in names
        if name not in allowed
    ]
