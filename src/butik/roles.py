"""The one table from role to apps. Nothing else asks which role a service has.

The emergency role is isolated by absence: what it must not be able to do is not installed in it.
"""

from dataclasses import dataclass

BASE = ("organisation", "staff", "audit", "error_log", "audit_log", "changes", "live", "articles", "pricing", "sales")


@dataclass(frozen=True, slots=True)
class Role:
    """Apps in the order of their layers, and where the front apps' pages and calls are found."""

    apps: tuple[str, ...]
    urls: tuple[tuple[str, str], ...]  # (prefix, app)
    home: str  # name of the page behind "/"


ROLES: dict[str, Role] = {
    "store": Role(
        apps=(*BASE, "sync", "backups", "recovery", "pos_api", "store_management"),
        urls=(
            ("api/pos/v1/", "pos_api"),
            ("backups/", "backups"),
            ("backups/", "recovery"),
            ("manage/", "store_management"),
        ),
        home="store_management:overview",
    ),
    "chain": Role(
        apps=(*BASE, "readiness", "sync", "store_management", "portal"),
        urls=(
            ("api/sync/v1/", "sync"),
            ("readiness/", "readiness"),
            ("manage/", "store_management"),
            ("portal/", "portal"),
        ),
        home="portal:dashboard",
    ),
    "emergency": Role(
        apps=(*BASE, "approvals", "vault", "emergency"),
        urls=(("api/vault/v1/", "vault"), ("", "emergency")),
        home="emergency:board",
    ),
    # Every app in one process, for tests of pages and calls; never a service.
    "test": Role(
        apps=(
            *(*BASE, "readiness", "sync", "backups", "recovery", "vault"),
            *("pos_api", "store_management", "portal", "approvals", "emergency"),
        ),
        urls=(
            ("api/pos/v1/", "pos_api"),
            ("api/sync/v1/", "sync"),
            ("api/vault/v1/", "vault"),
            ("backups/", "backups"),
            ("backups/", "recovery"),
            ("readiness/", "readiness"),
            ("", "emergency"),
            ("manage/", "store_management"),
            ("portal/", "portal"),
        ),
        home="portal:dashboard",
    ),
}

# Rows that one app keeps of another's without a foreign key, because a role may lack the other app.
# `make check` lists orphans of each pair. (sale -> account number comes with account customers.)
PARTED: tuple[tuple[str, str], ...] = ()
