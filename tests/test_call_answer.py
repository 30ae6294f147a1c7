"""Who answered, decided on scripted timelines."""

from itertools import permutations

import pytest

from assist.call.answer import TO_BEEP, TO_COME, TO_END, TO_HELLO, TO_REPLY, Act, Answer
from assist.call.answer_events import Beeped, Began, Event, Finished, Intercepted, Keyed, Paused, Quiet, Words
from assist.call.answer_words import Kind

HELLO = (Began(0, 0.5), Paused(0, 0.5))
LEAVE_ONE = "Deje su mensaje después de la señal."
WHO_CALLS = "Diga su nombre y el motivo de su llamada."
MENU = "Para ventas, marque uno."
SWITCHED_OFF = "El teléfono al que llama está apagado o fuera de cobertura."
STRANGE = "Talleres López y familia."
"""Nobody can tell who says so."""


def acts(answer: Answer, *events: Event) -> list[Act]:
    """Return what *answer* does about *events*, nothing left out."""
    return [act for act in map(answer.feed, events) if act]


def willing() -> Answer:
    return Answer(leaves_message=True, introduces=True)


def test_a_person_is_greeted_at_the_first_pause_and_talked_to() -> None:
    answer = willing()
    assert acts(answer, *HELLO) == [Act.GREET]
    assert acts(answer, Words(0, "¿Hola?", 0.5), Finished()) == []
    assert acts(answer, Began(1, 6.0), Paused(1, 1.0), Words(1, "¿Qué quiere?", 1.0)) == [Act.CONVERSE]
    assert answer.kind is Kind.HUMAN


def test_silence_is_greeted_and_nobody_is_known() -> None:
    answer = willing()
    assert answer.patience == TO_HELLO
    assert acts(answer, Quiet()) == [Act.GREET]
    assert acts(answer, Finished()) == []
    assert answer.patience == TO_REPLY
    assert acts(answer, Quiet()) == [Act.CONVERSE]
    assert answer.kind is None


def test_a_longer_sentence_is_greeted_once_its_words_are_a_persons() -> None:
    answer = willing()
    assert acts(answer, Began(0, 0.5), Paused(0, 3.5)) == []
    assert acts(answer, Words(0, "Clínica Sonrisa, le atiende María, ¿dígame?", 3.5)) == [Act.GREET]


def test_a_cough_counts_as_a_hello() -> None:
    assert acts(willing(), Began(0, 0.5), Paused(0, 0.1), Words(0, "", 0.1)) == [Act.GREET]


def test_a_long_noise_is_no_hello() -> None:
    answer = willing()
    assert acts(answer, Began(0, 0.5), Paused(0, 3.0), Words(0, "", 3.0)) == []
    assert answer.patience == TO_HELLO


def test_who_goes_on_after_the_first_pause_is_let_finish_and_greeted_again() -> None:
    answer = willing()
    assert acts(answer, *HELLO, Began(0, 0.5), Paused(0, 1.2)) == [Act.GREET, Act.HUSH, Act.GREET]
    assert acts(answer, Words(0, "¿Sí? ¿Quién es?", 1.2)) == []


def test_who_goes_on_for_long_is_greeted_after_the_words() -> None:
    answer = willing()
    assert acts(answer, *HELLO, Began(0, 0.5), Paused(0, 4.0)) == [Act.GREET, Act.HUSH]
    assert acts(answer, Words(0, "Hola, buenas, soy María, la recepcionista.", 4.0)) == [Act.GREET]


def test_a_voicemail_is_left_the_message_at_its_beep() -> None:
    answer = willing()
    assert acts(answer, Began(0, 0.5), Paused(0, 4.0), Words(0, LEAVE_ONE, 4.0)) == [Act.HUSH]
    assert answer.patience == TO_BEEP
    assert acts(answer, Beeped(5.0, 5.4), Finished()) == [Act.LEAVE_MESSAGE, Act.HANG_UP]
    assert answer.kind is Kind.VOICEMAIL


def test_a_beep_that_comes_before_the_words_is_enough() -> None:
    assert acts(willing(), Began(0, 0.5), Paused(0, 4.0), Beeped(5.0, 5.4)) == [Act.LEAVE_MESSAGE]


