"""What engines do, in the units that providers bill by."""

from assist.provider.usage import Amount, tokens


def test_amounts_are_added_unit_by_unit() -> None:
    assert Amount(1, 1.5, 2, 3, 4, 5) + Amount(10, 20.0, 30, 40, 50, 60) == Amount(11, 21.5, 32, 43, 54, 65)


def test_a_text_is_at_least_a_token_unless_it_is_empty() -> None:
    assert [tokens(characters) for characters in (0, 1, 4, 5)] == [0, 1, 1, 2]
