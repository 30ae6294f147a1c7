"""The routes."""

from datetime import timedelta
from typing import Annotated, Final, TypeVar

from fastapi import APIRouter, Path, Query, Response

from assist.api.access import answers, needs, takes
from assist.api.described import JSON, linked, problems
from assist.api.keys import Scope
from assist.api.paging import Limit
from assist.api.problem import Fault, Refusal
from assist.api.rooms import Here
from assist.api.webhooks.shapes import (
    DeliveryPage,
    DeliveryView,
    EndpointChanges,
    EndpointList,
    EndpointView,
    EndpointWithSecret,
    NewEndpoint,
    Overlap,
    fields_of,
)
from assist.errors import WebError
from assist.webhooks.endpoints import Changes, TooMany
from assist.webhooks.model import DeliveryState

T = TypeVar("T")

router: Final = APIRouter(tags=["webhooks"], dependencies=[needs(Scope.ADMIN), answers(JSON)])

EndpointId = Annotated[str, Path(pattern=r"^ep_[0-9a-f]{24}$", examples=["ep_3f786850e387550fdab836ed"])]
DeliveryId = Annotated[str, Path(pattern=r"^dlv_[0-9a-f]{32}$", examples=["dlv_3f786850e387550fdab836ed7e6dc881"])]
After = Annotated[str | None, Query(pattern=r"^dlv_[0-9a-f]{32}$", description="`next_cursor` of the page before.")]
_OF_ENDPOINT: Final = {
    "Get": ("getEndpoint", {"endpoint_id": "$response.body#/id"}),
    "Change": ("changeEndpoint", {"endpoint_id": "$response.body#/id"}),
    "Test": ("testEndpoint", {"endpoint_id": "$response.body#/id"}),
    "Deliveries": ("listDeliveries", {"endpoint_id": "$response.body#/id"}),
    "Rotate": ("rotateEndpoint", {"endpoint_id": "$response.body#/id"}),
    "Remove": ("removeEndpoint", {"endpoint_id": "$response.body#/id"}),
}
_OF_DELIVERY: Final = {
    "Get": ("getDelivery", {"delivery_id": "$response.body#/id"}),
    "Resend": ("resendDelivery", {"delivery_id": "$response.body#/id"}),
}


@router.get(
    "/v1/webhooks",
    operation_id="listEndpoints",
    summary="List who is told",
    responses=problems() | {200: linked(First=("getEndpoint", {"endpoint_id": "$response.body#/items/0/id"}))},
)
async def list_endpoints(rooms: Here) -> EndpointList:
    """Without the secrets."""
    return EndpointList(items=[EndpointView.of(one) for one in await rooms.webhooks.endpoints.all()])


@router.post(
    "/v1/webhooks",
    operation_id="addEndpoint",
    summary="Tell somebody what happens",
    status_code=201,
    responses=problems(400, 409, 413, 415) | {201: linked(**_OF_ENDPOINT)},
    dependencies=[takes(JSON)],
)
async def add_endpoint(rooms: Here, wanted: NewEndpoint, response: Response) -> EndpointWithSecret:
    """From now on, signed as https://www.standardwebhooks.com describes."""
    try:
        endpoint, secret = await rooms.webhooks.endpoints.create(
            wanted.url, wanted.types, transcripts=wanted.transcripts, numbers=wanted.numbers
        )
    except WebError as error:
        raise _refused(error) from error
    except TooMany as error:
        raise Refusal("conflict", str(error)) from error
    response.headers["Cache-Control"] = "no-store"
    return EndpointWithSecret(**fields_of(endpoint), secret=secret)


@router.get(
    "/v1/webhooks/{endpoint_id}",
    operation_id="getEndpoint",
    summary="Get an endpoint",
    responses=problems(404) | {200: linked(**_OF_ENDPOINT)},
)
async def get_endpoint(rooms: Here, endpoint_id: EndpointId) -> EndpointView:
    """With how it does."""
    return EndpointView.of(_known(await rooms.webhooks.endpoints.get(endpoint_id)))


@router.patch(
    "/v1/webhooks/{endpoint_id}",
    operation_id="changeEndpoint",
    summary="Change an endpoint",
    responses=problems(400, 404, 409, 413, 415),
    dependencies=[takes(JSON)],
)
async def change_endpoint(rooms: Here, endpoint_id: EndpointId, wanted: EndpointChanges) -> EndpointView:
    """What is left out stays."""
    try:
        return EndpointView.of(_known(await rooms.webhooks.endpoints.update(endpoint_id, Changes(**dict(wanted)))))
    except WebError as error:
        raise _refused(error) from error


