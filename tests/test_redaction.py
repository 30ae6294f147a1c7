"""What must not be read in a log is taken out, however it is written."""

import string
from collections.abc import Iterator

import phonenumbers
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import assist.redaction
from assist.redaction import BLOT, SECRET, hide, redacted

UUID = "3f2a8c1e-9012-4345-8678-123456789012"
LETTERS = st.text(string.ascii_letters + "áñ ,;:!?()\"'<>=@", max_size=20)
FORMATS = [
    phonenumbers.PhoneNumberFormat.E164,
    phonenumbers.PhoneNumberFormat.INTERNATIONAL,
    phonenumbers.PhoneNumberFormat.NATIONAL,
    phonenumbers.PhoneNumberFormat.RFC3966,
]


@pytest.fixture(autouse=True)
def secrets_as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(assist.redaction, "_secrets", set())
    monkeypatch.setattr(assist.redaction, "_literal", None)
    yield


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """A number as some country writes it, of one that exists there."""
    region = draw(st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)))
    example = phonenumbers.example_number(region)
    assume(example is not None)
    assert example
    assert example.national_number
    assume(len(str(example.national_number)) >= 7)
    # Other last digits: it need not exist to look like one.
    example.national_number = example.national_number // 1000 * 1000 + draw(st.integers(0, 999))
    return phonenumbers.format_number(example, draw(st.sampled_from(FORMATS)))


def digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


@given(before=LETTERS, number=numbers(), after=LETTERS)
def test_no_telephone_number_of_any_country_is_left(before: str, number: str, after: str) -> None:
    assert len(digits(redacted(before + number + after))) <= 2, "an extension, or the first digit of a list"


@given(st.text("0123456789", min_size=6, max_size=20), LETTERS, LETTERS)
def test_no_run_of_digits_is_left(number: str, before: str, after: str) -> None:
    assert number not in redacted(before + number + after)


@given(st.text(string.ascii_letters + string.digits + "-_+/=", min_size=8, max_size=60), LETTERS, LETTERS)
def test_no_key_that_is_known_is_left(secret: str, before: str, after: str) -> None:
    hide(secret)
    assert secret not in redacted(f"{before} {secret} {after}")
    assert secret not in redacted(f"{before}{secret}{after}")


@given(st.text())
def test_what_was_redacted_stays_as_it_is(text: str) -> None:
    once = redacted(text)
    assert redacted(once) == once


@pytest.mark.parametrize(
    "number",
    [
        "600111222",
        "+34600111222",
        "+34 600 11 12 22",
        "(91) 555-01-99",
        "555.0199",
        "91/555/01/99",
        "sip:34600111222@trunk.example",
        "u600111222",
        "1,600111222",
        "6001-11-2233",
        "600\u00a0111\u2011222",
        "\uff16\uff10\uff10\uff11\uff11\uff11\uff12\uff12\uff12",
    ],
)
def test_telephone_numbers_are_blotted_out(number: str) -> None:
    found = redacted(f"from {number}, failed")
    assert BLOT in found
    assert sum(letter.isdigit() for letter in found) <= 1


@pytest.mark.parametrize(
    "identity",
    [
        "12345678Z",  # DNI
        "X1234567L",  # NIE
        "B12345674",  # NIF
        "20-12345678-6",  # CUIT
        "GODE561231GR8",  # RFC
        "GODE561231HDFRRN09",  # CURP
        "032180000118359719",  # CLABE
        "ES91 2100 0418 4502 0005 1332",  # IBAN
        "4111 1111 1111 1111",  # a card
        "123-45-6789",  # SSN
        "QQ 12 34 56 C",  # NINO
    ],
)
def test_identity_numbers_are_not_left(identity: str) -> None:
    found = redacted(f"said {identity} then")
    assert BLOT in found
    assert identity not in found
    assert len(digits(found)) <= 3


@pytest.mark.parametrize(
    "kept",
    [
        f"call {UUID} ended",
        f"call {UUID.upper()} ended",
        "at 2026-11-23T09:30:00.123456 it began",
        "on 2026-11-23 at 10:11:12",
        "peer 192.168.110.220:8084 refused",
        "worker 1 (pid 1234567) died",
        "took 12.345 s, 16000 Hz, 404",
        "ASSIST_ESL_PASSWORD: is missing: set it",
        "OPENAI_API_KEY: the key is not accepted: mend the key or the account",
        "the token count is 512, the key of the campaign",
        "https://api.example:8443/v1?page=2",
    ],
)
def test_what_helps_stays(kept: str) -> None:
    assert redacted(kept) == kept


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Bearer abc.def", "abc.def"),
        ("authorization: Basic YWxhZGRpbjpvcGVuc2VzYW1l0", "YWxhZGRpbjpvcGVuc2VzYW1l0"),
        ("Authorization: Token 0a1b2c3d4e5f", "0a1b2c3d4e5f"),
        ("Incorrect API key provided: sk-proj-abcdEFGH1234.", "sk-proj-abcdEFGH1234"),
        ("ak_0123abcdef_MfKQ9r8GKYqrTwjU", "MfKQ9r8GKYqrTwjU"),
        ("whsec_MfKQ9r8GKYqrTwjU", "MfKQ9r8GKYqrTwjU"),
        ("redis://:hunter22@db:6379/0", "hunter22"),
        ("AKIAIOSFODNN7EXAMPLE is unknown", "AKIAIOSFODNN7EXAMPLE"),
        ("key AIzaSyA1234567890abcdefghijklmnopqrstuv", "AIzaSyA1234567890abcdefghijklmnopqrstuv"),
        ("https://api.example/v1?api_key=abcdefgh&page=2", "abcdefgh"),
        ("{'password': 'hunter22', 'user': 'me'}", "hunter22"),
        ('{"access_token": "abcdefgh"}', "abcdefgh"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig-nature", "eyJzdWIiOiIxIn0"),
        ("0123456789abcdef0123456789abcdef01234567", "abcdef0123456789"),
    ],
)
def test_keys_are_blotted_out_by_their_looks(text: str, secret: str) -> None:
    found = redacted(text)
    assert secret not in found
    assert SECRET in found
    assert "page=2" in found or "page=2" not in text


def test_a_secret_that_was_read_is_blotted_out_wherever_it_is() -> None:
    hide("correcthorse")
    hide("correcthorsebattery")
    assert redacted("login correcthorsebattery, correcthorse!") == f"login {SECRET}, {SECRET}!"


def test_words_that_are_too_short_to_be_secrets_stay() -> None:
    hide("")
    hide("redis")
    assert redacted("redis answers") == "redis answers"
