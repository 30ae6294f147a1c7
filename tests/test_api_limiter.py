from assist.api.limiter import Limiter


def test_as_many_as_the_burst_may_come_at_once_and_then_at_the_rate() -> None:
    limiter = Limiter(rate=2.0, burst=4)
    verdicts = [limiter.ask("a", 10.0) for _ in range(5)]
    assert [verdict.allowed for verdict in verdicts] == [True] * 4 + [False]
    assert [verdict.remaining for verdict in verdicts] == [3, 2, 1, 0, 0]
    assert verdicts[-1].retry_after == 0.5
    assert limiter.ask("a", 10.5).allowed
    assert not limiter.ask("a", 10.5).allowed


def test_what_was_refused_does_not_count() -> None:
    limiter = Limiter(rate=1.0, burst=1)
    assert limiter.ask("a", 0.0).allowed
    assert not any(limiter.ask("a", 0.5).allowed for _ in range(50))
    assert limiter.ask("a", 1.0).allowed


def test_nobody_pays_for_another() -> None:
    limiter = Limiter(rate=1.0, burst=1)
    assert limiter.ask("a", 0.0).allowed
    assert limiter.ask("b", 0.0).allowed


def test_after_a_rest_all_of_the_burst_is_there_again() -> None:
    limiter = Limiter(rate=2.0, burst=4)
    for _ in range(4):
        full_after = limiter.ask("a", 0.0).full_after
    assert full_after == 2.0
    assert limiter.ask("a", 2.0).remaining == 3


def test_it_remembers_only_so_many() -> None:
    limiter = Limiter(rate=1.0, burst=1)
    for number in range(20_000):
        limiter.ask(str(number), 0.0)
    assert limiter.ask("0", 0.0).allowed, "forgotten long ago"
    assert not limiter.ask("19999", 0.0).allowed
