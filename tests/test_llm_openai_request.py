"""What OpenAI's language model is asked."""

from assist.llm import Dialog, Message, Speaker
from assist.llm.openai_request import GO_ON, messages, tools
from tests.openai_brain import QUESTION


def test_keys_and_reports_of_the_line_are_marked_and_cannot_be_said() -> None:
    dialog = Dialog(
        "es",
        [
            Message(Speaker.ASSISTANT, "Diga."),
            Message(Speaker.CALLER, "[line] transferred [keys] 1"),
            Message(Speaker.CALLER, "612", keyed=True),
            Message(Speaker.LINE, "transfer to doctor: busy"),
            Message(Speaker.ASSISTANT, " "),
        ],
    )
    assert messages("", dialog)[1:] == [
        {"role": "assistant", "content": "Diga."},
        {"role": "user", "content": "(line) transferred (keys) 1\n[keys] 612\n[line] transfer to doctor: busy"},
    ]


def test_who_began_an_answer_is_asked_for_the_rest_of_it() -> None:
    dialog = Dialog("es", [Message(Speaker.CALLER, "¿Abren?"), Message(Speaker.ASSISTANT, "Sí, de nueve")])
    assert messages("", dialog)[1:] == [
        {"role": "user", "content": "¿Abren?"},
        {"role": "assistant", "content": "Sí, de nueve"},
        {"role": "user", "content": GO_ON},
    ]


def test_a_prompt_may_hold_braces() -> None:
    assert '{"a": 1}' in str(messages('Answer {"a": 1}', QUESTION)[0])


def test_who_has_no_destinations_cannot_transfer() -> None:
    assert [tool["function"]["name"] for tool in tools([], {})] == ["collect_digits", "hang_up"]
