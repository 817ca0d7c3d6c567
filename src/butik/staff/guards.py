"""The gatekeepers of pages: strangers get 404, members without the right get 403."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponseBase

from butik.lib.tenant import TenantModel
from butik.staff.models import Membership, Person
from butik.staff.rights import Right

P = ParamSpec("P")
Row = TypeVar("Row", bound=models.Model)


class PersonRequest(HttpRequest):
    """A request that knows its person."""

    user: Person


def page(
    right: Right,
) -> Callable[
    [Callable[Concatenate[PersonRequest, P], HttpResponseBase]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]
]:
    """Mark a view: signed-in people who hold `right` in some membership. The right itself is kept for inspection."""

    def decorate(
        view: Callable[Concatenate[PersonRequest, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            asked = cast(PersonRequest, request)
            prefetch_related_objects([asked.user], "memberships")  # each guard asks for them: read once
            if not holds(asked.user, right):
                raise PermissionDenied
            return view(asked, *args, **kwargs)

        guarded.right = right  # type: ignore[attr-defined]
        return login_required(guarded)

    return decorate


def holds(person: Person, right: Right, row: TenantModel | None = None) -> bool:
    """Whether a membership that reaches `row` (any row, if None) carries the right."""
    return any(right in each.rights and (row is None or reaches(each, row)) for each in person.memberships.all())


def reaches(membership: Membership, row: TenantModel) -> bool:
    if membership.organisation_id != row.organisation_id:
        return False
    model = row._meta.model_name
    chain = row.pk if model == "chain" else getattr(row, "chain_id", None)
    store = row.pk if model == "store" else getattr(row, "store_id", None)
    if membership.store_id is not None:
        return membership.store_id == store
    return membership.chain_id is None or membership.chain_id == chain


def get_for(person: Person, right: Right, model: type[Row], **lookup: object) -> Row:
    """The one row a person asked for: 404 if it is not visible to her, 403 if it is but the right is missing."""
    row = model.objects.visible_to(person).filter(**lookup).first()  # type: ignore[attr-defined]
    if row is None:
        raise Http404
    if not holds(person, right, row):
        raise PermissionDenied
    return row  # type: ignore[no-any-return]
