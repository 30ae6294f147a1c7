from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from assist.switch.pacing import LOW, PORTION, Pacing, Portion

FRAME = 160


@dataclass
class Switch:
    """FreeSWITCH's playback of a pipe, as `switch_ivr_play_file` does it: the other side of `Pacing`."""

    pipe: list[int] = field(default_factory=list)
    closed: bool = False
    buffered: int = 0
    counted: int = 0
    played: int = 0
    waited: bool = False

    def frame(self) -> None:
        """One turn of its timer."""
        self.waited = False
        if self.buffered > FRAME or (self.closed and self.buffered):
            self.buffered -= FRAME
            self.counted += FRAME
        elif self.pipe:
            self.buffered += sum(self.pipe) - FRAME
            self.pipe.clear()
            self.counted += FRAME // 2
        else:
            self.waited = True
            return
        self.played += FRAME


def speak(
    arrivals: list[tuple[float, int]], *, seconds: float, ends: bool = True
) -> tuple[Switch, Pacing, list[Portion]]:
    """Play a reply whose audio comes at those times, in a beat of 10 ms and a timer of 20."""
    switch, pacing, portions = Switch(), Pacing(FRAME), []
    written = 0
    for beat in range(round(seconds * 100)):
        now = beat / 100
        came = sum(samples for at, samples in arrivals if at <= now)
        ended = ends and arrivals[-1][0] <= now
        portion = pacing.next(now, sum(switch.pipe), came - written, ended)
        if portion:
            switch.pipe.append(portion.total)
            portions.append(portion)
            written += portion.given
        elif ended and not switch.pipe and written == came:
            switch.closed = True
        if beat % 2:
            switch.frame()
    return switch, pacing, portions


def test_nothing_is_put_in_before_the_last_portion_was_taken() -> None:
    pacing = Pacing(FRAME)
    assert pacing.next(0.0, 0, 800, False) == Portion(800, 800)
    assert pacing.next(0.01, 800, 800, False) is None
    assert pacing.next(0.02, 0, 800, False) == Portion(800, 800)


def test_a_long_reply_goes_in_by_portions() -> None:
    assert Pacing(FRAME).next(0.0, 0, 5 * PORTION, False) == Portion(PORTION, PORTION)


def test_a_part_of_a_frame_waits_for_its_rest() -> None:
    pacing = Pacing(FRAME)
    assert pacing.next(0.0, 0, 1700, False) == Portion(1600, 1600)
    assert pacing.next(0.02, 0, 100, False) is None
    assert pacing.next(0.04, 0, 200, False) == Portion(160, 160)


def test_the_last_frame_is_filled_with_silence() -> None:
    assert Pacing(FRAME).next(0.0, 0, 30, True) == Portion(30, 160)


def test_silence_comes_before_the_line_runs_dry_and_not_earlier() -> None:
    pacing = Pacing(FRAME)
    pacing.next(0.0, 0, 1600, False)
    assert pacing.next(0.2 - LOW / 8000 - 0.01, 0, 0, False) is None
    silence = pacing.next(0.2 - LOW / 8000 + 0.01, 0, 0, False)
    assert silence is not None
    assert silence.given == 0
    assert silence.total % FRAME == 0


def test_nothing_begins_before_there_is_audio() -> None:
    assert Pacing(FRAME).next(5.0, 0, 0, False) is None


def test_no_silence_after_the_end() -> None:
    pacing = Pacing(FRAME)
    pacing.next(0.0, 0, 1600, False)
    assert pacing.next(0.19, 0, 0, True) is None


def test_a_playback_never_waits_for_a_slow_voice() -> None:
    switch, _, portions = speak([(0.0, 1600), (1.0, 1600), (2.5, 2000)], seconds=2.6)
    assert not switch.waited
    assert sum(portion.given for portion in portions) == 5200


def test_what_was_waited_for_comes_at_most_150_ms_late() -> None:
    """Behind the silence that was put in before."""
    _, _, before = speak([(0.0, 1600), (1.0, 8000)], seconds=1.0, ends=False)
    _, _, portions = speak([(0.0, 1600), (1.0, 8000)], seconds=1.3, ends=False)
    silent = sum(portion.total for portion in portions[: len(before)])
    assert portions[len(before)].given
    assert silent / 8000 - 1.0 < 0.15


def test_all_was_heard_when_all_was_played() -> None:
    switch, pacing, _ = speak([(0.0, 1600), (0.05, 40000), (0.1, 77)], seconds=7)
    assert pacing.played(switch.counted) == 41677


@given(
    pieces=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30000)), min_size=1, max_size=8),
    beats=st.integers(1, 400),
)
def test_what_was_heard_is_exact_wherever_it_is_cut(pieces: list[tuple[int, int]], beats: int) -> None:
    """FreeSWITCH's count is short by half a frame for each read, and the reads are known."""
    at, arrivals = 0, []
    for later, samples in pieces:
        at += later
        arrivals.append((at / 100, samples))
    switch, pacing, portions = speak(arrivals, seconds=beats / 100)
    left, heard = switch.played, 0
    for portion in portions:
        heard += min(portion.given, left)
        left = max(0, left - portion.total)
    assert pacing.played(switch.counted) == heard
