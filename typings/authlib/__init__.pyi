# The part of Authlib that we use; the library ships no types.
