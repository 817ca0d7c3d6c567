"""After a database was put back from a backup: say so, and all others bring what it has missed."""

from butik.lib.ids import new_id
from butik.live.actions import begin_epoch
from butik.organisation.installation import forget_installation
from butik.organisation.models import Installation
from butik.sync.models import SkippedItem, Uplink


def note_restore() -> None:
    """A new epoch: stores send and read again what a chain lost; a store's chain is sent everything anew.

    The sync finds a restore out by itself too; said openly, it is in the logs from the first call on.
    """
    Installation.objects.filter(pk=1).update(epoch=new_id())
    Uplink.objects.filter(pk=1).update(outbox=new_id(), acked=0, acked_uid=None)
    SkippedItem.objects.all().delete()  # all is read and sent anew
    begin_epoch()  # of live events: their ids begin again too
    forget_installation()
