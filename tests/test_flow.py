"""Conversations with the clinic that ships, at a fixed time: Monday, 23 November 2026, half past ten."""

from datetime import datetime
from pathlib import Path

import pytest

from assist.assistant import load
from assist.llm import HangUp, Message, Speaker, Transfer
from tests.conversation import MADRID, MONDAY_MORNING, Conversation

READ_BACK = (
    "Le repito. Una cita el martes veinticuatro de noviembre, a las diez y media de la mañana, a nombre de "
    "Ana García López, con el teléfono seis uno dos, tres cuatro cinco, seis siete ocho. ¿Es correcto?"
)


async def booked_up_to_the_read_back() -> Conversation:
    call = Conversation()
    await call.says("quiero pedir una cita")
    await call.says("el martes")
    await call.says("a las diez y media")
    await call.says("Ana García López")
    assert (await call.says("seis uno dos tres cuatro cinco seis siete ocho")).endswith(READ_BACK)
    return call


# Booking


async def test_an_appointment_is_asked_for_read_back_and_noted() -> None:
    call = Conversation()
    assert await call.says("quiero pedir una cita") == "Con mucho gusto. ¿Para qué día la quiere?"
    assert await call.says("el martes") == "De acuerdo. ¿A qué hora le viene bien?"
    assert await call.says("a las diez y media") == "Perfecto. ¿A nombre de quién?"
    assert await call.says("Ana García López") == "Muy bien. ¿Y un teléfono de contacto?"
    assert await call.says("seis uno dos tres cuatro cinco seis siete ocho") == f"De acuerdo. {READ_BACK}"
    assert "booked" not in [name for name, value in call.dialog.notes.items() if value]
    assert await call.says("sí, correcto") == (
        "Muy bien. Queda anotada su petición para el martes veinticuatro de noviembre, a las diez y media de la "
        "mañana. Recepción le llamará para confirmarla. ¿Necesita algo más?"
    )
    assert call.dialog.notes["booked"] is True
    assert call.dialog.notes["slots"] == {
        "date": "2026-11-24",
        "time": "10:30",
        "name": "Ana García López",
        "phone": "+34612345678",
    }
    assert (await call.says("no, gracias")).endswith("Adiós.")
    assert call.ending == HangUp()


async def test_what_the_first_sentence_says_is_not_asked_again() -> None:
    call = Conversation()
    said = await call.says("quiero una cita mañana a las diez a nombre de Luis Pérez")
    assert said == "Con mucho gusto. ¿Y un teléfono de contacto?"


async def test_day_and_time_in_one_breath_are_both_taken() -> None:
    call = Conversation()
    await call.says("quiero pedir una cita")
    assert await call.says("el jueves a las cinco de la tarde") == "De acuerdo. ¿A nombre de quién?"


async def test_an_appointment_in_english() -> None:
    call = Conversation("en")
    assert await call.says("I would like to make an appointment") == "With pleasure. Which day would you like?"
    assert await call.says("on Thursday at half past four") == "All right. Under what name?"
    assert await call.says("John Smith") == "Perfect. And a telephone number to reach you?"
    assert "half past four in the afternoon, under the name of John Smith" in await call.says("612 345 678")
    assert "Reception will call you to confirm it." in await call.says("yes, that's right")
    assert call.dialog.notes["slots"] == {
        "date": "2026-11-26",
        "time": "16:30",
        "name": "John Smith",
        "phone": "+34612345678",
    }


@pytest.mark.parametrize(
    ("day", "answer"),
    [
        ("el domingo", "Lo siento, el domingo no abrimos. ¿Para qué día la quiere?"),
        ("el 25 de diciembre", "Lo siento, el viernes veinticinco de diciembre no abrimos. ¿Para qué día la quiere?"),
    ],
)
async def test_a_day_on_which_it_is_closed_is_asked_again(day: str, answer: str) -> None:
    call = Conversation()
    await call.says("quiero pedir una cita")
    assert await call.says(day) == answer
    assert await call.says("el miércoles") == "Perfecto. ¿A qué hora le viene bien?"


