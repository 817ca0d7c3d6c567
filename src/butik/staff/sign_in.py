"""Signing in to pages: people are invited, nobody signs up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignUp(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Whose tries are counted. Behind the front door there is a socket without an address: it names its caller."""
        address: str = request.META.get("REMOTE_ADDR", "")
        return address or request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() or "unknown"
