"""The journal: the hot path. Open to revoked devices too, since a finished sale is never refused."""

import msgspec
from django.http import HttpRequest, HttpResponse

from butik.lib import clock
from butik.lib.machine_api import answer, decode_body
from butik.pos_api import wire
from butik.pos_api.authentication import identify
from butik.sales.receive import receipt_number, receive_from_device

LIMIT = 8 * 1024 * 1024

_decode_journal = msgspec.json.Decoder(wire.Journal)
_decode_text = msgspec.json.Decoder(str)


def journal(request: HttpRequest) -> HttpResponse:
    """Book a device's records, in order; each answer means "stored safely"."""
    caller = identify(request, LIMIT)
    documents = [_text(each) for each in decode_body(caller.body, _decode_journal).records]
    moment = clock.now()
    decisions = receive_from_device(documents, place=caller.place, bearer=caller.signer, now=moment)
    results = [
        wire.Result(
            hash=each.record.hash,
            outcome=each.outcome,
            number=receipt_number(each, caller.place),
            reason=each.reason or "",
        )
        for each in decisions
    ]
    return answer(wire.Booked(results, moment.timestamp()))


def _text(raw: msgspec.Raw) -> str:
    """A record; what is not a JSON text at all is kept as it was sent, and will not be readable."""
    try:
        return _decode_text.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return bytes(raw).decode("utf-8", "surrogateescape")
