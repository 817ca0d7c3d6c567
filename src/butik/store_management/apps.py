from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from butik.staff.ribbon import Entry
from butik.staff.rights import Right


class StoreManagementConfig(AppConfig):
    name = "butik.store_management"
    label = "store_management"
    ribbon = (
        Entry(
            20,
            "store_management:overview",
            _("Stores"),
            "building-store",
            Right.ORGANISATION_STORE_VIEW,
            chooses_store=True,
        ),
        Entry(30, "store_management:store", _("Overview"), "home", Right.ORGANISATION_STORE_VIEW, of_store=True),
        Entry(31, "store_management:receipts", _("Receipts"), "receipt", Right.SALES_RECEIPT_VIEW, of_store=True),
        Entry(32, "store_management:poss", _("POSs"), "device-tablet", Right.ORGANISATION_STORE_VIEW, of_store=True),
        Entry(
            33, "store_management:assistants", _("Shop assistants"), "users", Right.STAFF_ASSISTANT_VIEW, of_store=True
        ),
        Entry(
            34,
            "store_management:exceptions",
            _("Exceptions"),
            "alert-triangle",
            Right.SALES_RECEIPT_VIEW,
            of_store=True,
        ),
        Entry(40, "store_management:articles", _("Articles"), "tag", Right.ARTICLES_ARTICLE_VIEW),
    )
