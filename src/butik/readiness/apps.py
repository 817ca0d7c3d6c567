from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from butik.staff.ribbon import Entry
from butik.staff.rights import Right


class ReadinessConfig(AppConfig):
    name = "butik.readiness"
    label = "readiness"
    ribbon = (Entry(15, "readiness:board", _("Emergency readiness"), "shield-check", Right.BACKUPS_BACKUP_VIEW),)
