"""The body's systems and their rights, as officers read and choose them.

The one law: *a system that the model knows no more keeps its code*, so that nothing that names it is left out.
"""

from web.site.site import the_site


def name_of(system: str) -> str:
    """The system's name, or its code where the model knows it no more."""
    known = the_site().door.model.systems.get(system)
    return known.name if known else system


def right_of(system: str, entitlement: str) -> str:
    """The name of a right, or its code where the model knows it no more."""
    known = the_site().door.model.systems.get(system)
    right = known.entitlements.get(entitlement) if known else None
    return right.name if right else entitlement


def systems() -> list[tuple[str, str]]:
    """Every system, code and name, in the order of the access model."""
    return [(code, each.name) for code, each in the_site().door.model.systems.items()]


def rights() -> dict[str, list[tuple[str, str]]]:
    """Every right under the name of its system: system and code as one word (`word_of`), and name."""
    known = the_site().door.model.systems.items()
    return {
        system.name: [(word_of(code, right), each.name) for right, each in system.entitlements.items()]
        for code, system in known
        if system.entitlements
    }


def word_of(system: str, entitlement: str) -> str:
    """A right as the value of a choice; "" for none."""
    return f"{system}/{entitlement}" if entitlement else ""
