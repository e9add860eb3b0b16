from typing import Any

from markupsafe import Markup
from wtforms import Form

class FlaskForm(Form):
    def __init__(self, formdata: Any = ..., **kwargs: Any) -> None: ...  # noqa: ANN401 - as the library has it
    def is_submitted(self) -> bool: ...
    def validate_on_submit(self, extra_validators: Any = ...) -> bool: ...  # noqa: ANN401
    def hidden_tag(self, *fields: str) -> Markup: ...
