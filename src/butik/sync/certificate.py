"""A store's certificate is renewed long before it expires."""

from datetime import datetime, timedelta

from butik.lib.outside import read_json
from butik.lib.signing import BadDocument, open_document
from butik.organisation.installation import forget_installation, this_installation
from butik.organisation.keys import CERTIFICATE, CERTIFICATES, Certificate, read_certificate, service_key
from butik.organisation.models import Installation
from butik.sync.line import Line, LineTrouble

RENEW_BEFORE = timedelta(days=180)


def renew_in_time(*, line: Line, now: datetime) -> bool:
    """Ask for a new certificate when the present one has half a year left; True when there is a new one."""
    here = this_installation()
    if not is_due(here.certificate, bytes(here.root_key or b""), now):
        return False
    fresh = line.certificate()
    try:
        said = read_certificate(fresh, bytes(here.root_key or b""), now)
    except BadDocument as error:
        raise LineTrouble(f"The chain's certificate does not hold: {error}", "bad-answer") from error
    if said.key_bytes != service_key().public or not is_ours(said, here):
        raise LineTrouble("The chain's certificate is another's", "bad-answer")
    if said.version < claimed_version(here.certificate):
        raise LineTrouble("The chain's certificate is an older one: devices would refuse it", "bad-answer")
    Installation.objects.filter(pk=1).update(certificate=fresh)
    forget_installation()
    return True


def is_ours(said: Certificate, here: Installation) -> bool:
    return (said.org, said.chain, said.store) == (here.organisation_id, here.chain_id, here.store_id)


def claimed_version(certificate: str) -> int:
    """What was verified when it was taken; it may have run out since. 0: nothing readable is held."""
    try:
        return read_json(open_document(certificate, CERTIFICATE).payload, CERTIFICATES).version
    except BadDocument:
        return 0


def is_due(certificate: str, root_key: bytes, now: datetime) -> bool:
    try:
        return read_certificate(certificate, root_key, now).expires_at - now < RENEW_BEFORE
    except BadDocument:
        return True
