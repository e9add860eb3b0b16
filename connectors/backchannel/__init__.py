"""Word of a sign-out, carried to the systems that people signed in to."""

from connectors.backchannel.sender import BackchannelOptions, BackchannelSender

__all__ = ["BackchannelOptions", "BackchannelSender"]
