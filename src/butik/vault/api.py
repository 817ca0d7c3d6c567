"""What stores call: one verb on one path (docs/formats/emergency.md)."""

from django.http import HttpRequest, HttpResponse

from butik.lib.clock import now
from butik.lib.machine_api import answer, make_api
from butik.lib.openapi import describe
from butik.vault.authentication import believe
from butik.vault.slot import take_backup
from butik.vault.wire import MANIFEST, Received

STRUCTS = (Received,)
HEADERS = (MANIFEST, "Butik-Certificate")
api = make_api("Stores and their vault", "vault")


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
