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


def describe(gives: Any, takes: Any = None, *, proof: bool = True, query: Iterable[str] = ()) -> dict[str, Any]:
    """`openapi_extra` of an operation: struct types, or the content type of plain bytes."""
    given = {gives: {"schema": {"type": "string", "format": "binary"}}} if isinstance(gives, str) else _json(gives)
    described: dict[str, Any] = {
        "responses": {
            200: {"description": "OK", "content": given},
            "default": {
                "description": "A problem",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
        "security": [{"proof": []}] if proof else [],
        "parameters": [{"in": "query", "name": name, "schema": {"type": "string"}} for name in query],
    }
    if takes is not None:
        described["requestBody"] = {"required": True, "content": _json(takes)}
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


def _json(struct: Any) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{struct.__name__}"}}}
