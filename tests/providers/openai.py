"""What OpenAI's local services share: the key, how they refuse, and what they say of a model."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web
from openai.types.model import Model
from openai.types.shared import ErrorObject
from pydantic import JsonValue

from tests.providers import Fault
from tests.providers.http import Answer, HttpService, garbage

KEY = "sk-not-a-real-key"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is an error."""

    status: int
    message: str = f"No: {KEY}, clínica"
    param: str | None = None
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> web.Response:
        error = ErrorObject(message=self.message, type="invalid_request_error", param=self.param, code=self.code)
        return web.json_response({"error": error.model_dump()}, status=self.status, headers=self.headers)


REFUSALS = {
    Fault.UNAUTHORIZED: Refusal(401, code="invalid_api_key"),
    Fault.FORBIDDEN: Refusal(403, code="unsupported_country_region_territory"),
    Fault.BUSY: Refusal(429, code="rate_limit_exceeded", headers={"retry-after": "7"}),
    Fault.BROKEN: Refusal(500, code="server_error"),
}
NO_MODEL = Refusal(404, code="model_not_found")


def admitted(service: HttpService, request: web.BaseRequest) -> web.Response | None:
    """Return what is answered in place of what was asked for, or None if it may be asked for."""
    if service.fault is Fault.GARBAGE:
        return garbage()
    if service.fault in REFUSALS:
        return REFUSALS[service.fault].response()
    if request.headers.get("Authorization") != f"Bearer {KEY}":
        return REFUSALS[Fault.UNAUTHORIZED].response()
    return None


def described(name: str) -> Model:
    return Model(id=name, created=1, object="model", owned_by="openai")


def openai_service(answer: Answer, **options: JsonValue) -> HttpService:
    """Return the service, to be entered; *options* are what engines are told beside the address and the key."""
    return HttpService(
        "openai",
        answer,
        address="base_url",
        environment={"OPENAI_API_KEY": KEY},
        options={"key": "OPENAI_API_KEY", **options},
    )
