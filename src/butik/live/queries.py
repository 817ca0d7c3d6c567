"""Where the stream of events stands."""

from butik.live.models import LiveEvent


def latest_cursor() -> int:
    """The cursor that a page's snapshot carries: read before the figures, so that nothing falls between them."""
    return LiveEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
