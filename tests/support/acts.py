"""What the audit log must say of an act: who did it, where, about what, and the details that it keeps."""

import json
from typing import Any

from butik.audit.models import AuditEntry
from butik.organisation.models import Chain, Organisation, Store
from butik.organisation.tenancy import tenant_scope

Place = Organisation | Chain | Store
Line = tuple[str, Place, dict[str, Any]]  # by whom, where, and the details


def told(action: str, where: Place, *, by: str, about: object, **details: Any) -> None:
    """The log has this line, and no other of this act about the same. `tests/test_acts.py` counts the callers."""
    told_each(action, (by, where, details), about=about)


def told_each(action: str, *lines: Line, about: object) -> None:
    """The log has these lines, in any order, and no other of this act about the same."""
    wanted = [(by, *_place(where)[1:], details) for by, where, details in lines]
    assert _in_order(_lines(action, lines[0][1], about)) == _in_order(wanted)


def not_told(action: str, where: Place, *, about: object) -> None:
    assert _lines(action, where, about) == []


def _lines(action: str, where: Place, about: object) -> list[tuple[Any, ...]]:
    organisation_id = _place(where)[0]
    with tenant_scope([organisation_id]):
        rows = AuditEntry.objects.filter(organisation_id=organisation_id, action=action, subject=str(about))
        return list(rows.values_list("actor", "chain_id", "store_id", "data"))


def _in_order(lines: list[tuple[Any, ...]]) -> list[str]:
    """Databases keep neither the order of lines nor that of their details."""
    return sorted(json.dumps(line, sort_keys=True, default=str) for line in lines)


def _place(where: Place) -> tuple[Any, Any, Any]:
    if isinstance(where, Store):
        return where.organisation_id, where.chain_id, where.pk
    if isinstance(where, Chain):
        return where.organisation_id, where.pk, None
    return where.pk, None, None
