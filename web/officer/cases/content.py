"""What a page shows of a case's content.

The one law: *words only*: whoever makes one has read them from the content that the confirmation is bound to.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from web.officer.clients.words import Row

Fact = tuple[str, str]


@dataclass(frozen=True)
class Part:
    """Rows that belong together, under a name; `shown`: without being opened first."""

    name: str
    rows: Sequence[Row]
    shown: bool = True


@dataclass(frozen=True)
class Content:
    """What is asked for.  `facts`: beside the person; `agreed`: what is agreed with a client; `effects`: a sentence
    each; `title`: where there is more to say than the kind of the case."""

    facts: Sequence[Fact] = ()
    agreed: Sequence[Row] = ()
    effects: Sequence[str] = ()
    title: str = ""
    parts: Sequence[Part] = ()
    heading: str = ""
    """Above `parts`."""
