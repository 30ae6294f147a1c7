from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist.audio.endpointing import Began, Ended, Endpointer, Event, Paused, Resumed, Rules
from assist.audio.vad import WINDOW, Vad
from tests.line_audio import FRAME, frames, on_a_line, pcm, samples, silent, telephone
from tests.recordings import recording, recordings

VAD = Vad()
EVERYBODY = [*recordings("es"), *recordings("en")]
SORRY = recording("es", "vm-sorry").audio
"""One breath of speech; 0.2 s of it are silence."""
MS = 8
"""Samples."""


def heard(audio: bytes, rules: Rules | None = None, since: int = 0) -> list[tuple[int, Event]]:
    """Return what happened in *audio*, heard in frames of 20 ms, and at which sample it was told."""
    row = VAD.open()
    endpointer = Endpointer(rules or Rules(), since)
    told: list[tuple[int, Event]] = []
    for frame in frames(audio):
        VAD.feed(row, frame)
        probabilities: list[float] = []
        while VAD.ready:
            probabilities += VAD.step()[row]
        told += [(endpointer.position, event) for event in endpointer.feed(frame, probabilities)]
    VAD.close(row)
    return told


def kinds(told: list[tuple[int, Event]]) -> list[type]:
    return [type(event) for _, event in told]


def voice(audio: bytes) -> tuple[int, int]:
    """Return the first and the last sample over -40 dBFS."""
    over = np.flatnonzero(np.abs(samples(audio)) > 32768 * 10 ** (-40 / 20))
    return int(over[0]), int(over[-1])


def only(kind: type, told: list[tuple[int, Event]]) -> list[Event]:
    return [event for _, event in told if isinstance(event, kind)]


@pytest.mark.parametrize("dbfs", [-16.0, -23.0, -30.0])
def test_a_beginning_is_told_while_the_first_syllable_is_spoken(dbfs: float) -> None:
    delays = []
    for number, said in enumerate(EVERYBODY):
        audio = on_a_line(telephone(said.audio, dbfs), before=2 + number * 0.007)
        delays.append((heard(audio)[0][0] - voice(audio)[0]) / MS)
    assert np.median(delays) <= 80
    assert np.percentile(delays, 90) <= 160


@pytest.mark.parametrize("dbfs", [-23.0, -40.0])
@pytest.mark.parametrize("noise", [1.0, 30.0])
def test_no_voice_is_missed_or_loses_its_beginning_or_end(dbfs: float, noise: float) -> None:
    for said in EVERYBODY:
        spoken = telephone(said.audio, dbfs)
        over = np.flatnonzero(np.abs(samples(spoken)) > np.abs(samples(spoken)).max() / 10) + 16000
        (began, *_), (*_, ended) = (only(kind, heard(on_a_line(spoken, noise=noise))) for kind in (Began, Ended))
        assert isinstance(began, Began)
        assert isinstance(ended, Ended)
        assert began.start < over[0] - 100 * MS
        assert ended.voice_end > over[-1] - 60 * MS


def test_an_end_is_told_within_20_ms_of_when_it_is_due() -> None:
    late, bias = [], []
    for number, said in enumerate(EVERYBODY):
        audio = on_a_line(telephone(said.audio), before=1 + number * 0.007)
        at, ended = heard(audio)[-1]
        assert isinstance(ended, Ended)
        late.append((at - ended.voice_end) / MS - 600)
        bias.append(abs(ended.voice_end - voice(audio)[1]) / MS)
    assert min(late) >= 0
    assert max(late) <= 20
    assert np.median(late) <= 10
    assert np.median(bias) <= 30


def test_the_wait_for_the_end_is_what_the_rules_say() -> None:
    at, ended = heard(on_a_line(SORRY), Rules(end_of_turn=900))[-1]
    assert isinstance(ended, Ended)
    assert 900 * MS <= at - ended.voice_end <= 920 * MS


def test_a_breath_between_sentences_is_a_pause_that_is_over_when_the_voice_goes_on() -> None:
    told = heard(on_a_line(SORRY + bytes(200 * MS * 2) + SORRY), Rules(end_of_turn=700))
    assert kinds(told) == [Began, Paused, Resumed, Paused, Ended]
    paused, resumed = told[1][1], told[2][1]
    assert isinstance(paused, Paused)
    assert isinstance(resumed, Resumed)
    assert told[1][0] - paused.at <= 20 * MS
    assert resumed.at > paused.at


