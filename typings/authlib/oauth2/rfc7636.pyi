from collections.abc import Sequence

from authlib.oauth2.rfc6749.grants import BaseGrant

class CodeChallenge:
    DEFAULT_CODE_CHALLENGE_METHOD: str
    SUPPORTED_CODE_CHALLENGE_METHOD: Sequence[str]
    def __init__(self, required: bool = True) -> None: ...
    def __call__(self, grant: BaseGrant) -> None: ...
    def validate_code_challenge(self, grant: BaseGrant, redirect_uri: str) -> None: ...
