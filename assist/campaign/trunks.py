"""The ways out, as their file declares them: what each carrier allows all campaigns together."""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from assist.assistant.document import Document, read
from assist.assistant.explain import explain
from assist.assistant.hours import STRICT
from assist.assistant.mistakes import Mistake
from assist.assistant.script import one_or_many
from assist.campaign.numbers import normalise
from assist.errors import ConfigurationError


def whole_number(text: str) -> str:
    """Return *text* as E.164. Raises `ValueError` if it is not written with its country code."""
    try:
        return normalise(text, "ZZ")
    except ValueError as error:
        raise ValueError('this is no telephone number; write it with +, in quotes: "+34910000000"') from error


def gateway_name(name: str) -> str:
    """Return *name*. Raises `ValueError` if no gateway can be called so."""
    # It stands in the dial string.
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", name):
        raise ValueError("this is no name of a gateway; write letters, digits, and any of . - _")
    return name


E164 = Annotated[str, AfterValidator(whole_number)]
GatewayName = Annotated[str, AfterValidator(gateway_name)]


def caller_id(value: object) -> object:
    """Return a number without anything else as one that has the rest by default."""
    return {"number": value} if isinstance(value, str) else value


@dataclass(frozen=True, slots=True, config=STRICT)
class CallerId:
    """A number that calls may show."""

    number: E164
    per_day: Annotated[int, Field(ge=1)] | None = None
    """Calls that show it in a day, of all campaigns; None: any."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Gateway:
    """A gateway of FreeSWITCH, and what its carrier allows."""

    cps: Annotated[float, Field(gt=0, le=50)] = 1.0
    """Calls begun in a second."""
    calls: Annotated[int, Field(ge=1)] = 10
    """In progress at once, those of people who call us among them."""
    inbound: Annotated[int, Field(ge=0)] = 0
    """Of them kept for those."""
    usd_per_minute: Annotated[Decimal, Field(ge=0)] | None = None
    """Of talk; None: not known."""
    caller_ids: Annotated[
        tuple[Annotated[CallerId, BeforeValidator(caller_id)], ...], BeforeValidator(one_or_many)
    ] = ()
    """Yours by contract."""

    @property
    def room(self) -> int:
        """Calls that campaigns may have in progress at once."""
        return self.calls - self.inbound


class Trunks:
    """The gateways of a file. A changed file counts from the next look on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._changed_ns = -1
        self._gateways: Mapping[str, Gateway] = {}

    def all(self) -> Mapping[str, Gateway]:
        """Return the gateways as the file is now: the same object as long as it does not change.

        Raises `ConfigurationError` with every mistake in it, even if it was right before.
        """
        try:
            changed = self.path.stat().st_mtime_ns
        except OSError as error:
            mend = "ASSIST_TRUNKS says where it is; config/trunks.yaml is one to start from"
            raise ConfigurationError(f"{self.path}: it cannot be read: {error.strerror}; {mend}") from error
        if changed != self._changed_ns:
            self._gateways = load_trunks(self.path)
            self._changed_ns = changed
        return self._gateways


def load_trunks(path: Path) -> Mapping[str, Gateway]:
    """Return the gateways of a file by name. Raises `ConfigurationError` with every mistake in it."""
    found = inspect_trunks(path)
    if isinstance(found, Mapping):
        return found
    raise ConfigurationError("\n".join(map(str, sorted(found, key=lambda mistake: mistake.line))))


def inspect_trunks(path: Path) -> Mapping[str, Gateway] | list[Mistake]:
    """Return the gateways of a file by name, or all its mistakes."""
    try:
        document = read(str(path), path.read_bytes())
    except OSError as error:
        mend = "check the name, which ASSIST_TRUNKS says, and the permissions"
        return [Mistake(str(path), 1, "", f"it cannot be read: {error.strerror}", mend)]
    try:
        gateways = TypeAdapter(Mapping[GatewayName, Gateway]).validate_python(document.values or {})
    except ValidationError as error:
        return [*document.mistakes, *(explain(detail, document, Gateway) for detail in error.errors())]
    return [*document.mistakes, *_broken(gateways, document)] or gateways


def _broken(gateways: Mapping[str, Gateway], document: Document) -> Iterator[Mistake]:
    for name, gateway in gateways.items():
        if gateway.room < 1:
            mend = f"write less than {gateway.calls}, or more calls"
            yield document.mistake((name, "inbound"), "nothing is left for campaigns", mend)
        numbers = [one.number for one in gateway.caller_ids]
        for place, number in enumerate(numbers):
            if number in numbers[:place]:
                yield document.mistake((name, "caller_ids", place), "this number is there already", "remove it")
