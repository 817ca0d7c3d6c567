from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from butik.staff.ribbon import Entry
from butik.staff.rights import Right


class PortalConfig(AppConfig):
    name = "butik.portal"
    label = "portal"
    ribbon = (Entry(10, "portal:dashboard", _("Dashboard"), "layout-dashboard", Right.ORGANISATION_STORE_VIEW),)
