"""The blocklist: passwords that everybody tries first, held offline.

The one law: *the answer needs no network* (R30, ASVS 6.2.4, 6.2.12).
"""


def listed(word: str) -> bool:
    """Whether `word`, in comparable form, is among the passwords that everybody tries first."""
    raise NotImplementedError
