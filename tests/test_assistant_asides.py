"""Parts of a text that depend on a slot."""

import pytest

from assist.assistant.asides import worded

TEXT = "Para {name}[phone:, con el teléfono {phone}].[no phone: Llámenos.]"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": "Ana", "phone": "uno"}, "Para Ana, con el teléfono uno."),
        ({"name": "Ana"}, "Para Ana. Llámenos."),
    ],
)
def test_an_aside_is_said_only_with_its_slot(values: dict[str, str], said: str) -> None:
    assert worded(TEXT, values) == said


def test_brackets_that_name_no_slot_stay() -> None:
    assert worded("a [b] c", {}) == "a [b] c"
