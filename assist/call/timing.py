"""How long each part of a turn took."""

import asyncio
from itertools import pairwise

from assist.call.events import Turn
from assist.call.hearing import Question
from assist.call.speech import Speech


def turn(question: Question, speech: Speech, *, interrupted: bool) -> Turn:
    """Return the turn of *question*, answered by *speech*, which is over just now."""
    times = [
        question.voice_ended_at,
        question.ended_at,
        question.transcript_at,
        speech.marks.first_sentence,
        speech.marks.first_audio,
    ]
    end_of_turn, stt, llm, tts = (_milliseconds(start, end) for start, end in pairwise(times))
    return Turn(
        heard=question.message.text,
        said=speech.heard,
        interrupted=interrupted,
        end_of_turn_ms=end_of_turn,
        stt_ms=stt,
        llm_ms=llm,
        tts_ms=tts,
        first_audio_ms=_milliseconds(times[0], times[-1]),
        spoken_ms=_milliseconds(times[-1], asyncio.get_running_loop().time()),
    )


def _milliseconds(start: float | None, end: float | None) -> int | None:
    return None if start is None or end is None else round((end - start) * 1000)
