"""Keys: made, listed, given another secret, revoked."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from assist.api.access import Asker, answers, needs, takes
from assist.api.described import JSON, linked, problems
from assist.api.keys import OVERLAP, Key, Scope
from assist.api.problem import Refusal
from assist.api.rooms import Here, Rooms
from assist.api.shapes import Days, Hours

router: Final = APIRouter(tags=["keys"], dependencies=[needs(Scope.ADMIN), answers(JSON)])

KeyId = Annotated[str, Path(pattern=r"^[0-9a-f]{10}$", examples=["3f786850e3"])]
_OF_KEY: Final = {
    "Rotate": ("rotateKey", {"key_id": "$response.body#/id"}),
    "Revoke": ("revokeKey", {"key_id": "$response.body#/id"}),
}


class NewKey(BaseModel):
    """A key to be made."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, pattern=r"^\S.*$", description="Whose.", examples=["crm"])
    scopes: list[Scope] = Field(min_length=1, max_length=4, description="What it may do.")
    expires_in_days: Days | None = Field(default=None, description="null: never.")


class Rotation(BaseModel):
    """How long the secret before is good still."""

    model_config = ConfigDict(extra="forbid")

    overlap_hours: Hours = int(OVERLAP.total_seconds() // 3600)


class KeyView(BaseModel):
    """A key, without its secret."""

    id: str
    prefix: str = Field(description="What it begins with.", examples=["ak_3f786850e3"])
    name: str
    scopes: list[Scope]
    created: datetime
    expires: datetime | None
    last_used: datetime | None = Field(default=None, description="To the minute.")

    @staticmethod
    def of(key: Key, used: datetime | None = None) -> "KeyView":
        return KeyView(**_fields(key), last_used=used)


class KeyWithSecret(KeyView):
    """A key, as its holder sends it."""

    key: str = Field(description="Shown this once, and kept by nobody but you.")


class KeyList(BaseModel):
    """Every key, as they were made."""

    items: list[KeyView]


@router.get(
    "/v1/keys",
    operation_id="listKeys",
    summary="List the keys",
    responses=problems() | {200: linked(First=("rotateKey", {"key_id": "$response.body#/items/0/id"}))},
)
async def list_keys(rooms: Here) -> KeyList:
    """Their secrets are known to nobody here."""
    return KeyList(items=[KeyView.of(key, used) for key, used in await rooms.keys.all()])


@router.post(
    "/v1/keys",
    operation_id="createKey",
    summary="Make a key",
    status_code=201,
    responses=problems(400, 409, 413, 415, 422) | {201: linked(**_OF_KEY)},
    dependencies=[takes(JSON)],
)
async def create_key(rooms: Here, asker: Asker, wanted: NewKey, response: Response) -> KeyWithSecret:
    """The first one ends that whoever is on this machine needs none, so it must be one that may make others."""
    if asker.id == "local" and Scope.ADMIN not in wanted.scopes:
        raise Refusal("conflict", "The first key must have the scope admin: nobody could make another.")
    lasts = wanted.expires_in_days
    expires = datetime.now(UTC) + timedelta(days=lasts) if lasts else None
    key, secret = await rooms.keys.create(wanted.name, wanted.scopes, expires)
    response.headers["Cache-Control"] = "no-store"
    return KeyWithSecret(**_fields(key), key=secret)


@router.post(
    "/v1/keys/{key_id}/rotate",
    operation_id="rotateKey",
    summary="Give a key another secret",
    responses=problems(400, 404, 409, 413, 415, 422) | {200: linked(**_OF_KEY)},
    dependencies=[takes(JSON)],
)
async def rotate_key(rooms: Here, asker: Asker, key_id: KeyId, wanted: Rotation, response: Response) -> KeyWithSecret:
    """The one before is good for a while still, so that nobody is locked out: nor does a key lock itself out."""
    if asker.id == key_id:
        await _check_overlap(rooms, key_id, wanted)
    rotated = await rooms.keys.rotate(key_id, timedelta(hours=wanted.overlap_hours))
    if rotated is None:
        raise Refusal("not-found", "There is no such key.")
    key, secret = rotated
    response.headers["Cache-Control"] = "no-store"
    return KeyWithSecret(**_fields(key), key=secret)


@router.delete(
    "/v1/keys/{key_id}",
    operation_id="revokeKey",
    summary="Revoke a key",
    status_code=204,
    responses=problems(404, 409, 422),
)
async def revoke_key(rooms: Here, asker: Asker, key_id: KeyId) -> None:
    """At once. A key does not revoke itself."""
    if asker.id == key_id:
        raise Refusal("conflict", "Revoke it by another key, or by assist keys revoke.")
    if not await rooms.keys.revoke(key_id):
        raise Refusal("not-found", "There is no such key.")


async def _check_overlap(rooms: Rooms, key_id: str, wanted: Rotation) -> None:
    """Return if whoever has the key now may have it for a while still. Raises `Refusal`."""
    key = await rooms.keys.get(key_id)
    overlaps = key is not None and key.former_until is not None and datetime.now(UTC) < key.former_until
    if overlaps or not wanted.overlap_hours:
        raise Refusal("conflict", "The secret that you send would be good no longer: do it by another key, or later.")


def _fields(key: Key) -> dict[str, Any]:
    names: Collection[str] = ("id", "prefix", "name", "created", "expires")
    return {name: getattr(key, name) for name in names} | {"scopes": list(key.scopes)}
