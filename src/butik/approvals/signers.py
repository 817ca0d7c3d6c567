"""Whether two accounts are one person: the same address in another spelling, or the same second factor."""

from collections.abc import Iterator

from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.utils.crypto import salted_hmac

from butik.approvals.rules import Signer
from butik.staff.addresses import normal_address
from butik.staff.models import Person


def signer(person: Person) -> Signer:
    marks = {salted_hmac("butik.approvals", each, algorithm="sha256").hexdigest() for each in _marks(person)}
    return Signer(person.pk, frozenset(marks))


def mailbox_of(address: str) -> str:
    """One mailbox, one spelling: as people are kept, and without what stands behind a plus."""
    local, _, domain = normal_address(address).rpartition("@")
    return f"{local.partition('+')[0]}@{domain.rstrip('.')}"


def _marks(person: Person) -> Iterator[str]:
    yield f"address {mailbox_of(person.email)}"
    for address in EmailAddress.objects.filter(user=person).values_list("email", flat=True):
        yield f"address {mailbox_of(address)}"
    for each in Authenticator.objects.filter(user=person):
        if each.type == Authenticator.Type.TOTP:
            yield f"totp {get_adapter().decrypt(each.data['secret'])}"
        elif each.type == Authenticator.Type.WEBAUTHN:
            yield f"key {each.data.get('credential', {}).get('id', each.pk)}"