async def test_a_time_at_which_it_is_closed_is_asked_again_and_the_day_is_kept() -> None:
    call = Conversation()
    await call.says("quiero pedir una cita")
    await call.says("el sábado")
    assert await call.says("a las cinco de la tarde") == (
        "Lo siento, a esa hora no atendemos. El sábado abrimos de diez a una. ¿A qué hora le viene bien?"
    )
    assert await call.says("a las once") == "Muy bien. ¿A nombre de quién?"


async def test_a_time_that_is_over_is_asked_again() -> None:
    call = Conversation()
    await call.says("quiero pedir una cita")
    await call.says("hoy")
    assert await call.says("a las nueve") == "Perdone, esa hora ya ha pasado. ¿A qué hora le viene bien?"


async def test_today_is_no_day_for_it_once_it_has_closed() -> None:
    call = Conversation(now=MONDAY_MORNING.replace(hour=21))
    await call.says("quiero pedir una cita")
    assert await call.says("hoy") == "Lo siento, hoy ya no atendemos. ¿Para qué día la quiere?"


async def test_a_correction_in_the_read_back_is_taken_and_read_back() -> None:
    call = await booked_up_to_the_read_back()
    assert "a las once de la mañana, a nombre de Ana García López" in await call.says("no, a las once")
    assert "a nombre de Ana Ruiz, con el teléfono" in await call.says("no, el nombre es Ana Ruiz")
    await call.says("sí")
    assert call.dialog.notes["slots"] == {
        "date": "2026-11-24",
        "time": "11:00",
        "name": "Ana Ruiz",
        "phone": "+34612345678",
    }


async def test_a_correction_in_the_read_back_must_be_in_opening_hours() -> None:
    call = await booked_up_to_the_read_back()
    assert await call.says("no, el domingo") == "Lo siento, el domingo no abrimos. ¿Para qué día la quiere?"
    assert "Una cita el miércoles veinticinco de noviembre, a las diez y media" in await call.says("el miércoles")


async def test_a_plain_no_to_the_read_back_asks_what_to_change() -> None:
    call = await booked_up_to_the_read_back()
    assert await call.says("no") == "Perdone. ¿Qué quiere cambiar, el día, la hora, el nombre o el teléfono?"
    assert await call.says("la hora") == "¿A qué hora le viene bien?"
    assert "a las doce del mediodía, a nombre de Ana García López" in await call.says("a las doce")


async def test_the_read_back_is_answered_by_keys() -> None:
    call = await booked_up_to_the_read_back()
    assert call.expects_keys == 1
    assert (await call.presses("2")).startswith("Perdone. ¿Qué quiere cambiar")
    # What was refused is read back again before it is taken.
    assert (await call.presses("1")).endswith(READ_BACK)
    await call.presses("1")
    assert call.dialog.notes["booked"] is True


async def test_saying_the_same_again_is_no_correction() -> None:
    call = await booked_up_to_the_read_back()
    await call.says("sí, a las diez y media")
    assert call.dialog.notes["booked"] is True


async def test_a_booking_can_be_given_up() -> None:
    call = await booked_up_to_the_read_back()
    assert await call.says("olvídelo") == "De acuerdo, no anoto nada. ¿Necesita algo más?"
    assert (call.dialog.notes["booked"], call.dialog.notes["slots"]) == (False, {})


async def test_a_second_booking_begins_empty() -> None:
    call = await booked_up_to_the_read_back()
    await call.says("sí")
    assert (await call.says("quiero pedir una cita")).endswith("¿Para qué día la quiere?")


async def test_a_question_in_the_middle_is_answered_and_the_form_goes_on() -> None:
    call = Conversation()
    await call.says("quiero pedir una cita")
    assert await call.says("¿tienen aparcamiento?") == (
        "Debajo de la plaza del mercado hay un aparcamiento público. La primera hora es gratis para nuestros "
        "pacientes. ¿Para qué día la quiere?"
    )


async def test_another_reading_of_the_answer_counts_when_the_first_makes_no_sense() -> None:
    call = Conversation()
    await call.says("quiero pedir una cita")
    assert await call.says("el marte", "el martes") == "De acuerdo. ¿A qué hora le viene bien?"


