"""Every address of every service, read from the router itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from butik.lib.ids import new_id
from tests.tenants.world import Tenant

# Addresses that belong to nobody: signing in, health, languages. Each is known by its beginning.
SHARED = ("accounts/", "health", "language/", "second-factor/", "")
MACHINES = ("api/",)
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Route:
    template: str  # manage/<uuid:store_id>/poss/
    callback: Any

    @property
    def parameters(self) -> list[str]:
        return PARAMETER.findall(self.template)

    @property
    def is_shared(self) -> bool:
        return self.template == "" or self.template.startswith(tuple(each for each in SHARED if each))

    @property
    def is_for_machines(self) -> bool:
        return self.template.startswith(MACHINES)

    def address(self, values: dict[str, object]) -> str:
        return "/" + PARAMETER.sub(lambda match: str(values[match[1]]), self.template)

    def __str__(self) -> str:
        return self.template or "(home)"


def all_routes() -> list[Route]:
    return list(_walk(get_resolver().url_patterns, ""))


def _walk(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[Route]:
    for each in patterns:
        template = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _walk(each.url_patterns, template)
        else:
            yield Route(template, each.callback)


def values_of(tenant: Tenant) -> dict[str, object]:
    """What stands in the place of each parameter. A parameter that is not here fails the build: say what it is."""
    return {
        "store_id": tenant.store.pk,
        "chain_id": tenant.chain.pk,
        "pos_id": tenant.pos.pk,
        "device_id": tenant.device.pk,
        "code_id": tenant.code.pk,
        "assistant_id": tenant.assistant.pk,
        "sale_id": tenant.sale.pk,
        "article_id": tenant.article.pk,
        "run_id": tenant.run.pk,
        "record_id": tenant.quarantined.pk,
        "entry_id": tenant.error.pk,
        "assignment_id": tenant.assignment.pk,
        "backup_id": tenant.backup.pk,
        "new_device_id": tenant.new_device.pk,
        "revocation_id": tenant.revocation.pk,
        "sha256": tenant.price_file.sha256,
        "code": "5701234567899",
    }


def values_of_nobody() -> dict[str, object]:
    """The same, of things that do not exist."""
    ids: dict[str, object] = {
        name: new_id()
        for name in (
            "store_id",
            "chain_id",
            "pos_id",
            "device_id",
            "code_id",
            "assistant_id",
            "sale_id",
            "article_id",
            "run_id",
            "record_id",
            "entry_id",
            "assignment_id",
            "backup_id",
            "new_device_id",
            "revocation_id",
        )
    }
    return ids | {"sha256": "0" * 64, "code": "4012345678901"}
