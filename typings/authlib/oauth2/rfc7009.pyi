from collections.abc import Sequence

from authlib.oauth2.rfc6749 import OAuth2Request, TokenMixin
from authlib.oauth2.rfc6749.grants import Ours

class RevocationEndpoint:
    ENDPOINT_NAME: str
    CLIENT_AUTH_METHODS: Sequence[str]
    def query_token(self, token_string: str, token_type_hint: str | None) -> TokenMixin | None: ...
    def revoke_token(self, token: Ours, request: OAuth2Request) -> None: ...
