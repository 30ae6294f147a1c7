"""The routes."""

import asyncio
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Request, Response
from fastapi import Path as InPath
from pydantic import BaseModel, Field

from assist.api.access import answers, needs, takes
from assist.api.assistants.folder import Wrong, replace, text_of
from assist.api.described import JSON, body, linked, problems
from assist.api.keys import Scope
from assist.api.problem import Fault, Refusal
from assist.api.rooms import Here, Rooms
from assist.api.versions import IfMatch, IfNoneMatch, check, has, tag
from assist.assistant import Assistant
from assist.assistant.loading import SUFFIX, parse, version_of
from assist.assistant.mistakes import Mistake

router: Final = APIRouter(tags=["assistants"])

YAML: Final = "application/yaml"
_EXAMPLE: Final = "languages: es\ntimezone: Europe/Madrid\nphrases: {es: {greeting: Soy un asistente automático.}}\n"
_SCHEMA: Final = {
    "type": "object",
    "description": "An assistant, as README and config/assistants show.",
    "properties": {
        "languages": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
        "timezone": {"type": "string"},
        "phrases": {"type": "object"},
    },
    "required": ["languages", "timezone", "phrases"],
}

AssistantName = Annotated[
    str,
    InPath(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$", description="The name of its file, without .yaml.", examples=["clinica"]
    ),
]


class Flaw(BaseModel):
    """A mistake in a file."""

    line: int = Field(ge=1)
    field: str = Field(description="As `intents.hours.answers`; empty for the whole file.")
    mistake: str
    mend: str


class Declared(BaseModel):
    """An assistant, as its file declares it."""

    name: str
    version: str = Field(description="Changes with its file.", examples=["3f786850e387550f"])
    languages: list[str] = Field(default_factory=list, description="ISO 639-1; the first is spoken first.")
    destinations: list[str] = Field(default_factory=list, description="Where callers may be transferred to, by name.")
    mistakes: list[Flaw] = Field(default_factory=list, description="While there are any, it takes no calls.")


class Document(Declared):
    """An assistant, with its file."""

    text: str = Field(description="YAML.")


class Assistants(BaseModel):
    """Every assistant there is."""

    items: list[Declared]


class Verdict(BaseModel):
    """What is wrong with a file."""

    valid: bool
    mistakes: list[Flaw]


@router.get(
    "/v1/assistants",
    operation_id="listAssistants",
    summary="List the assistants",
    responses=problems() | {200: linked(First=("getAssistant", {"name": "$response.body#/items/0/name"}))},
    dependencies=[needs(Scope.READ), answers(JSON)],
)
async def list_assistants(rooms: Here) -> Assistants:
    """Those with mistakes, too."""
    return Assistants(items=await asyncio.to_thread(_all, rooms))


@router.get(
    "/v1/assistants/{name}",
    operation_id="getAssistant",
    summary="Get an assistant",
    response_model=Document,
    responses=problems(404, 422) | {304: {"description": "It is as it was."}},
    dependencies=[needs(Scope.READ), answers(JSON)],
)
async def get_assistant(
    rooms: Here, name: AssistantName, response: Response, if_none_match: IfNoneMatch = None
) -> Document | Response:
    """With its file, and an `ETag` to change it by."""
    text = await asyncio.to_thread(text_of, _folder(rooms), name)
    if text is None:
        raise Refusal("not-found", "There is no such assistant.")
    headers = {"ETag": tag(version_of(text))}
    if if_none_match and has(if_none_match, version_of(text)):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return Document(**_declared(name, text).model_dump(), text=text.decode("utf-8", "replace"))


@router.put(
    "/v1/assistants/{name}",
    operation_id="putAssistant",
    summary="Write an assistant",
    responses=problems(409, 412, 413, 415, 422, 428) | {201: {"description": "It is new.", "model": Declared}},
    openapi_extra=body(YAML, schema=_SCHEMA, example=_EXAMPLE),
    dependencies=[needs(Scope.ADMIN), answers(JSON), takes(YAML)],
)
async def put_assistant(
    rooms: Here,
    name: AssistantName,
    request: Request,
    response: Response,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> Declared:
    """It counts from the next call on. A file with mistakes is refused, with each of them."""
    text = await request.body()
    is_new = False

    def allow(present: str | None) -> None:
        nonlocal is_new
        is_new = present is None
        check(present, if_match, if_none_match)

    try:
        version = await asyncio.to_thread(replace, _folder(rooms), name, text, allow)
    except Wrong as wrong:
        raise Refusal(
            "invalid", "This is no assistant yet.", [_fault(mistake) for mistake in wrong.mistakes]
        ) from wrong
    except OSError as error:
        raise Refusal("conflict", f"The file cannot be written here: {error.strerror}.") from error
    response.status_code = 201 if is_new else 200
    response.headers["ETag"] = tag(version)
    return _declared(name, text)


@router.post(
    "/v1/assistant-checks",
    operation_id="checkAssistant",
    summary="Check the file of an assistant",
    responses=problems(413, 415),
    openapi_extra=body(YAML, schema=_SCHEMA, example=_EXAMPLE),
    dependencies=[needs(Scope.READ), answers(JSON), takes(YAML)],
)
async def check_assistant(request: Request) -> Verdict:
    """Nothing is written."""
    found = await asyncio.to_thread(parse, Path(f"assistant{SUFFIX}"), await request.body())
    mistakes = [] if isinstance(found, Assistant) else [_flaw(mistake) for mistake in found]
    return Verdict(valid=not mistakes, mistakes=mistakes)


def _folder(rooms: Rooms) -> Path:
    return rooms.settings.files.assistants_dir


def _all(rooms: Rooms) -> list[Declared]:
    texts = [(name, text_of(_folder(rooms), name)) for name in rooms.files.assistants.names()]
    return [_declared(name, text) for name, text in texts if text is not None]


def _declared(name: str, text: bytes) -> Declared:
    found = parse(Path(f"{name}{SUFFIX}"), text)
    if isinstance(found, Assistant):
        return Declared(
            name=name, version=found.version, languages=list(found.languages), destinations=sorted(found.destinations)
        )
    return Declared(name=name, version=version_of(text), mistakes=[_flaw(mistake) for mistake in found])


def _flaw(mistake: Mistake) -> Flaw:
    return Flaw(line=mistake.line, field=mistake.field, mistake=mistake.mistake, mend=mistake.mend)


def _fault(mistake: Mistake) -> Fault:
    return Fault(detail=f"{mistake.mistake}; {mistake.mend}", pointer=f"line {mistake.line} {mistake.field}".strip())
