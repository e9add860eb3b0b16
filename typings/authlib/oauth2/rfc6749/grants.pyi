from collections.abc import Sequence
from typing import Any, TypeAlias

from authlib.oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin, OAuth2Request, TokenMixin

# Where the library hands back what it was given (a client, a code, a token), it takes whatever that is.
Ours: TypeAlias = Any

class BaseGrant:
    TOKEN_ENDPOINT_AUTH_METHODS: Sequence[str]
    GRANT_TYPE: str
    request: OAuth2Request
    server: AuthorizationServer
    redirect_uri: str | None
    prompt: str | None
    @property
    def client(self) -> ClientMixin: ...
    def generate_token(
        self,
        user: object = None,
        scope: str | None = None,
        grant_type: str | None = None,
        expires_in: int | None = None,
        include_refresh_token: bool = True,
    ) -> dict[str, object]: ...
    def validate_token_request(self) -> None: ...

class AuthorizationCodeGrant(BaseGrant):
    def generate_authorization_code(self) -> str: ...
    def save_authorization_code(self, code: str, request: OAuth2Request) -> None: ...
    def query_authorization_code(self, code: str, client: Ours) -> AuthorizationCodeMixin | None: ...
    def delete_authorization_code(self, authorization_code: Ours) -> None: ...
    def authenticate_user(self, authorization_code: Ours) -> object: ...

class RefreshTokenGrant(BaseGrant):
    INCLUDE_NEW_REFRESH_TOKEN: bool
    def authenticate_refresh_token(self, refresh_token: str) -> TokenMixin | None: ...
    def authenticate_user(self, refresh_token: Ours) -> object: ...
    def revoke_old_credential(self, refresh_token: Ours) -> None: ...