def test_a_beep_before_anybody_spoke_is_the_networks() -> None:
    assert acts(willing(), Beeped(5.0, 5.4), *HELLO) == [Act.GREET]


def test_a_beep_over_the_greeting_makes_a_machine_of_a_person() -> None:
    answer = willing()
    assert acts(answer, Began(0, 0.5), Paused(0, 1.5), Beeped(5.0, 5.4)) == [Act.GREET, Act.LEAVE_MESSAGE]
    assert answer.kind is Kind.VOICEMAIL


def test_a_voicemail_that_does_not_beep_is_left_the_message_in_its_silence_and_again_after_a_late_beep() -> None:
    answer = willing()
    assert acts(answer, Began(0, 0.5), Paused(0, 4.0), Words(0, LEAVE_ONE, 4.0), Quiet()) == [
        Act.HUSH,
        Act.LEAVE_MESSAGE,
    ]
    assert acts(answer, Beeped(5.0, 5.4), Beeped(5.0, 5.4)) == [Act.LEAVE_MESSAGE]


def test_a_greeting_in_two_halves_is_a_voicemail_by_the_second() -> None:
    answer = willing()
    assert acts(answer, *HELLO, Words(0, "Hola.", 0.5), Began(1, 1.5)) == [Act.GREET, Act.HUSH]
    assert acts(answer, Paused(1, 3.0), Words(1, LEAVE_ONE, 3.0)) == [Act.HUSH]
    assert acts(answer, Beeped(5.0, 5.4)) == [Act.LEAVE_MESSAGE]


def test_a_monologue_without_known_words_is_a_machine() -> None:
    assert acts(willing(), Began(0, 0.5), Paused(0, 9.0), Words(0, "Hola a todos y tal.", 9.0)) == [Act.HUSH]


def test_without_a_message_a_voicemail_is_hung_up_on() -> None:
    answer = Answer()
    assert acts(answer, Began(0, 0.5), Paused(0, 4.0), Words(0, LEAVE_ONE, 4.0)) == [Act.HANG_UP]
    assert answer.kind is Kind.VOICEMAIL


@pytest.mark.parametrize(
    ("words", "kind"),
    [(MENU, Kind.IVR), ("El número marcado no existe.", Kind.INVALID)],
)
def test_a_menu_and_a_number_that_does_not_exist_are_hung_up_on(words: str, kind: Kind) -> None:
    answer = willing()
    assert acts(answer, Began(0, 0.5), Paused(0, 4.0), Words(0, words, 4.0)) == [Act.HANG_UP]
    assert answer.kind is kind


def test_who_cannot_be_reached_is_hung_up_on_once_nothing_more_is_said() -> None:
    answer = willing()
    assert acts(answer, Began(0, 0.5), Paused(0, 4.0), Words(0, SWITCHED_OFF, 4.0)) == [Act.HUSH]
    assert answer.patience == TO_END
    assert acts(answer, Quiet()) == [Act.HANG_UP]
    assert answer.kind is Kind.UNAVAILABLE


def test_an_announcement_that_is_said_again_and_again_is_hung_up_on() -> None:
    answer = willing()
    acts(answer, Began(0, 0.5), Paused(0, 4.0), Words(0, SWITCHED_OFF, 4.0))
    assert acts(answer, Began(1, 6.0), Paused(1, 4.0), Words(1, SWITCHED_OFF, 4.0)) == [Act.HANG_UP]
    assert answer.kind is Kind.UNAVAILABLE


@pytest.mark.parametrize("then", [(Words(1, LEAVE_ONE, 2.0), Beeped(9.0, 9.4)), (Words(1, "", 2.0), Beeped(9.0, 9.4))])
def test_who_cannot_be_reached_may_have_a_voicemail(then: tuple[Event, ...]) -> None:
    answer = willing()
    acts(answer, Began(0, 0.5), Paused(0, 4.0), Words(0, SWITCHED_OFF, 4.0))
    assert acts(answer, Began(1, 6.0), Paused(1, 2.0), *then)[-1] is Act.LEAVE_MESSAGE
    assert answer.kind is Kind.VOICEMAIL


