"""The technical configuration of one deployment: what an operator writes in `iam.toml`, and the environment."""

from iam.settings.file import (
    CONFIG_VARIABLE,
    PASSWORD_VARIABLE,
    VARIABLES,
    Settings,
    SourceSettings,
    TargetSettings,
    load,
)
from iam.settings.portal import MAIL_VARIABLE, Backchannel, Certificates, Mail, Portal, Security
from iam.settings.saml import Saml

__all__ = [
    "CONFIG_VARIABLE",
    "MAIL_VARIABLE",
    "PASSWORD_VARIABLE",
    "VARIABLES",
    "Backchannel",
    "Certificates",
    "Mail",
    "Portal",
    "Saml",
    "Security",
    "Settings",
    "SourceSettings",
    "TargetSettings",
    "load",
]
