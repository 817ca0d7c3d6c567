"""The audit log."""

from typing import Any, Never

from django.db import models

from butik.lib.tenant import TenantModel


class AuditEntry(TenantModel):
    """One act. `actor` is a pseudonym: `person:<id>`, `device:<id>`, `store:<id>` or `system`."""

    chain_id = models.UUIDField(null=True)
    store_id = models.UUIDField(null=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=60)
    action = models.CharField(max_length=60)  # dotted: articles.import.applied
    subject = models.CharField(max_length=80, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["organisation", "at"], name="audit_by_time")]

    def delete(self, *_: Any, **__: Any) -> Never:
        raise TypeError("The audit log cannot be deleted.")
