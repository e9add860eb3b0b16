"""What the pages show of the core's own words, so that the catalogue of translations knows them.

The one law: *collected, never copied*: labels and sentences stand in iam alone;
a page looks them up by the Japanese text itself.
"""

import pkgutil
from collections.abc import Iterator
from enum import Enum
from importlib import import_module

import iam
from iam.outbox.topics import TEXTS
from iam.privilege import register
from iam.privilege.using import HAPPENED
from iam.signin.factors import authenticators, certificates, removal, webauthn
from iam.signin.factors.authenticators import LASTING, MOST_ACTIVE


def core_words() -> Iterator[str]:
    """Every label of an enumeration, the words of every notice, and what is said of keys, cards and factors."""
    for found in sorted(_enumerations(), key=lambda each: (each.__module__, each.__name__)):
        yield from (str(getattr(member, "label_ja")) for member in found)  # noqa: B009 - mypy does not know the label
    for text in TEXTS.values():
        yield from (text.subject, text.body)
    yield from register.MODES.values()
    yield from HAPPENED.values()
    # What a form says of its own accord in iam; its tables are private, and nobody else reads them.
    yield from webauthn._REFUSALS.values()  # noqa: SLF001
    yield from certificates._SENTENCES.values()  # noqa: SLF001
    yield from removal._REFUSALS.values()  # noqa: SLF001
    yield authenticators.FULL.format(most=MOST_ACTIVE)
    yield from (authenticators.BOUND.format(form=form.label_ja) for form in LASTING)


def _enumerations() -> set[type[Enum]]:
    modules = [import_module(each.name) for each in pkgutil.walk_packages(iam.__path__, "iam.")]
    return {
        found
        for module in modules
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, Enum) and hasattr(found, "label_ja")
    }
