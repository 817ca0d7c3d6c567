"""Signing in to pages: people are invited, nobody signs up, and a person is found by her own address alone."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.http import HttpRequest

from butik.staff.models import Person


class ClosedSignUp(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Whose tries are counted. Behind the front door there is a socket without an address: it names its caller."""
        address: str = request.META.get("REMOTE_ADDR", "")
        return address or request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() or "unknown"


class PersonBackend(AuthenticationBackend):  # type: ignore[misc]
    def _authenticate_by_email(self, email: str, password: str) -> Any:
        """Not by the addresses that allauth keeps beside: they would be a second way to be somebody."""
        return self._check_password(Person.objects.filter(email=email).first(), password)
