"""`/health`: whether a service can do its work, for people, probes and the demo."""

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from butik import __version__


def health(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, 503 when not. No figures here: strangers may ask."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        database = "ok"
    except DatabaseError:
        database = "down"
    body = {"service": settings.BUTIK_ROLE, "version": __version__, "database": database}
    return JsonResponse(body, status=200 if database == "ok" else 503)
