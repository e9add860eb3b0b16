"""Default names: accounts that products bring with them, and that everybody who attacks tries first.

The one law: *one list*: what the register warns of and what the scan reports is the same (R16, OITA-S8.2.1.3f).
"""

import re
from typing import Final

from iam.access.naming import comparable_login

DEFAULT_NAMES: Final = frozenset(
    {
        "administrator", "admin", "root", "sa", "sys", "system", "sysadmin", "superuser", "super", "supervisor",
        "guest", "user", "test", "default", "operator", "manager", "toor", "postgres", "mysql", "oracle", "db2admin",
        "db2inst1", "informix", "sysdba", "dbsnmp", "tomcat", "weblogic", "wasadmin", "jboss", "nagios", "zabbix",
        "cisco", "enable", "ubnt", "pi", "ec2-user", "ubuntu", "vagrant", "ansible", "jenkins", "support",
        "defaultaccount", "krbtgt", "wdagutilityaccount", "hinemos", "netapp", "vsphere.local\\administrator",
    }
)  # fmt: skip
"""Comparable logins."""

_NUMBERED: Final = re.compile(r"(admin|administrator|root|test|guest|user)[-_.]?\d{1,3}")


def is_default_name(login: str) -> bool:
    """Whether `login` is a name that a product brings with it, in any case or width, or one with a number behind it."""
    name = comparable_login(login).strip()
    return name in DEFAULT_NAMES or _NUMBERED.fullmatch(name) is not None
