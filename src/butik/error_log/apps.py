from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from butik.staff.ribbon import Entry
from butik.staff.rights import Right


class ErrorLogConfig(AppConfig):
    name = "butik.error_log"
    label = "error_log"
    ribbon = (Entry(50, "error_log:entries", _("Error log"), "alert-circle", Right.ERROR_LOG_ENTRY_VIEW),)