async def test_a_number_that_is_not_understood_can_be_keyed() -> None:
    call = await booked_up_to_the_read_back()
    await call.says("no")
    await call.says("el teléfono")
    assert await call.says("azul marino") == (
        "Perdone, no he entendido el teléfono. Dígamelo cifra a cifra, o márquelo en el teclado."
    )
    assert call.expects_keys == 9
    assert "nueve uno cuatro" in await call.presses("914567890")


# Numbers in pieces, and what is left empty or open


async def asked_for_the_telephone() -> Conversation:
    call = Conversation()
    await call.says("quiero una cita mañana a las diez a nombre de Luis Pérez")
    return call


async def test_a_number_may_come_in_pieces() -> None:
    call = await asked_for_the_telephone()
    assert await call.says("seis uno dos") == "Siga, por favor."
    assert await call.says("3, 4, 5") == "Sí."
    assert "con el teléfono seis uno dos, tres cuatro cinco, seis siete ocho" in await call.says("6-7-8")


async def test_another_reading_of_a_piece_makes_no_number_of_it() -> None:
    call = await asked_for_the_telephone()
    await call.says("635 41")
    assert await call.says("22.", "22 22", "22 2") in ("Sí.", "Siga, por favor.")
    assert "seis tres cinco, cuatro uno dos, dos ocho siete" in await call.says("87")


async def test_a_number_said_anew_replaces_its_pieces() -> None:
    call = await asked_for_the_telephone()
    await call.says("seis uno dos")
    assert "con el teléfono nueve uno tres, cuatro cinco seis" in await call.says("913 45 67 89")


async def test_the_pieces_so_far_are_repeated() -> None:
    call = await asked_for_the_telephone()
    await call.says("seis uno dos")
    assert await call.says("¿puede repetir?") == "Tengo seis uno dos. Siga, por favor."
    assert await call.line("silence") == "Perdone, no le oigo. Tengo seis uno dos. Siga, por favor."
    assert (await call.says("¿tienen aparcamiento?")).endswith("Tengo seis uno dos. Siga, por favor.")
    await call.says("345")
    assert "seis uno dos, tres cuatro cinco, seis siete ocho" in await call.says("678")


async def test_a_number_is_begun_again() -> None:
    call = await asked_for_the_telephone()
    await call.says("seis uno dos")
    assert (await call.says("perdón, empiezo otra vez")).endswith("¿Y un teléfono de contacto?")
    await call.says("seis uno tres")
    assert "seis uno tres, cuatro cinco seis, siete ocho nueve" in await call.says("456 789")


async def test_a_piece_that_is_not_understood_is_asked_for_then_the_whole_number() -> None:
    call = await asked_for_the_telephone()
    await call.says("seis uno dos")
    assert await call.says("azul marino") == "Tengo seis uno dos. Siga, por favor."
    assert (await call.says("verde botella")).startswith("Perdone, no he entendido el teléfono.")
    assert await call.says("seis uno tres") != "Tengo seis uno dos. Siga, por favor."
    assert "seis uno tres, cuatro cinco seis, siete ocho nueve" in await call.says("456 789")


async def test_who_has_no_telephone_books_without() -> None:
    call = await asked_for_the_telephone()
    assert (await call.says("no tengo teléfono")).endswith("a nombre de Luis Pérez. ¿Es correcto?")
    assert "Llámenos el día antes para confirmarla." in await call.says("sí")
    assert call.dialog.notes["slots"] == {"date": "2026-11-24", "time": "10:00", "name": "Luis Pérez"}


async def test_a_part_of_the_day_counts_for_the_time() -> None:
    call = Conversation()
    await call.says("quiero pedir una cita")
    assert (await call.says("pasado mañana por la tarde")).endswith("¿A qué hora le viene bien?")
    await call.says("a las siete y media")
    assert call.dialog.notes["filling"] == {"date": "2026-11-25", "time": "19:30"}


