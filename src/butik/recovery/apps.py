from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from butik.staff.ribbon import Entry
from butik.staff.rights import Right


class RecoveryConfig(AppConfig):
    name = "butik.recovery"
    label = "recovery"
    ribbon = (
        Entry(
            37,
            "recovery:recovery",
            _("Recovery"),
            "refresh",
            Right.RECOVERY_STORE_RECOVER,
            of_store=True,
            when="butik.organisation.pairing.is_paired",
        ),
    )