def test_after_the_three_notes_the_network_says_why_nobody_can_be_reached() -> None:
    answer = willing()
    assert acts(answer, Intercepted(), Quiet()) == [Act.HUSH, Act.HANG_UP]
    assert answer.kind is Kind.UNAVAILABLE
    answer = willing()
    acts(answer, Intercepted(), Began(0, 1.5), Paused(0, 3.0))
    assert acts(answer, Words(0, "El número marcado no existe.", 3.0)) == [Act.HANG_UP]
    assert answer.kind is Kind.INVALID


def test_a_machine_that_asks_who_calls_is_told_and_a_person_may_come() -> None:
    answer = willing()
    assert acts(answer, Began(0, 0.5), Paused(0, 4.0), Words(0, WHO_CALLS, 4.0)) == [Act.INTRODUCE]
    assert acts(answer, Finished()) == []
    assert answer.patience == TO_COME
    assert acts(answer, Began(1, 6.0), Paused(1, 1.0), Words(1, "Gracias, espere.", 1.0)) == []
    assert acts(answer, Began(2, 12.0), Paused(2, 0.5), Words(2, "¿Diga?", 0.5)) == [Act.GREET]
    assert answer.kind is Kind.HUMAN


def test_nobody_who_comes_leaves_it_screened() -> None:
    answer = willing()
    assert acts(answer, Began(0, 0.5), Words(0, WHO_CALLS, 4.0), Finished(), Quiet()) == [Act.INTRODUCE, Act.HANG_UP]
    assert answer.kind is Kind.SCREENED


def test_a_machine_that_asked_who_calls_may_take_a_message_instead() -> None:
    answer = willing()
    acts(answer, Began(0, 0.5), Words(0, WHO_CALLS, 4.0), Finished())
    assert acts(answer, Began(1, 6.0), Words(1, f"No está disponible. {LEAVE_ONE}", 4.0)) == [Act.HUSH]
    assert answer.kind is Kind.VOICEMAIL


def test_a_machine_that_asks_again_and_again_is_hung_up_on() -> None:
    answer = willing()
    asked = [acts(answer, Began(time, 10.0 * time), Words(time, WHO_CALLS, 4.0), Finished()) for time in range(3)]
    assert asked == [[Act.INTRODUCE], [Act.INTRODUCE], [Act.HANG_UP]]


def test_who_asks_who_calls_is_hung_up_on_where_there_is_nothing_to_tell() -> None:
    assert acts(Answer(leaves_message=True), Began(0, 0.5), Words(0, WHO_CALLS, 4.0)) == [Act.HANG_UP]


@pytest.mark.parametrize("words", ["", "¿Sí?", "¿Quién es?"])
def test_a_noise_or_another_hello_over_the_greeting_only_delays_it(words: str) -> None:
    answer = willing()
    acts(answer, *HELLO, Words(0, "¿Hola?", 0.5))
    assert acts(answer, Began(1, 6.0), Paused(1, 0.5), Words(1, words, 0.5)) == [Act.HUSH, Act.GREET]


def test_what_is_said_over_the_greeting_is_talked_about() -> None:
    answer = willing()
    acts(answer, *HELLO, Words(0, "¿Hola?", 0.5))
    assert acts(answer, Began(1, 6.0), Paused(1, 1.0), Words(1, "No me interesa.", 1.0)) == [Act.HUSH, Act.CONVERSE]


def test_the_words_of_the_hello_are_no_answer_to_the_greeting_however_late() -> None:
    answer = willing()
    assert acts(answer, *HELLO, Finished(), Words(0, "¿Hola?", 0.5)) == [Act.GREET]


def test_words_are_waited_for_while_more_is_said() -> None:
    answer = willing()
    acts(answer, *HELLO, Words(0, "¿Hola?", 0.5), Finished())
    assert acts(answer, Began(1, 6.0), Began(2, 12.0), Words(1, "Sí.", 0.4)) == []
    assert acts(answer, Words(2, "¿Quién es?", 0.4)) == [Act.CONVERSE]


def test_keys_before_the_greeting_are_a_hello_and_after_it_an_answer() -> None:
    answer = willing()
    assert acts(answer, Keyed(), Keyed()) == [Act.GREET, Act.CONVERSE]
    assert answer.kind is Kind.HUMAN


