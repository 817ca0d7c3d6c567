"""What a person may do, and which level holds which rights: the one table."""

from enum import StrEnum


class Right(StrEnum):
    """`app:thing:verb`, in alphabetical order."""

    ARTICLES_ARTICLE_IMPORT = "articles:article:import"
    ARTICLES_ARTICLE_VIEW = "articles:article:view"
    AUDIT_ENTRY_VIEW = "audit:entry:view"
    BACKUPS_BACKUP_MAKE = "backups:backup:make"
    BACKUPS_BACKUP_VIEW = "backups:backup:view"
    EMERGENCY_EMERGENCY_ACTIVATE = "emergency:emergency:activate"
    EMERGENCY_EMERGENCY_VIEW = "emergency:emergency:view"
    ERROR_LOG_ENTRY_VIEW = "error_log:entry:view"
    ORGANISATION_DEVICE_ENROL = "organisation:device:enrol"
    ORGANISATION_DEVICE_REVOKE = "organisation:device:revoke"
    ORGANISATION_STORE_ENROL = "organisation:store:enrol"
    ORGANISATION_STORE_VIEW = "organisation:store:view"
    RECOVERY_STORE_RECOVER = "recovery:store:recover"
    SALES_QUARANTINE_ACCEPT = "sales:quarantine:accept"
    SALES_RECEIPT_VIEW = "sales:receipt:view"
    STAFF_ASSISTANT_EDIT = "staff:assistant:edit"
    STAFF_ASSISTANT_VIEW = "staff:assistant:view"


_MANAGER = frozenset(
    {
        Right.ARTICLES_ARTICLE_VIEW,
        Right.AUDIT_ENTRY_VIEW,
        Right.BACKUPS_BACKUP_MAKE,
        Right.BACKUPS_BACKUP_VIEW,
        Right.ERROR_LOG_ENTRY_VIEW,
        Right.ORGANISATION_DEVICE_ENROL,
        Right.ORGANISATION_DEVICE_REVOKE,
        Right.ORGANISATION_STORE_VIEW,
        Right.RECOVERY_STORE_RECOVER,
        Right.SALES_RECEIPT_VIEW,
        Right.STAFF_ASSISTANT_EDIT,
        Right.STAFF_ASSISTANT_VIEW,
    }
)
_OWNER = _MANAGER | {Right.SALES_QUARANTINE_ACCEPT}
_ADMINISTRATOR = frozenset(Right)

LEVEL_RIGHTS: dict[str, frozenset[Right]] = {
    "STORE_MANAGER": _MANAGER,
    "STORE_OWNER": _OWNER,
    "CHAIN_ADMINISTRATOR": _ADMINISTRATOR,
    "ORGANISATION_ADMINISTRATOR": _ADMINISTRATOR,
    "SUPPORTER": _ADMINISTRATOR,
}
