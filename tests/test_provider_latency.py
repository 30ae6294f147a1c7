from assist.provider.latency import ENOUGH, WINDOW, Latency


def known(*seconds: float) -> Latency:
    latency = Latency()
    for each in seconds:
        latency.add(each)
    return latency


def test_nothing_is_usual_before_enough_is_known() -> None:
    assert known(*[1.0] * (ENOUGH - 1)).p95 is None
    assert known(*[1.0] * ENOUGH).p95 == 1.0


def test_one_in_twenty_takes_longer() -> None:
    assert known(*(second for second in range(WINDOW))).p95 == WINDOW * 0.95


def test_what_was_long_ago_does_not_count() -> None:
    assert known(*[9.0] * WINDOW, *[1.0] * WINDOW).p95 == 1.0
