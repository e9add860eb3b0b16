# The part of Flask-WTF that we use; the library ships no types.
