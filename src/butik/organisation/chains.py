"""The chain that a command is about, in the user's words."""

from uuid import UUID

from django.core.management.base import CommandError

from butik.organisation.installation import this_installation
from butik.organisation.models import Chain
from butik.organisation.tenancy import tenant_scope


def chain_of_command(number: int | None, organisation: UUID | None) -> Chain:
    """Of this chain service; a number is needed only where it has several. Raises CommandError."""
    here = this_installation()
    if here.role != "chain":
        raise CommandError("This is not a chain's service. Run the command where the chain's portal runs.")
    organisation_id = organisation or here.organisation_id
    if organisation_id is None:
        raise CommandError("This service has several organisations: say which with --organisation.")
    with tenant_scope([organisation_id]):
        chains = Chain.objects.filter(organisation_id=organisation_id).select_related("organisation", "company")
        found = list(chains.filter(number=number) if number is not None else chains[:2])
    if not found:
        raise CommandError("There is no chain here yet." if number is None else f"There is no chain {number} here.")
    if len(found) > 1:
        raise CommandError("This service has several chains: say which with --chain.")
    chain: Chain = found[0]
    return chain
