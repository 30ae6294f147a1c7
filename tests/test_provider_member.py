from assist.provider import Opened
from assist.provider.member import Member


def test_what_calls_are_lent_shares_its_health() -> None:
    member = Member.of("openai", Opened(str.upper, "gpt-4o"), beside=False)
    lent = member.lending("the engine of one call")
    assert (lent.name, lent.engine, lent.model, lent.beside) == ("openai", "the engine of one call", "gpt-4o", False)
    assert lent.circuit is member.circuit
    assert lent.latency is member.latency
    assert lent.warm is member.warm


def test_each_member_has_a_health_of_its_own() -> None:
    opened = Opened("engine")
    assert Member.of("a", opened).circuit is not Member.of("b", opened).circuit
