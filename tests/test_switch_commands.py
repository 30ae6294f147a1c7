import pytest

from assist.errors import ProtocolError
from assist.switch.commands import originate, variables


def test_a_list_of_variables_holds_what_it_was_given() -> None:
    assert variables({}) == "{}"
    assert variables({"a": "1", "b": "x=y", "c": ""}) == "{a=1,b=x=y,c=}"
    assert variables({"origination_caller_id_name": "Clínica Núñez, S.A."}) == (
        r"{origination_caller_id_name='Clínica Núñez\, S.A.'}"
    )


@pytest.mark.parametrize("value", ["a'b", "a}b", "{a", "[a", "a]", "a|b", "^^:a", "a\\", "a\nb", "${a}", "a<b", "a>b"])
def test_a_value_that_could_end_the_list_is_refused(value: str) -> None:
    with pytest.raises(ProtocolError) as error:
        variables({"name": value})
    assert "name" in str(error.value)
    assert value not in str(error.value)


@pytest.mark.parametrize("name", ["", "a b", "a=b", "a,b", "é"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ProtocolError):
        variables({name: "1"})


@pytest.mark.parametrize("part", ["", "a b", "sofia/x,sofia/y", "a|b", "{a=1}sofia/x", "[a=1]x", "a\n", "&park()\nx"])
def test_who_is_called_is_one_endpoint_and_nothing_else(part: str) -> None:
    for endpoint, extension, context in ((part, "in", "c"), ("loopback/x", part, "c"), ("loopback/x", "in", part)):
        with pytest.raises(ProtocolError):
            originate(endpoint, extension, context, {})