async def test_a_part_of_the_day_is_answered_with_its_hours_and_then_taken() -> None:
    call = Conversation()
    await call.says("quiero pedir una cita")
    await call.says("el martes")
    assert await call.says("por la tarde") == "Mañana abrimos de cuatro a ocho. ¿A qué hora le viene bien?"
    assert await call.says("pues por la tarde") == "Pues a las cuatro de la tarde. ¿A nombre de quién?"


async def test_an_evening_on_which_it_is_closed_is_told_so() -> None:
    call = Conversation()
    await call.says("quiero pedir una cita")
    await call.says("el sábado")
    assert await call.says("por la tarde") == (
        "Lo siento, a esa hora no atendemos. El sábado abrimos de diez a una. ¿A qué hora le viene bien?"
    )


async def test_who_leaves_it_open_gets_the_first_day_and_the_last_hour() -> None:
    call = Conversation()
    await call.says("quiero pedir una cita")
    assert await call.says("cuanto antes") == "Pues hoy. ¿A qué hora le viene bien?"
    assert await call.says("a última hora") == "Pues a las siete y media de la tarde. ¿A nombre de quién?"
    assert (await call.says("mejor el jueves")).endswith("¿A nombre de quién?")
    assert call.dialog.notes["filling"] == {"date": "2026-11-26", "time": "19:30"}


async def test_next_week_is_asked_for_its_day() -> None:
    call = Conversation()
    await call.says("quiero pedir una cita")
    assert (await call.says("la semana que viene")).endswith("¿Para qué día la quiere?")
    await call.says("el martes")
    assert call.dialog.notes["filling"] == {"date": "2026-12-01"}


async def test_a_yes_after_a_refused_read_back_has_it_read_again() -> None:
    call = await booked_up_to_the_read_back()
    await call.says("no")
    assert await call.says("sí") == READ_BACK
    assert call.dialog.notes["booked"] is False


async def test_a_refusal_twice_over_does_not_go_on_for_ever() -> None:
    call = await booked_up_to_the_read_back()
    await call.says("no")
    assert await call.says("no") == f"Perdone, no le he entendido. {READ_BACK}"


async def test_a_day_and_a_time_can_only_be_for_the_appointment() -> None:
    call = Conversation()
    assert (await call.says("el jueves a las cinco")).endswith("¿A nombre de quién?")


async def test_what_answers_the_form_answers_though_a_person_was_offered() -> None:
    call = Conversation()
    for word in ("xylophon", "brontosaurus", "kaleidoskop"):
        await call.says(word)
    assert (await call.says("el jueves a las cinco")).endswith("¿A nombre de quién?")


async def test_who_says_in_english_that_he_speaks_no_spanish_wants_english() -> None:
    call = Conversation()
    assert await call.says("do you speak Spanish") == "Of course, we can speak English. How can I help you?"


async def test_who_was_told_the_hours_asks_for_another_day_in_few_words() -> None:
    call = Conversation()
    await call.says("cuál es el horario de la clínica")
    assert await call.says("y el sábado") == "El sábado abrimos de diez a una."
    await call.says("dónde están")
    assert "abrimos" not in await call.says("y el sábado")


async def test_a_plain_no_to_more_help_is_a_goodbye() -> None:
    call = Conversation()
    await call.says("páseme con recepción")
    await call.line("transfer busy")
    assert (await call.says("no")).endswith(("Adiós.", "Hasta luego."))
    assert call.ending == HangUp()


async def test_a_plain_yes_to_more_help_is_listened_to() -> None:
    call = Conversation()
    await call.says("páseme con recepción")
    await call.line("transfer busy")
    assert await call.says("claro que sí") == "Dígame."


async def test_who_looks_for_something_is_waited_for() -> None:
    call = await asked_for_the_telephone()
    assert await call.says("espere un momento") in ("Claro, le espero.", "Claro, sin prisa.")
    assert "seis uno dos" in await call.says("612 345 678")


async def test_a_spanish_number_is_read_back_in_english_without_its_country() -> None:
    call = Conversation("en")
    await call.says("I would like to make an appointment on Thursday at noon under the name of John Smith")
    assert "number six one two, three four five, six seven eight." in await call.says("612 345 678")


# Opening hours


