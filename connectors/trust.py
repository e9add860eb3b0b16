"""Whom a connection trusts: the authorities of a PEM file, or those of the host.

The one law: *no connection without a certificate that was checked*.
"""

import ssl
from pathlib import Path

from iam.errors import ConfigurationError


def trusting(ca_file: Path | None, key: str) -> ssl.SSLContext:
    """TLS towards servers whose authority stands in `ca_file`; None: one that the host knows.  `key` of the setting.

    Raises:
        ConfigurationError: when the file cannot be read.
    """
    try:
        return ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except (OSError, ssl.SSLError) as error:
        cure = "認証局の証明書（PEM）を置き、読み取り権限を確かめてください。"
        raise ConfigurationError([f"{key}: {ca_file} を読めません。{cure}"]) from error
