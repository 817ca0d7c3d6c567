"""What the audit log must say of an act: who did it, where, about what, and the details that it keeps."""

from collections.abc import Sequence
from typing import Any

from butik.audit.models import AuditEntry
from butik.organisation.models import Chain, Organisation, Store
from butik.organisation.tenancy import tenant_scope

Place = Organisation | Chain | Store
Line = tuple[str, dict[str, Any]]  # by whom, and the details


def told(
    action: str,
    where: Place | Sequence[Place],
    *,
    about: object,
    by: str = "",
    lines: Sequence[Line] | None = None,
    **details: Any,
) -> None:
    """The log has this line at each of these places, and no other of this act about the same.

    `lines`: more than one. `tests/test_acts.py` counts the callers.
    """
    places = [where] if isinstance(where, Place) else where
    wanted = [(who, *_place(place)[1:], said) for who, said in lines or [(by, details)] for place in places]
    assert sorted(_lines(action, places[0], about), key=str) == sorted(wanted, key=str)


def not_told(action: str, where: Place, *, about: object) -> None:
    assert _lines(action, where, about) == []


def _lines(action: str, where: Place, about: object) -> list[tuple[Any, ...]]:
    organisation_id = _place(where)[0]
    with tenant_scope([organisation_id]):
        rows = AuditEntry.objects.filter(organisation_id=organisation_id, action=action, subject=str(about))
        return list(rows.values_list("actor", "chain_id", "store_id", "data"))


def _place(where: Place) -> tuple[Any, Any, Any]:
    if isinstance(where, Store):
        return where.organisation_id, where.chain_id, where.pk
    if isinstance(where, Chain):
        return where.organisation_id, where.pk, None
    return where.pk, None, None
