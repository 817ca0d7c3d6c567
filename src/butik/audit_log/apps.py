from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from butik.staff.ribbon import Entry
from butik.staff.rights import Right


class AuditLogConfig(AppConfig):
    name = "butik.audit_log"
    label = "audit_log"
    ribbon = (Entry(60, "audit_log:entries", _("Audit log"), "history", Right.AUDIT_ENTRY_VIEW),)
