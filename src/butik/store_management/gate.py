"""The gatekeeper of every page about one store."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from butik.organisation.models import Store
from butik.staff.guards import PersonRequest, get_for, page
from butik.staff.rights import Right

P = ParamSpec("P")


class StoreRequest(PersonRequest):
    """A request about a store that this person may manage."""

    store: Store


def store_page(
    right: Right,
) -> Callable[[Callable[Concatenate[StoreRequest, P], HttpResponse]], Callable[..., HttpResponseBase]]:
    """Mark a view of one store: 404 to strangers of it, 403 without `right` there. The frame shows the store."""

    def decorate(view: Callable[Concatenate[StoreRequest, P], HttpResponse]) -> Callable[..., HttpResponseBase]:
        @page(right)
        @wraps(view)
        def with_store(request: HttpRequest, /, store_id: UUID, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            request.store = get_for(request.user, right, Store, pk=store_id)  # type: ignore[arg-type, attr-defined]
            return view(request, *args, **kwargs)  # type: ignore[arg-type]

        return with_store

    return decorate
