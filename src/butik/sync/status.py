"""What a store says about itself with its heartbeat."""

from datetime import datetime

from django.apps import apps

from butik import __version__
from butik.changes.models import OutboxItem
from butik.lib.clock import to_wire
from butik.organisation.models import Device, Store
from butik.organisation.tenancy import tenant_scope
from butik.pricing.models import PriceFile
from butik.sync.models import SkippedItem, Uplink


def describe_status(store: Store, uplink: Uplink, now: datetime, *, sending: int = 0) -> dict[str, object]:
    """`sending` items go with it: whoever reads this has them."""
    with tenant_scope([store.organisation_id]):
        devices = Device.objects.filter(
            organisation_id=store.organisation_id, store=store, state=Device.State.ACTIVE
        ).order_by("pos__number")
        prices = PriceFile.objects.filter(organisation_id=store.organisation_id, store=store)
        return {
            "at": to_wire(now),
            "version": __version__,
            "devices": [
                {"pos": number, "seen_at": to_wire(seen_at) if seen_at else None, "app": app}
                for number, seen_at, app in devices.values_list("pos__number", "last_seen_at", "app_version")
            ],
            "price_file": prices.order_by("-version").values_list("version", flat=True).first(),
            "unsent": unsent_items(store, uplink) - sending,
            "newest_backup": newest_backup(store),
        }


def newest_backup(store: Store) -> dict[str, str] | None:
    """The newest backup that this store has made, as far as it knows itself; the chain believes proofs alone."""
    if not apps.is_installed("butik.backups"):
        return None
    # by name: backups stands above, and a service may lack it
    backups = apps.get_model("backups", "Backup").objects.filter(organisation_id=store.organisation_id, store=store)
    made = backups.filter(made_at__isnull=False).order_by("-made_at").values_list("id", "state", "made_at").first()
    return {"id": str(made[0]), "state": made[1], "made_at": to_wire(made[2])} if made else None


def unsent_items(store: Store, uplink: Uplink) -> int:
    """Items that the chain does not have, numbered or not. Counted by their indexes: a damaged row is no trouble."""
    with tenant_scope([store.organisation_id]):
        waiting = OutboxItem.objects.filter(seq__gt=uplink.acked).count()
        waiting += OutboxItem.objects.filter(seq__isnull=True).count()
        return waiting + SkippedItem.objects.filter(seq__lte=uplink.acked, again__isnull=True).count()
