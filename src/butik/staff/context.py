"""What the frame of every page shows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from butik import __version__


def frame(request: HttpRequest) -> dict[str, Any]:
    return {"butik_version": __version__, "butik_role": settings.BUTIK_ROLE}
