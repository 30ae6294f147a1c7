import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from assist.aio import Stream
from assist.errors import ProviderError
from assist.provider import Kind
from assist.provider.circuit import FAILURES, Circuit
from assist.provider.contest import END, GRACE, MOMENT, Contest, Run
from assist.provider.member import Member
from assist.provider.team import Team
from tests.scripted_engines import DOWN, STALL, Report, Script, Steps, members, nothing_left, stall, usually
from tests.virtual_time import skip_waits

PATIENCE = 1.0


@pytest.fixture(autouse=True)
async def _skip_waits() -> None:
    skip_waits()


class Word:
    """Wants one word, as a `Request`."""

    def ask(self, engine: Script[str]) -> Stream[str]:
        return engine.play()

    def since(self, run: Run[Script[str]]) -> float | None:
        return run.started

    def due(self, run: Run[Script[str]], *, alone: bool) -> float | None:
        return run.started + PATIENCE * (10 if alone else 1)

    def broke_off(self, run: Run[Script[str]]) -> bool:
        return True


def scripted(*engines: Steps) -> list[Member[Script[str]]]:
    return members(*(Script([steps]) for steps in engines))


async def ask(team: Sequence[Member[Script[str]]], report: Report | None = None, *, hedged: bool = True) -> str:
    """Return the first word that comes of *team*, and who said it."""
    told = (report if report is not None else Report()).append
    async with nothing_left(), Contest(Team(Kind.LLM, team, told, 0), Word(), hedged=hedged) as contest:
        async for run, word in contest:
            if word is END:
                contest.fail(run, ProviderError(run.member.name, "nothing", temporary=True))
                continue
            contest.finish(run)
            return f"{run.member.name} {word}"
    raise AssertionError("neither a word nor an error")


def clock() -> float:
    return asyncio.get_running_loop().time()


async def test_the_first_is_asked_alone() -> None:
    team = scripted([0.5, "yes"], ["no"])
    assert await ask(team) == "a yes"
    assert team[1].engine.begun == 0


async def test_an_answer_that_comes_in_the_moment_of_its_deadline_counts() -> None:
    assert await ask(scripted([PATIENCE, "yes"], ["no"])) == "a yes"


async def test_three_may_be_at_work_one_after_another() -> None:
    report = Report()
    assert await ask(scripted([STALL], [0.2, DOWN], [], [0.3, "yes"]), report) == "d yes"
    assert [told[::2] for told in report.names] == [("a", "b"), ("b", "c"), ("c", "d")]


async def test_a_late_one_and_its_company_that_both_fail_are_replaced() -> None:
    team = scripted([STALL], [STALL], [0.2, "yes"])
    usually(team[0], 0.5)
    report, start = Report(), clock()
    assert await ask(team, report) == "c yes"
    assert report.names == [("a", "no answer in time", "b"), ("b", "no answer in time", "c")]
    assert clock() - start == pytest.approx(0.5 + PATIENCE + 0.2, abs=3 * MOMENT)


async def test_company_is_only_who_is_well() -> None:
    team = scripted([0.9, "yes"], ["no"])
    usually(team[0], 0.2)
    team[1].circuit.begin(0).failed(clock(), ProviderError("b", "status 429", temporary=True, retry_after=60))
    assert await ask(team) == "a yes"
    assert team[1].engine.begun == 0


async def test_when_nobody_is_well_nobody_is_waited_for_long_but_the_last() -> None:
    team, start = scripted([STALL], [PATIENCE + 1, "yes"]), clock()
    for member in team:
        member.circuit.begin(0).failed(start, ProviderError("x", "status 429", temporary=True, retry_after=60))
    assert await ask(team) == "b yes"
    assert clock() - start == pytest.approx(PATIENCE + PATIENCE + 1, abs=2 * MOMENT)


async def test_of_two_that_answer_in_the_same_moment_only_one_is_heard() -> None:
    team = scripted([0.5 + MOMENT + 0.3, "yes", 0.1, "and more"], [0.3, "yes", 0.1, "and more"])
    usually(team[0], 0.5)
    heard = []
    async with Contest(Team(Kind.LLM, team, Report().append, 0), Word()) as contest:
        async for run, word in contest:
            heard.append((run.member.name, word))
            contest.choose(run)
            if word is END:
                contest.finish(run)
    winner = heard[0][0]
    assert heard == [(winner, "yes"), (winner, "and more"), (winner, END)]
    assert all(member.engine.begun == 1 for member in team)


async def test_how_long_answers_took_is_remembered_also_of_who_was_not_waited_for() -> None:
    """So one that has become slower is let have the time it needs."""
    team = scripted([0.9, "no"], [0.3, "yes"])
    usually(team[0], 0.5)
    answers = []
    for _ in range(6):
        answers.append(await ask(team))
        team[0] = replace(team[0], circuit=Circuit())
    assert answers == ["b yes"] * 3 + ["a no"] * 3
    assert team[0].latency.p95 == pytest.approx(0.9, abs=3 * MOMENT)


async def test_of_many_calls_only_one_tries_whether_a_failed_engine_is_well_again() -> None:
    team = scripted([0.5, DOWN], [0.1, "yes"])
    for _ in range(FAILURES):
        await ask(team)
    assert team[0].circuit.due is not None
    await asyncio.sleep(team[0].circuit.due - clock())
    before = team[0].engine.begun
    asking = [asyncio.create_task(_word(team)) for _ in range(5)]
    assert set(await asyncio.gather(*asking)) == {"b yes"}
    assert team[0].engine.begun == before + 1


async def test_who_hangs_up_while_trying_leaves_it_to_the_next() -> None:
    team = scripted([STALL], [0.1, "yes"])
    for _ in range(FAILURES):
        await ask(team)
    assert team[0].circuit.due is not None
    await asyncio.sleep(team[0].circuit.due - clock())
    asking = asyncio.create_task(_word(team))
    await asyncio.sleep(0.1)
    assert not team[0].circuit.admits(clock())
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert team[0].circuit.admits(clock())


async def test_an_engine_may_let_go_in_peace() -> None:
    """It is interrupted once, not again when the contest ends."""
    let_go = asyncio.Event()

    class Careful(Script[str]):
        async def play(self) -> Stream[str]:
            try:
                await stall()
                yield ""
            finally:
                await asyncio.sleep(GRACE / 2)
                let_go.set()

    team = [*members(Careful([])), *scripted(["yes"])]
    assert await ask(team) == "a yes"
    assert let_go.is_set()


async def _word(team: Sequence[Member[Script[str]]]) -> str:
    async with Contest(Team(Kind.LLM, team, Report().append, 0), Word()) as contest:
        async for run, word in contest:
            contest.finish(run)
            return f"{run.member.name} {word}"
    raise AssertionError("neither a word nor an error")
