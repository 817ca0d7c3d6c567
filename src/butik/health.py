"""`/health`: whether a service can do its work, for people, probes and the demo."""

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from butik import __version__
from butik.lib.integrity import last_looked


def health(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, 503 when not. No figures here: strangers may ask.

    A damaged database is said with 200: the service still sells what it can, and nobody shall take it out of use by
    himself for that. Watch the word.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        looked = last_looked()
        database = "damaged" if looked and looked.faults else "ok"
    except DatabaseError:
        database = "down"
    body = {"service": settings.BUTIK_ROLE, "version": __version__, "database": database}
    return JsonResponse(body, status=503 if database == "down" else 200)
