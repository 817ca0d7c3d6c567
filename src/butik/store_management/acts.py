"""The acts of the audit log in words. An act that is not listed shows its code."""

from django.utils.translation import gettext_lazy as _

ACTS = {
    "articles.import.applied": _("Import applied"),
    "articles.import.confirmed": _("Import confirmed"),
    "articles.import.deletions_accepted": _("Deletions of an import accepted"),
    "articles.import.failed": _("Import failed"),
    "articles.import.handed_in": _("File handed in for import"),
    "organisation.chain.founded": _("Chain founded"),
    "organisation.code.issued": _("Enrolment code issued"),
    "organisation.device.enrolled": _("Device enrolled"),
    "organisation.device.renewed": _("Device's enrolment renewed"),
    "organisation.device.revoked": _("Device revoked"),
    "organisation.device.unpaired": _("Device unpaired"),
    "organisation.organisation.founded": _("Organisation founded"),
    "organisation.pos.added": _("POS added"),
    "organisation.store.enrolled": _("Store service enrolled"),
    "organisation.store.opened": _("Store opened"),
    "pricing.price_file.published": _("Price file published"),
    "sales.quarantine.accepted": _("Quarantined record accepted"),
    "sales.receipt.reprinted": _("Copy of a receipt"),
    "sales.records.ingested": _("Sales taken in"),
    "staff.assistant.added": _("Shop assistant added"),
    "staff.assistant.blocked": _("Shop assistant blocked"),
    "staff.assistant.changed": _("Shop assistant changed"),
    "staff.assistant.pin_reset": _("New PIN for a shop assistant"),
    "staff.assistant.unblocked": _("Shop assistant unblocked"),
    "staff.person.invited": _("Person given access"),
    "sync.chain.joined": _("Store service joined its chain"),
    "sync.pos.taken": _("POS of a store taken over"),
    "sync.store.enrolled": _("Store service enrolled"),
}