# What is told late, or in another order


def interleaved(*streams: tuple[Event, ...]) -> list[list[Event]]:
    """Return all orders in which *streams* can be told, each in its own order."""
    labels = [number for number, stream in enumerate(streams) for _ in stream]
    return [_dealt(order, streams) for order in sorted(set(permutations(labels)))]


def _dealt(order: tuple[int, ...], streams: tuple[tuple[Event, ...], ...]) -> list[Event]:
    hands = [iter(stream) for stream in streams]
    return [next(hands[number]) for number in order]


@pytest.mark.parametrize("understood", ["", STRANGE, LEAVE_ONE])
def test_a_voicemail_is_one_in_whatever_order_its_voice_its_beep_and_its_words_are_told(understood: str) -> None:
    told = (Began(0, 0.5), Paused(0, 3.5), Began(1, 4.3), Paused(1, 0.4))
    words = ((Words(0, understood, 3.5),), (Words(1, "", 0.4),))
    for order in interleaved(told, (Beeped(4.3, 4.7),), *words):
        if any(order.index(said) < order.index(paused) for (said,), paused in zip(words, told[1::2], strict=True)):
            continue
        answer = willing()
        done = acts(answer, *order)
        assert (done[-1], answer.kind) == (Act.LEAVE_MESSAGE, Kind.VOICEMAIL), order
        assert Act.CONVERSE not in done


def test_a_voicemail_that_pauses_after_its_hello_is_one_in_whatever_order_it_is_told() -> None:
    hello = (Began(0, 0.5), Paused(0, 0.6), Words(0, "Hola.", 0.6))
    rest = (Began(1, 2.0), Paused(1, 3.0))
    for order in interleaved(hello, rest, (Beeped(5.5, 6.0),)):
        answer = willing()
        assert Act.LEAVE_MESSAGE in acts(answer, *order), order
        assert answer.kind is Kind.VOICEMAIL


def test_a_beep_right_after_a_voice_that_has_not_paused_yet_waits_for_the_pause() -> None:
    answer = willing()
    assert acts(answer, Began(0, 0.5), Beeped(4.0, 4.4)) == []
    assert acts(answer, Paused(0, 3.9)) == [Act.LEAVE_MESSAGE]


def test_voice_after_a_beep_makes_no_voicemail_of_it() -> None:
    answer = willing()
    assert acts(answer, Began(0, 0.5), Beeped(1.0, 1.2), Began(0, 1.6), Paused(0, 3.5)) == []
    assert acts(answer, Words(0, "Clínica Sonrisa, ¿dígame?", 3.5)) == [Act.GREET]
    assert answer.kind is Kind.HUMAN


def test_to_have_talked_first_makes_nobody_a_person() -> None:
    answer = willing()
    assert acts(answer, *HELLO, Finished()) == [Act.GREET]
    assert answer.kind is None
    acts(answer, Words(0, "¿Sí, dígame?", 0.5))
    assert answer.kind is Kind.HUMAN


def test_a_long_sentence_was_likely_a_machines_if_nothing_else_tells() -> None:
    answer = willing()
    likely = []
    for event in (Began(0, 0.5), Paused(0, 3.5), Words(0, "Clínica Sonrisa, le atiende María, ¿dígame?", 3.5)):
        answer.feed(event)
        likely.append((answer.kind, answer.likely))
    assert likely == [(None, None), (None, Kind.VOICEMAIL), (Kind.HUMAN, Kind.HUMAN)]


def test_a_short_word_tells_nothing_by_its_length() -> None:
    answer = willing()
    acts(answer, *HELLO)
    assert answer.likely is None


def test_the_words_of_a_machine_undo_a_person_however_late_they_come() -> None:
    answer = willing()
    assert acts(answer, *HELLO, Finished(), Began(1, 4.0), Paused(1, 3.0)) == [Act.GREET]
    assert acts(answer, Words(0, "Hola.", 0.5)) == []
    assert acts(answer, Words(1, LEAVE_ONE, 3.0)) == [Act.HUSH]
    assert answer.kind is Kind.VOICEMAIL