@router.delete(
    "/v1/webhooks/{endpoint_id}",
    operation_id="removeEndpoint",
    summary="Tell an endpoint nothing more",
    status_code=204,
    responses=problems(404),
)
async def remove_endpoint(rooms: Here, endpoint_id: EndpointId) -> None:
    """Also of what waits."""
    _known(await rooms.webhooks.endpoints.delete(endpoint_id) or None)


@router.post(
    "/v1/webhooks/{endpoint_id}/rotate",
    operation_id="rotateEndpoint",
    summary="Sign with another secret",
    responses=problems(400, 404, 413, 415),
    dependencies=[takes(JSON)],
)
async def rotate_endpoint(
    rooms: Here, endpoint_id: EndpointId, wanted: Overlap, response: Response
) -> EndpointWithSecret:
    """The one before signs, too, for a while; with 0 hours it leaked, and signs no more."""
    secret = _known(await rooms.webhooks.endpoints.rotate(endpoint_id, timedelta(hours=wanted.overlap_hours)))
    endpoint = _known(await rooms.webhooks.endpoints.get(endpoint_id))
    response.headers["Cache-Control"] = "no-store"
    return EndpointWithSecret(**fields_of(endpoint), secret=secret)


@router.post(
    "/v1/webhooks/{endpoint_id}/tests",
    operation_id="testEndpoint",
    summary="Tell an endpoint that this is a test",
    status_code=202,
    responses=problems(404) | {202: linked(**_OF_DELIVERY)},
)
async def test_endpoint(rooms: Here, endpoint_id: EndpointId) -> DeliveryView:
    """Whatever it wants to know."""
    delivery = _known(await rooms.webhooks.test(endpoint_id))
    return DeliveryView.of(_known(await rooms.webhooks.queue.get(delivery)))


@router.get(
    "/v1/webhooks/{endpoint_id}/deliveries",
    operation_id="listDeliveries",
    summary="List what an endpoint is told",
    responses=problems(404) | {200: linked(First=("resendDelivery", {"delivery_id": "$response.body#/items/0/id"}))},
)
async def list_deliveries(
    rooms: Here,
    endpoint_id: EndpointId,
    state: DeliveryState = DeliveryState.DEAD,
    limit: Limit = 50,
    cursor: After = None,
) -> DeliveryPage:
    """What waits, what arrived, or what was given up; the latest first."""
    _known(await rooms.webhooks.endpoints.get(endpoint_id))
    page = await rooms.webhooks.queue.page(endpoint_id, state, cursor, limit)
    return DeliveryPage(items=[DeliveryView.of(one) for one in page.deliveries], next_cursor=page.cursor)


@router.get(
    "/v1/deliveries/{delivery_id}",
    operation_id="getDelivery",
    summary="Get a delivery",
    responses=problems(404) | {200: linked(**_OF_DELIVERY)},
)
async def get_delivery(rooms: Here, delivery_id: DeliveryId) -> DeliveryView:
    """What became of it."""
    return DeliveryView.of(_known(await rooms.webhooks.queue.get(delivery_id)))


@router.post(
    "/v1/deliveries/{delivery_id}/resend",
    operation_id="resendDelivery",
    summary="Send a delivery once more",
    status_code=202,
    responses=problems(404, 409) | {202: linked(**_OF_DELIVERY)},
)
async def resend_delivery(rooms: Here, delivery_id: DeliveryId) -> DeliveryView:
    """Under the same id. One that waits still will be sent anyway."""
    _known(await rooms.webhooks.queue.get(delivery_id))
    if not await rooms.webhooks.queue.resend(delivery_id):
        raise Refusal("conflict", "It is on its way.")
    return DeliveryView.of(_known(await rooms.webhooks.queue.get(delivery_id)))


def _known(found: T | None) -> T:
    """Return what was found. Raises `Refusal` if that is nothing."""
    if found is None:
        raise Refusal("not-found", "There is no such endpoint, or no such delivery.")
    return found


def _refused(error: WebError) -> Refusal:
    return Refusal("conflict", "This address is not asked from here.", [Fault(detail=error.reason, pointer="/url")])