def test_two_turns_share_no_audio() -> None:
    told = heard(on_a_line(SORRY + bytes(16000) + SORRY))
    assert kinds(told) == [Began, Paused, Ended] * 2
    first, second = only(Ended, told)[0], only(Began, told)[1]
    assert isinstance(first, Ended)
    assert isinstance(second, Began)
    assert second.start >= first.voice_end


@pytest.mark.parametrize("milliseconds", [5, 20, 35])
@pytest.mark.parametrize("amplitude", [1000, 5000, 15000])
def test_a_click_is_no_voice_and_does_not_lengthen_a_turn(milliseconds: int, amplitude: int) -> None:
    click = np.random.default_rng(4).normal(0, amplitude, milliseconds * MS)
    alone = pcm(np.concatenate([silent(1.013), click, silent(1)]))
    assert heard(on_a_line(alone)) == []
    after = np.concatenate([samples(SORRY), silent(0.1), click, silent(1)])
    assert heard(on_a_line(pcm(after)))[-1] == heard(on_a_line(SORRY, after=2.5))[-1]


def test_noise_is_no_voice() -> None:
    for amplitude in (30, 100, 300, 1000):
        noise = np.random.default_rng(5).normal(0, amplitude, 8000 * 4)
        assert heard(on_a_line(pcm(noise))) == []


def test_speech_without_end_is_cut_and_goes_on_as_the_next_turn() -> None:
    told = heard(on_a_line(telephone(recording("es", "dir-instr").audio) * 2), Rules(longest=3000, end_of_turn=2500))
    ends, begins = only(Ended, told), only(Began, told)
    assert len(ends) >= 3
    for ended, began in zip(ends, begins[1:], strict=False):
        assert isinstance(ended, Ended)
        assert isinstance(began, Began)
        assert 0 <= began.start - ended.voice_end < 1000 * MS
    first = begins[0]
    assert isinstance(first, Began)
    assert isinstance(ends[0], Ended)
    assert ends[0].voice_end - first.start == pytest.approx(3000 * MS, abs=40 * MS)


def test_positions_are_those_of_the_call() -> None:
    first, second = heard(on_a_line(SORRY)), heard(on_a_line(SORRY), since=80_000)
    assert [at + 80_000 for at, _ in first] == [at for at, _ in second]
    assert kinds(first) == kinds(second)
    for one, other in zip(only(Ended, first), only(Ended, second), strict=True):
        assert isinstance(one, Ended)
        assert other == Ended(one.at + 80_000, one.voice_end + 80_000)


TALK = on_a_line(SORRY + bytes(3000) + SORRY, before=0.3)


def probabilities_of(audio: bytes) -> list[float]:
    row = VAD.open()
    VAD.feed(row, audio)
    found: list[float] = []
    while VAD.ready:
        found += VAD.step()[row]
    VAD.close(row)
    return found


TALK_PROBABILITIES = probabilities_of(TALK)


