"""What staff read of the system that they are on the way to.

The one law: *every door calls a system by the name that the body gave it*; by that of the client only where the model
knows the system no more.
"""

from iam.signin.tokens.clients import Client
from web.site.site import the_site


def system_name(client: Client) -> str:
    """The system as staff know it."""
    system = the_site().door.model.systems.get(client.system)
    return client.name if system is None else system.name
