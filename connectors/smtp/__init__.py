"""The body's mail server, by SMTP."""

from connectors.smtp.mailer import SmtpMailer, SmtpOptions

__all__ = ["SmtpMailer", "SmtpOptions"]
