"""Articles of a chain: the list, and one article with its barcodes and versions."""

import json
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from butik.articles.models import Article, ArticleVersion
from butik.lib.bounds import MAX_SMALL_BODY
from butik.lib.outside import read_as
from butik.lib.signing import BadDocument, decode, encode
from butik.organisation.models import Chain
from butik.staff.guards import PersonRequest, holds, page
from butik.staff.rights import Right
from butik.store_management import import_views
from butik.store_management.article_forms import ArticleFilter

SIZE = 50
VERSIONS_SHOWN = 50


@require_safe
@page(Right.ARTICLES_ARTICLE_VIEW)
def articles(request: PersonRequest) -> HttpResponse:
    chains = list(Chain.objects.visible_to(request.user).order_by("name"))
    chain = next((each for each in chains if str(each.pk) == request.GET.get("chain")), chains[0] if chains else None)
    if chain is None:
        raise Http404
    asked = ArticleFilter(request.GET, chains=chains, chain=chain)
    context: dict[str, Any] = {"filter": asked, "chain": chain, "rows": [], "has_any": True}
    context["may_import"] = holds(request.user, Right.ARTICLES_ARTICLE_IMPORT, chain)
    if asked.is_valid():
        context |= _page(request, chain, asked.cleaned_data)
    return render(request, "store_management/articles.html", context, status=422 if asked.errors else 200)


def _page(request: PersonRequest, chain: Chain, said: dict[str, Any]) -> dict[str, Any]:
    """One page of the list; the next begins after its last row, so the last page is as fast as the first."""
    live = Article.objects.visible_to(request.user).filter(chain=chain, organisation_id=chain.organisation_id).live()
    words = said["q"].strip()
    by_number = words.isascii() and words.isdigit()
    coded = None
    rows = live.select_related("group")
    if said["group"]:
        rows = rows.filter(group_id=said["group"])
    if by_number:
        coded = rows.with_code(chain, words)
        rows = rows.numbered(words).order_by("number")
    else:
        rows = (rows.beginning_with(words) if words else rows).order_by("search_text", "number")
    place = _read_place(request.GET.get("after", ""))
    if place is not None:
        rows = rows.filter(number__gt=place[1]) if by_number else rows.after(*place)
    found = list(rows[: SIZE + 1])
    shown = found[:SIZE]
    if coded and place is None and coded not in shown:
        shown.insert(0, coded)
    return {
        "rows": shown,
        "next_address": _address(request, found[SIZE - 1]) if len(found) > SIZE else "",
        "first_address": _address(request, None) if place is not None else "",
        "has_any": bool(shown) or live.exists(),
    }


def _address(request: PersonRequest, last: Article | None) -> str:
    query = request.GET.copy()
    query.pop("after", None)
    if last is not None:
        query["after"] = encode(json.dumps([last.search_text, last.number]).encode())
    return f"{request.path}?{query.urlencode()}"


def _read_place(text: str) -> tuple[str, str] | None:
    """None for the first page, which also answers an address that was broken on its way."""
    try:
        search_text, number = read_as(decode(text), list[Any], limit=MAX_SMALL_BODY)
    except (BadDocument, ValueError, TypeError):
        return None
    is_text = isinstance(search_text, str) and isinstance(number, str) and "\x00" not in search_text + number
    return (search_text, number) if is_text else None


@require_safe
@page(Right.ARTICLES_ARTICLE_VIEW)
def article(request: PersonRequest, article_id: UUID) -> HttpResponse:
    # articles belong to no store in particular: whoever sees the chain's sees this one
    visible = Article.objects.visible_to(request.user)
    found = visible.select_related("group", "chain").filter(pk=article_id).first()
    if found is None:
        raise Http404
    of_it = Q(organisation_id=found.organisation_id, chain=found.chain_id)
    versions = ArticleVersion.objects.visible_to(request.user).filter(of_it, number=found.number)
    linked = visible.filter(of_it, number=found.linked_number).live().first() if found.linked_number else None
    context = {
        "article": found,
        "barcodes": found.barcodes.order_by("code"),
        "versions": versions.order_by("-version")[:VERSIONS_SHOWN],
        "linked": linked,
        "brought_by": visible.filter(of_it, linked_number=found.number).live().count(),
    }
    return render(request, "store_management/article.html", context)


ARTICLE_URLS: list[URLPattern] = [
    path("articles/", articles, name="articles"),
    path("articles/<uuid:article_id>/", article, name="article"),
    path("articles/imports/", import_views.imports, name="imports"),
    path("articles/imports/add", import_views.import_add, name="import_add"),
    path("articles/imports/<uuid:run_id>/", import_views.import_run, name="import_run"),
    path("articles/imports/<uuid:run_id>/state", import_views.import_state, name="import_state"),
    path("articles/imports/<uuid:run_id>/apply", import_views.import_apply, name="import_apply"),
    path("articles/imports/<uuid:run_id>/answer", import_views.import_answer, name="import_answer"),
    path("articles/imports/<uuid:run_id>/refused.csv", import_views.refused_rows, name="refused_rows"),
]
