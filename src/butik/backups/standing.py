"""Could this store sell tonight? What its backups answer. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.utils.translation import gettext as _

from butik.backups.models import Backup
from butik.lib.clock import is_within

FRESH = timedelta(hours=30)  # a night's backup, with the whole window of the next night

Kind = Literal["ok", "alert", "down", "unknown"]


@dataclass(frozen=True, slots=True)
class Readiness:
    """`proven` is the newest proven backup, `newest` the newest of all."""

    is_paired: bool
    proven: Backup | None
    newest: Backup | None

    def kind(self, now: datetime) -> Kind:
        if not self.is_paired:
            return "down"
        if self._made_at is not None:
            return "ok" if is_within(FRESH, self._made_at, now) and not self._is_held else "alert"
        return "unknown" if self.newest and (self.newest.is_at_work or self._is_sent) else "down"

    def word(self, now: datetime) -> str:
        words = {
            "ok": _("ready"),
            "alert": _("in quarantine") if self._is_held else _("old"),
            "down": _("not ready"),
            "unknown": _("not known yet"),
        }
        return words[self.kind(now)]

    def answer(self, now: datetime) -> str:
        if not self.is_paired:
            return _("This store could not sell tonight: its chain has no emergency cloud")
        kind = self.kind(now)
        if self._is_held:
            return _("The newest backup waits for a person: the emergency cloud finds it odd")
        if kind == "ok":
            return _("This store could sell tonight")
        if kind == "alert":
            return _("This store could sell tonight, but from an old backup")
        if kind == "unknown":
            return _("It is not known yet whether this store could sell tonight")
        return _("This store could not sell tonight: it has no proven backup")

    @property
    def fresh_until(self) -> datetime | None:
        return self._made_at + FRESH if self._made_at and not self._is_held else None

    @property
    def _made_at(self) -> datetime | None:
        return self.proven.made_at if self.proven else None

    @property
    def _is_held(self) -> bool:
        return self.newest is not None and self.newest.state == Backup.State.QUARANTINED

    @property
    def _is_sent(self) -> bool:
        return self.newest is not None and self.newest.state == Backup.State.UPLOADED