@pytest.mark.parametrize(
    ("language", "question", "answer"),
    [
        (
            "es",
            "cuál es el horario de la clínica",
            "Abrimos de lunes a viernes de nueve a dos y de cuatro a ocho, y el sábado de diez a una.",
        ),
        ("es", "¿abren los domingos?", "Lo siento, el domingo no abrimos."),
        ("es", "¿a qué hora abren los sábados?", "El sábado abrimos de diez a una."),
        ("es", "¿a qué hora abren mañana?", "Mañana abrimos de nueve a dos y de cuatro a ocho."),
        ("es", "¿a qué hora abren los lunes?", "Hoy abrimos de nueve a dos y de cuatro a ocho."),
        ("es", "¿están abiertos ahora?", "Sí, ahora está abierto, hasta las dos de la tarde."),
        (
            "en",
            "what are your opening hours",
            "We are open Monday to Friday from nine to two and from four to eight, and on Saturday from ten to one.",
        ),
        ("en", "are you open on Sundays", "I am sorry, on Sunday we are closed."),
        ("en", "what time do you open tomorrow", "Tomorrow we are open from nine to two and from four to eight."),
    ],
)
async def test_the_hours_are_told_as_declared(language: str, question: str, answer: str) -> None:
    assert await Conversation(language).says(question) == answer


@pytest.mark.parametrize(
    ("now", "answer"),
    [
        (datetime(2026, 11, 23, 15, 0), "Ahora mismo está cerrado. Abrimos hoy a las cuatro de la tarde."),
        (datetime(2026, 11, 28, 20, 0), "Ahora mismo está cerrado. Abrimos el lunes a las nueve de la mañana."),
        (datetime(2026, 12, 24, 21, 0), "Ahora mismo está cerrado. Abrimos el sábado a las diez de la mañana."),
    ],
)
async def test_whoever_asks_while_it_is_closed_is_told_when_it_opens(now: datetime, answer: str) -> None:
    assert await Conversation(now=now.replace(tzinfo=MADRID)).says("¿están abiertos ahora?") == answer


# A person


async def test_a_person_is_called_to_the_telephone() -> None:
    call = Conversation()
    assert await call.says("páseme con recepción") == "Le paso con recepción. Un momento, por favor."
    assert call.ending == Transfer("recepcion")


async def test_out_of_hours_nobody_is_called() -> None:
    call = Conversation(now=MONDAY_MORNING.replace(hour=22))
    assert await call.says("páseme con recepción") == (
        "Ahora mismo no hay nadie en recepción. Abrimos mañana a las nueve de la mañana. ¿Puedo ayudarle yo en algo?"
    )
    assert call.ending is None


@pytest.mark.parametrize(
    ("event", "answer"),
    [
        ("transfer busy", "Lo siento, en recepción están comunicando. ¿Puedo ayudarle yo en algo?"),
        ("transfer no_answer", "Lo siento, en recepción no contestan ahora mismo. ¿Puedo ayudarle yo en algo?"),
        ("transfer failed", "Lo siento, no he podido pasarle. ¿Puedo ayudarle yo en algo?"),
        ("transfer ended", "Ya estoy otra vez con usted. ¿Necesita algo más?"),
    ],
)
async def test_the_caller_who_comes_back_is_told_why(event: str, answer: str) -> None:
    call = Conversation()
    await call.says("páseme con recepción")
    assert await call.line(event) == answer


async def test_the_caller_who_comes_back_in_the_middle_of_a_form_finds_it_there() -> None:
    call = Conversation()
    await call.says("quiero pedir una cita")
    await call.says("páseme con recepción")
    assert (await call.line("transfer busy")).endswith("¿Para qué día la quiere?")
    assert await call.says("el martes") == "Muy bien. ¿A qué hora le viene bien?"


async def test_a_silent_caller_is_asked_whether_he_is_there() -> None:
    assert await Conversation().line("silence") == "¿Sigue usted ahí?"


# Manners


async def test_the_last_answer_is_repeated_whole_though_it_was_interrupted() -> None:
    call = Conversation()
    said = await call.says("dónde están")
    call.dialog.messages.pop()
    assert await call.says("¿puede repetir?") == said
    assert await call.says("¿cómo dice?") == said


