"""Files of hardware tokens' seeds, as their makers deliver them: PSKC and CSV."""

from connectors.tokens.content import TokenFile, Unlock
from connectors.tokens.reading import LARGEST, key_of, read_tokens

__all__ = ["LARGEST", "TokenFile", "Unlock", "key_of", "read_tokens"]
