"""The current price file, and one article as the store has it now."""

from django.http import HttpRequest, HttpResponse

from butik.articles.lookup import find_by_code
from butik.lib.machine_api import answer
from butik.lib.problems import Problem
from butik.pos_api.authentication import Caller, device_call
from butik.pricing.models import PriceFile
from butik.sales import device_wire

CONTENT_TYPE = "application/vnd.butik.prices+gzip"


@device_call()
def manifest(request: HttpRequest, caller: Caller) -> HttpResponse:
    newest = (
        PriceFile.objects.filter(organisation_id=caller.place.organisation_id, store_id=caller.place.store_id)
        .order_by("-version")
        .values_list("manifest", flat=True)
        .first()
    )
    if newest is None:
        raise Problem("not-found", 404, "This store has no price file yet.")
    return answer(device_wire.Prices(newest))


@device_call()
def article(request: HttpRequest, caller: Caller, code: str) -> HttpResponse:
    place = caller.place
    found = find_by_code(organisation_id=place.organisation_id, chain_id=place.chain_id, code=code)
    if found is None:
        raise Problem("not-found", 404, "This store has no article with that code.")
    return answer(found)


@device_call()
def content(request: HttpRequest, caller: Caller, sha256: str) -> HttpResponse:
    """The bytes of a price file; what they are never changes, so they may be kept for ever."""
    found = (
        PriceFile.objects.filter(
            organisation_id=caller.place.organisation_id, store_id=caller.place.store_id, sha256=sha256
        )
        .values_list("content", flat=True)
        .first()
    )
    if found is None:
        raise Problem("not-found", 404, "This store has no such price file.")
    response = HttpResponse(bytes(found), content_type=CONTENT_TYPE)
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return response
