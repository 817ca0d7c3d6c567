"""The journal: the hot path. Open to revoked devices too, since a finished sale is never refused."""

import msgspec
from django.http import HttpRequest, HttpResponse

from butik.lib import clock
from butik.lib.machine_api import answer, decode_body
from butik.pos_api.authentication import identify
from butik.sales import device_wire
from butik.sales.receive import receipt_number, receive_from_device

LIMIT = 8 * 1024 * 1024

_decode_journal = msgspec.json.Decoder(device_wire.Journal)


def journal(request: HttpRequest) -> HttpResponse:
    """Book a device's records, in order; each answer means "stored safely"."""
    caller = identify(request, LIMIT)
    documents = decode_body(caller.body, _decode_journal).documents()
    moment = clock.now()
    decisions = receive_from_device(documents, place=caller.place, bearer=caller.signer, now=moment)
    results = [
        device_wire.Result(
            hash=each.record.hash,
            outcome=each.outcome,
            number=receipt_number(each, caller.place),
            reason=each.reason or "",
        )
        for each in decisions
    ]
    return answer(device_wire.Booked(results, moment.timestamp()))