async def test_a_question_that_is_repeated_is_still_asked() -> None:
    call = Conversation()
    await call.says("cuánto cuesta una consulta")
    await call.says("¿puede repetir?")
    assert (await call.says("sí")).endswith("¿Para qué día la quiere?")


async def test_before_anything_was_said_the_greeting_is_repeated() -> None:
    assert "asistente automático" in await Conversation().says("¿puede repetir?")


async def test_speaking_more_slowly_begins_with_the_answer_that_was_too_fast() -> None:
    call = Conversation()
    said = await call.says("dónde están")
    assert await call.says("hable más despacio") == f"Claro, hablo más despacio. {said}"
    assert call.pace == 0.85
    await call.says("hable más despacio")
    await call.says("hable más despacio")
    assert call.pace == 0.7
    await call.says("hable más rápido")
    assert call.pace == 0.85


async def test_another_language_is_spoken_when_it_is_asked_for() -> None:
    call = Conversation()
    assert await call.says("¿habla inglés?") == "Of course, we can speak English. How can I help you?"
    assert call.dialog.language == "en"
    assert await call.says("castellano, por favor") == "Claro, hablamos en español. ¿En qué puedo ayudarle?"


async def test_another_language_is_spoken_when_the_caller_speaks_it() -> None:
    call = Conversation()
    assert await call.says("I want to book an appointment") == "With pleasure. Which day would you like?"
    assert call.dialog.language == "en"


async def test_a_form_goes_on_in_the_other_language() -> None:
    call = Conversation()
    await call.says("quiero pedir una cita")
    assert await call.says("¿habla inglés?") == "Which day would you like?"
    assert await call.says("on Thursday") == "Perfect. At what time?"


async def test_a_goodbye_ends_the_call() -> None:
    call = Conversation()
    assert await call.says("hasta luego") == (
        "Gracias por llamar a la Clínica Santa Elena. Que tenga un buen día. Adiós."
    )
    assert call.ending == HangUp()


async def test_variants_take_turns() -> None:
    call = Conversation()
    assert await call.says("muchas gracias") == "A usted. ¿Puedo ayudarle en algo más?"
    assert await call.says("muchas gracias") == "De nada. ¿Necesita algo más?"


# Closed questions


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("sí, claro", "Claro que sí. ¿Para qué día la quiere?"),
        ("vale", "Claro que sí. ¿Para qué día la quiere?"),
        ("no, gracias", "De acuerdo. ¿Puedo ayudarle en algo más?"),
        ("¿tienen aparcamiento?", "Debajo de la plaza del mercado hay un aparcamiento público. La primera hora es "
         "gratis para nuestros pacientes."),
    ],
)  # fmt: skip
async def test_a_closed_question_takes_its_answers_and_anything_else_clear(answer: str, said: str) -> None:
    call = Conversation()
    assert (await call.says("cuánto cuesta una consulta")).endswith("¿Quiere que le tome nota de una cita?")
    assert await call.says(answer) == said


async def test_what_goes_with_a_yes_is_taken_too() -> None:
    call = Conversation()
    await call.says("cuánto cuesta una consulta")
    assert await call.says("sí, para el martes") == "Claro que sí. ¿A qué hora le viene bien?"


async def test_another_reading_answers_a_closed_question() -> None:
    call = Conversation()
    await call.says("qué opciones tengo")
    assert (await call.says("nítida", "cita")).endswith("¿Para qué día la quiere?")


async def test_the_menu_is_answered_by_keys() -> None:
    call = Conversation()
    await call.says("qué opciones tengo")
    assert call.expects_keys == 1
    assert (await call.presses("3")).startswith("Estamos en la calle Mayor")


async def test_who_knows_the_menu_presses_its_keys_unasked() -> None:
    call = Conversation()
    await call.presses("0")
    assert call.ending == Transfer("recepcion")


# Not understood


