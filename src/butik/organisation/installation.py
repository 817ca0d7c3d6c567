"""Which store, chain or emergency cloud this very service is."""

from functools import cache
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from butik.organisation.models import Chain, Installation, Organisation, Store


def this_installation() -> Installation:
    """The one row; an empty one for a service that has not been set up. Cached: it changes only by `install_*`."""
    try:
        return _installed()
    except Installation.DoesNotExist:
        return Installation(role=settings.BUTIK_ROLE)


@cache
def _installed() -> Installation:
    return Installation.objects.get(pk=1)  # its absence is not cached: another process may be setting us up


def forget_installation() -> None:
    _installed.cache_clear()


def organisations_here() -> list[UUID]:
    """All organisations of this service, for its worker, which then works in the scope of each."""
    here = this_installation()
    if here.organisation_id:
        return [here.organisation_id]
    if connection.vendor != "postgresql":
        return list(Organisation.objects.values_list("pk", flat=True))
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET LOCAL butik.directory = 'on'")
        return list(Organisation.objects.values_list("pk", flat=True))


def audience(chain_id: UUID | None = None) -> str:
    """The name by which calls to this service are bound to it; an emergency cloud has one for each of its chains."""
    here = this_installation()
    if here.role == "emergency":
        return f"emergency/{chain_id}"
    return f"store/{here.store_id}" if here.store_id else f"chain/{here.chain_id}"


def install_chain(*, chain: Chain | None = None) -> Installation:
    """Make this service a chain's; without `chain` that of several organisations (PostgreSQL)."""
    return _install(
        role="chain",
        organisation_id=chain.organisation_id if chain else None,
        chain_id=chain.id if chain else None,
    )


def install_emergency() -> Installation:
    """Make this service an emergency cloud; its chains are adopted one by one."""
    return _install(role="emergency")


def install_store(*, store: Store, root_key: bytes, certificate: str, chain_url: str = "") -> Installation:
    """Make this service a store's, pinned to its chain's root. An empty `chain_url` stands alone."""
    return _install(
        role="store",
        organisation_id=store.organisation_id,
        chain_id=store.chain_id,
        store_id=store.id,
        chain_url=chain_url,
        root_key=root_key,
        certificate=certificate,
    )


def _install(*, role: str, **fields: UUID | bytes | str | None) -> Installation:
    installation, _ = Installation.objects.update_or_create(pk=1, defaults={"role": role, **fields})
    forget_installation()
    return installation