def decided(pieces: list[int], lag: int) -> list[Event]:
    """Return what happens in `TALK`, heard in pieces of so many samples and judged so many pieces late."""
    endpointer = Endpointer(Rules())
    borders = [min(border, len(TALK) // 2) for border in np.cumsum([0, *pieces, len(TALK)]).tolist()]
    events: list[Event] = []
    judged = 0
    for number, (start, stop) in enumerate(pairwise(borders)):
        reached = borders[max(number + 1 - lag, 0)] // WINDOW
        events += endpointer.feed(TALK[start * 2 : stop * 2], TALK_PROBABILITIES[judged:reached])
        judged = max(judged, reached)
    return events + endpointer.feed(b"", TALK_PROBABILITIES[judged:])


@given(pieces=st.lists(st.integers(0, 700), max_size=60), lag=st.integers(0, 4))
def test_neither_the_cut_of_the_audio_nor_a_late_judgement_changes_what_was_said(pieces: list[int], lag: int) -> None:
    usual = decided([FRAME // 2] * 1000, 0)
    unusual = decided(pieces, lag)
    assert [type(event) for event in unusual] == [type(event) for event in usual]
    for one, other in zip(usual, unusual, strict=True):
        if isinstance(one, Began):
            assert one == other
        if isinstance(one, Ended) and isinstance(other, Ended):
            assert one.voice_end == other.voice_end


def test_what_may_still_be_part_of_a_turn_is_not_settled() -> None:
    endpointer = Endpointer(Rules())
    for number, frame in enumerate(frames(TALK)):
        done = number * FRAME // 2 // WINDOW
        settled = endpointer.settled
        now = (number + 1) * FRAME // 2 // WINDOW
        for event in endpointer.feed(frame, TALK_PROBABILITIES[done:now]):
            if isinstance(event, Began):
                assert settled <= event.start
                assert endpointer.settled == event.start
            if isinstance(event, Ended):
                assert endpointer.settled >= event.voice_end


def test_nothing_falls_due_before_it_was_said_to() -> None:
    endpointer = Endpointer(Rules())
    fallen_due = []
    for number, frame in enumerate(frames(TALK)):
        first, last = (count * FRAME // 2 // WINDOW for count in (number, number + 1))
        due = endpointer.due
        for event in endpointer.feed(frame, TALK_PROBABILITIES[first:last]):
            if isinstance(event, Paused | Ended):
                assert due is not None
                assert due <= endpointer.position
                fallen_due.append(event)
    assert len(fallen_due) > 2
    assert endpointer.due is None


def test_while_it_is_still_no_voice_can_begin_for_48_ms() -> None:
    endpointer = Endpointer(Rules())
    assert endpointer.still(bytes(480))
    still_at = 0
    for number, frame in enumerate(frames(TALK)):
        if endpointer.still(bytearray(frame)):
            still_at = endpointer.position + FRAME // 2
        first, last = (count * FRAME // 2 // WINDOW for count in (number, number + 1))
        for event in endpointer.feed(frame, TALK_PROBABILITIES[first:last]):
            if isinstance(event, Began):
                assert event.at - still_at >= 384 - FRAME // 2
    assert not endpointer.still(bytearray(SORRY[8000:8320]))


def test_what_is_quiet_need_not_be_judged_for_a_turn_to_end() -> None:
    spoken = on_a_line(SORRY, after=0)
    row = VAD.open()
    VAD.feed(row, spoken)
    probabilities = []
    while VAD.ready:
        probabilities += VAD.step()[row]
    VAD.close(row)
    endpointer = Endpointer(Rules())
    endpointer.feed(spoken + bytes(24 * WINDOW), [*probabilities, *[0.0] * 12])
    ends = [event for _ in range(12) for event in endpointer.feed(bytes(FRAME), []) if isinstance(event, Ended)]
    assert [end.at - end.voice_end for end in ends] == [pytest.approx(4800, abs=FRAME // 2)]


def test_more_audio_than_the_detector_can_follow_is_waited_for() -> None:
    endpointer = Endpointer(Rules())
    endpointer.feed(bytes(4 * WINDOW), [])
    assert not endpointer.behind
    endpointer.feed(bytes(16 * WINDOW), [])
    assert endpointer.behind
    endpointer.feed(b"", [0.0] * 10)
    assert not endpointer.behind


def ends_after(*complete_at: float, audio: bytes = SORRY + bytes(16_000)) -> list[float]:
    """Return the seconds of silence that ended each turn, somebody having said at those times that it was complete."""
    endpointer, row, said, ends = Endpointer(Rules()), VAD.open(), list(complete_at), []
    for frame in frames(on_a_line(audio, before=1, after=1)):
        if said and endpointer.position >= said[0] * 8000:
            said.pop(0)
            endpointer.complete()
        VAD.feed(row, frame)
        probabilities: list[float] = []
        while VAD.ready:
            probabilities += VAD.step()[row]
        for event in endpointer.feed(frame, probabilities):
            if isinstance(event, Ended):
                ends.append((event.at - event.voice_end) / 8000)
    VAD.close(row)
    return ends


VOICE_ENDS = 1 + voice(SORRY)[1] / 8000


def test_a_turn_that_is_known_to_be_complete_ends_sooner() -> None:
    assert ends_after() == [0.6]
    assert ends_after(VOICE_ENDS + 0.35) == [0.35]


def test_that_it_is_complete_counts_only_in_a_pause() -> None:
    assert ends_after(VOICE_ENDS - 0.3) == [0.6]


def test_whoever_goes_on_was_not_complete() -> None:
    twice = SORRY + bytes(round(0.1 * 16_000)) + SORRY + bytes(16_000)
    gap = voice(twice)[1] - voice(SORRY)[1] - len(SORRY) // 2
    assert gap < 0.35 * 8000
    assert ends_after(VOICE_ENDS + 0.28, audio=twice) == [0.6]
