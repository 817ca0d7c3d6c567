"""OpenAPI of msgspec structs: what the router cannot read from signatures."""

from typing import Any

import msgspec


def describe(
    gives: type[msgspec.Struct], takes: type[msgspec.Struct] | None = None, *, proof: bool = True
) -> dict[str, Any]:
    """`openapi_extra` of one operation."""
    described: dict[str, Any] = {
        "responses": {
            "200": {"description": "OK", "content": {"application/json": {"schema": _reference(gives)}}},
            "default": {
                "description": "A problem (RFC 9457)",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
        "security": [{"proof": []}] if proof else [],
    }
    if takes is not None:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": _reference(takes)}}}
    return described


def _reference(struct: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{struct.__name__}"}