async def test_not_understood_is_asked_again_then_offered_a_menu_then_a_person_then_given_up() -> None:
    call = Conversation()
    assert await call.says("xylophon") == "Perdone, no le he entendido. ¿Me lo puede decir de otra manera?"
    assert (await call.says("brontosaurus")).startswith("Puede decir cita, horario, dirección o recepción.")
    assert (await call.says("kaleidoskop")).endswith("¿Quiere que le pase con una persona de recepción?")
    assert (await call.says("zeppelin")).endswith("¿Quiere que le pase con una persona de recepción?")
    await call.says("rhabarber")
    assert (await call.says("trampolin")).endswith("Hasta luego.")
    assert call.ending == HangUp()


async def test_who_is_understood_again_begins_anew() -> None:
    call = Conversation()
    await call.says("xylophon")
    await call.says("dónde están")
    assert await call.says("brontosaurus") == "Perdone, no le he entendido. ¿Me lo puede decir de otra manera?"


async def test_a_form_asks_again_in_other_words_then_offers_a_person_and_goes_on() -> None:
    call = Conversation()
    await call.says("quiero pedir una cita")
    assert (await call.says("xylophon")).startswith("Perdone, no he entendido el día.")
    await call.says("brontosaurus")
    assert (await call.says("kaleidoskop")).endswith("¿Quiere que le pase con una persona de recepción?")
    assert (await call.says("no")).endswith("¿Para qué día la quiere?")
    assert await call.says("el martes") == "Perfecto. ¿A qué hora le viene bien?"


async def test_the_answer_to_the_form_is_taken_though_a_person_was_offered() -> None:
    call = Conversation()
    await call.says("quiero pedir una cita")
    for word in ("xylophon", "brontosaurus", "kaleidoskop"):
        await call.says(word)
    assert (await call.says("el martes")).endswith("¿A qué hora le viene bien?")


# What goes from turn to turn


async def test_notes_of_another_brain_are_no_obstacle() -> None:
    call = Conversation()
    call.dialog.notes = {"summary": "…"}
    assert (await call.says("dónde están")).startswith("Estamos en la calle Mayor")


async def test_a_form_that_the_file_no_longer_has_is_forgotten() -> None:
    call = Conversation()
    call.dialog.notes = {"form": "gone", "asking": "x", "question": "gone", "filling": {"x": 1}}
    assert await call.says("hola") == "Hola. Dígame en qué puedo ayudarle."


async def test_an_assistant_without_intents_says_that_it_does_not_understand(tmp_path: Path) -> None:
    path = tmp_path / "corto.yaml"
    path.write_text(
        "languages: es\ntimezone: America/Bogota\nphrases: {es: {greeting: Soy un asistente virtual.}}\n",
        encoding="utf-8",
    )
    said = await Conversation(assistant=load(path)).says("hola")
    assert said == "Perdone, no le he entendido. ¿Me lo puede decir de otra manera?"


# Going on where another brain broke off


async def rest(begun: str, question: str = "quiero pedir una cita") -> Conversation:
    """Return a call in which another brain began to answer *question*, and the flow was asked for the rest."""
    call = Conversation()
    call.dialog.messages += [Message(Speaker.CALLER, question), Message(Speaker.ASSISTANT, begun)]
    await call.goes_on()
    return call


@pytest.mark.parametrize(
    ("begun", "said"),
    [
        ("Con mucho gusto.", "¿Para qué día la quiere?"),
        ("con mucho gusto", "¿Para qué día la quiere?"),
        ("Con mucho gusto. ¿Para qué día la quiere?", ""),
        ("Claro que sí.", "Con mucho gusto. ¿Para qué día la quiere?"),
    ],
)
async def test_what_was_said_already_is_not_said_again(begun: str, said: str) -> None:
    assert (await rest(begun)).said == said


async def test_what_goes_with_an_answer_is_done_though_all_of_it_was_said() -> None:
    call = await rest("Adiós.", "adiós")
    assert call.ending == HangUp()
    assert call.dialog.notes["turn"] == 1


async def test_the_conversation_goes_on_after_it() -> None:
    call = await rest("Con mucho gusto.")
    assert await call.says("el martes") == "De acuerdo. ¿A qué hora le viene bien?"
