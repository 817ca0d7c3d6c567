"""What stores call: two things that they can add, and nothing that they can read (docs/formats/emergency.md)."""

import msgspec
from django.http import HttpRequest, HttpResponse

from butik.lib.clock import now
from butik.lib.machine_api import answer, decode_body, make_api
from butik.lib.openapi import describe
from butik.vault.authentication import believe, identify_store
from butik.vault.revoking import take_revocation
from butik.vault.slot import take_backup
from butik.vault.wire import MANIFEST, Received, Revoke, Taken

STRUCTS = (Received, Revoke, Taken)
SMALL = 16 * 1024
HEADERS = (MANIFEST, "Butik-Certificate")
api = make_api("Stores and their vault", "vault")
_decode_revoke = msgspec.json.Decoder(Revoke)


@api.post("/backups", openapi_extra=describe(Received, "application/octet-stream", headers=HEADERS))
def add_backup(request: HttpRequest) -> HttpResponse:
    """Add a sealed backup. The body is streamed to the disk once the caller is known."""
    caller = believe(request)
    return answer(
        take_backup(
            caller=caller,
            document=request.headers.get(MANIFEST, ""),
            length=int(request.META.get("CONTENT_LENGTH") or 0),
            body=request,
            now=now(),
        )
    )


@api.post("/revocations", openapi_extra=describe(Taken, Revoke, headers=("Butik-Certificate",)))
def add_revocation(request: HttpRequest) -> HttpResponse:
    """Add a store's word that a device is revoked."""
    store, body, certificate = identify_store(request, SMALL)
    moment, document = now(), decode_body(body, _decode_revoke).revocation
    take_revocation(store=store, certificate=certificate, document=document, now=moment)
    return answer(Taken("TAKEN", moment.timestamp()))
