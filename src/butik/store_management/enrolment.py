"""The QR code of an enrolment: it opens the POS app with the code, the service's address and the root to pin."""

import msgspec
import segno
from django.conf import settings

from butik.lib.signing import encode, key_id
from butik.organisation.installation import this_installation
from butik.organisation.models import Store


def enrolment_address(*, store: Store, code: str) -> str:
    """`u`: whom to ask, `c`: the code, `r`: the key id of the chain's root. After `#`, so that no server logs it."""
    root = this_installation().root_key or store.chain.root_key
    said = {"u": settings.BUTIK_URL, "c": code, "r": key_id(bytes(root)) if root else ""}
    return f"{settings.BUTIK_POS_ORIGIN}/#enrol={encode(msgspec.json.encode(said))}"


def enrolment_qr(*, store: Store, code: str) -> str:
    """A picture as a data: address, which the content security policy lets pages show."""
    picture: str = segno.make(enrolment_address(store=store, code=code), error="m").svg_data_uri(scale=4, border=2)
    return picture
