from collections.abc import Sequence

from authlib.oauth2.rfc6749 import OAuth2Request, TokenMixin
from authlib.oauth2.rfc6749.grants import Ours

class IntrospectionEndpoint:
    ENDPOINT_NAME: str
    CLIENT_AUTH_METHODS: Sequence[str]
    def query_token(self, token_string: str, token_type_hint: str | None) -> TokenMixin | None: ...
    def check_permission(self, token: Ours, client: Ours, request: OAuth2Request) -> bool: ...
    def introspect_token(self, token: Ours) -> dict[str, object]: ...
