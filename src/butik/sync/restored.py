"""After a database was put back from a backup: say so, and all others bring what it has missed."""

from django.db import transaction

from butik.changes.actions import leap_feed
from butik.changes.models import FeedHead
from butik.lib.clock import now
from butik.lib.ids import new_id
from butik.live.actions import begin_epoch
from butik.organisation.installation import forget_installation, organisations_here
from butik.organisation.models import Installation
from butik.organisation.tenancy import tenant_scope
from butik.sync.models import SkippedItem, Uplink


def note_restore() -> None:
    """A new epoch: stores send and read again what a chain lost; a store's chain is sent everything anew.

    The sync finds a restore out by itself too; said openly, it is in the logs from the first call on.
    """
    Installation.objects.filter(pk=1).update(epoch=new_id())
    Uplink.objects.filter(pk=1).update(outbox=new_id(), acked=0, acked_uid=None)
    SkippedItem.objects.all().delete()  # all is read and sent anew
    for organisation_id in organisations_here():
        with tenant_scope([organisation_id]), transaction.atomic():
            for chain_id in list(FeedHead.objects.values_list("chain_id", flat=True)):
                leap_feed(organisation_id=organisation_id, chain_id=chain_id, at=now())
    begin_epoch()  # of live events: their ids begin again too
    forget_installation()
