"""Reads of what stores have told of their backups."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max

from butik.readiness.models import BackupReport


def newest_proven(reports: Any) -> dict[UUID, datetime]:
    """Store to the moment when its newest proven backup was received by the emergency cloud."""
    proven = reports.filter(state=BackupReport.State.PROVEN).order_by()
    return dict(proven.values_list("store_id").annotate(Max("received_at")))
