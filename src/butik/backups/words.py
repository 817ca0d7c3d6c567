"""Why a backup failed, and what to do, as its reader says it. The codes are those of docs/formats/emergency.md."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Trouble:
    """`is_final`: trying again would not help, today."""

    said: "_StrPromise"
    do: "_StrPromise"
    is_final: bool = False

    @property
    def english(self) -> str:
        """For the error log and the chain, whoever reads them."""
        with override("en"):
            return str(self.said)


_WAIT = _("It is tried again by itself.")
_ASK = _("Ask the chain's administrator.")
_NEW = _("Make a new one.")

TROUBLES: dict[str, Trouble] = {
    "no-room": Trouble(_("There is no room for the backup on this store's disk."), _("Make room, or add a disk.")),
    "failed": Trouble(_("The backup could not be made."), _("It is tried again by itself. The error log says more.")),
    "damaged": Trouble(_("The backup was damaged on this store's disk."), _("A new one is made."), is_final=True),
    "missed": Trouble(_("The backup did not reach the emergency cloud on the day it was made."), _NEW, is_final=True),
    "unreachable": Trouble(_("The emergency cloud cannot be reached."), _("Is the line up? It is tried again.")),
    "unknown-store": Trouble(
        _("The emergency cloud does not know this store."), _("The chain must be adopted there. Ask its administrator.")
    ),
    "old-key": Trouble(
        _("The emergency cloud has seen a newer service of this store: this one was replaced."),
        _("Switch this service off, or enrol it anew."),
        is_final=True,
    ),
    "not-approved": Trouble(
        _("The emergency is active, and this service is new to the emergency cloud."),
        _("Claim the store with a recovery key first. It is tried again by itself."),
    ),
    "not-today": Trouble(
        _("The emergency cloud takes only backups of its present day."),
        _("Look whether this machine's clock is right, and make a new one."),
        is_final=True,
    ),
    "bad-manifest": Trouble(
        _("The emergency cloud found that the backup does not fit this store."), _ASK, is_final=True
    ),
    "too-many": Trouble(
        _("The emergency cloud takes four backups a day of each store."), _("Tonight's comes by itself."), is_final=True
    ),
    "too-large": Trouble(_("The backup is larger than the emergency cloud takes."), _ASK, is_final=True),
    "disk-full": Trouble(_("The emergency cloud has no room."), _WAIT),
    "clock-skew": Trouble(_("This machine's clock is too far off."), _("Set the clock. It is tried again by itself.")),
    "bad-proof": Trouble(_("The emergency cloud did not accept this store's signature."), _ASK),
    "bad-answer": Trouble(_("The emergency cloud's answer is not understood."), _WAIT),
    "refused": Trouble(_("The emergency cloud did not take the backup."), _WAIT),
}
