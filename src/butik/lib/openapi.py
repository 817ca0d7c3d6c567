"""OpenAPI for bodies that msgspec reads and writes: what the router cannot see in signatures."""

from collections.abc import Iterable
from typing import Any

import msgspec
from ninja import NinjaAPI

PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457; `type` is for machines, see docs/formats/signed-documents.md",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
PROOF = {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Butik <butik-proof>"}


def describe(
    gives: Any, takes: Any = None, *, proof: bool = True, query: Iterable[str] = (), headers: Iterable[str] = ()
) -> dict[str, Any]:
    """`openapi_extra` of an operation: struct types, or the content type of plain bytes."""
    places = [("query", name) for name in query] + [("header", name) for name in headers]
    described: dict[str, Any] = {
        "responses": {
            200: {"description": "OK", "content": _content(gives)},
            "default": {
                "description": "A problem",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
        "security": [{"proof": []}] if proof else [],
        "parameters": [{"in": place, "name": name, "schema": {"type": "string"}} for place, name in places],
    }
    if takes is not None:
        described["requestBody"] = {"required": True, "content": _content(takes)}
    return described


def openapi_of(api: NinjaAPI, structs: Iterable[Any], prefix: str) -> dict[str, Any]:
    """The whole schema of an API, with the structs that its operations name."""
    schema: dict[str, Any] = dict(api.get_openapi_schema(path_prefix=prefix))
    _, components = msgspec.json.schema_components(list(structs), ref_template="#/components/schemas/{name}")
    schema["components"] = {
        "schemas": dict(sorted((components | {"Problem": PROBLEM}).items())),
        "securitySchemes": {"proof": PROOF},
    }
    return schema


def _content(body: Any) -> dict[str, Any]:
    if isinstance(body, str):
        return {body: {"schema": {"type": "string", "format": "binary"}}}
    return _json(body)


def _json(struct: Any) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{struct.__name__}"}}}
