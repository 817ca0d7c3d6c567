"""The one table from role to apps. Nothing else asks which role a service has.

The emergency role is isolated by absence: what it must not be able to do is not installed in it. Its front app, its
vault and its own staff come with the emergency release; its place is kept here.
"""

from dataclasses import dataclass

BASE = ("organisation", "staff", "audit", "error_log", "changes", "live", "articles", "pricing", "sales")


@dataclass(frozen=True, slots=True)
class Role:
    """Apps in the order of their layers, and where the front apps' pages and calls are found."""

    apps: tuple[str, ...]
    urls: tuple[tuple[str, str], ...]  # (prefix, app)
    home: str  # name of the page behind "/"


ROLES: dict[str, Role] = {
    "store": Role(
        apps=(*BASE, "sync", "pos_api", "store_management"),
        urls=(("api/pos/v1/", "pos_api"), ("manage/", "store_management")),
        home="store_management:overview",
    ),
    "chain": Role(
        apps=(*BASE, "sync", "store_management", "portal"),
        urls=(("api/sync/v1/", "sync"), ("manage/", "store_management"), ("portal/", "portal")),
        home="portal:dashboard",
    ),
    # Every app in one process, for tests of pages and calls; never a service.
    "test": Role(
        apps=(*BASE, "sync", "pos_api", "store_management", "portal"),
        urls=(
            ("api/pos/v1/", "pos_api"),
            ("api/sync/v1/", "sync"),
            ("manage/", "store_management"),
            ("portal/", "portal"),
        ),
        home="portal:dashboard",
    ),
}

# Rows that one app keeps of another's without a foreign key, because a role may lack the other app.
# `make check` lists orphans of each pair. (sale -> account number comes with account customers.)
PARTED: tuple[tuple[str, str], ...] = ()
