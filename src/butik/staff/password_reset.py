"""A forgotten password: asked for by a form that does not say who is known, chosen by the link of a mail.

The link's token goes from the address into the session before the page is shown, so that no history and no referrer
keeps it. It sets a password and signs nobody in: the second factor is asked for at the next sign-in.
"""

from typing import cast

from django.conf import settings
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.http import require_http_methods, require_safe

from butik.lib.clock import now
from butik.staff.account_forms import ForgottenPasswordForm
from butik.staff.account_mails import queue_mail
from butik.staff.models import AccountMail, Person
from butik.staff.people import reset_password


@require_http_methods(["GET", "HEAD", "POST"])
def ask_password_reset(request: HttpRequest) -> HttpResponse:
    """Nobody is looked up here: known or not, it takes the same way and the same time."""
    asked = request.method == "POST" and settings.SENDS_MAIL
    form = ForgottenPasswordForm(request.POST if asked else None)
    if asked and form.is_valid():
        queue_mail(form.cleaned_data["email"], AccountMail.Kind.RESET, now=now())
        return redirect("account_reset_password_asked")
    return render(request, "account/password_reset.html", {"form": form, "sends_mail": settings.SENDS_MAIL})


@require_safe
def password_reset_asked(request: HttpRequest) -> HttpResponse:
    return render(request, "account/password_reset_asked.html")


class ChoosePassword(PasswordResetConfirmView):
    template_name = "account/choose_password.html"
    success_url = reverse_lazy("account_login")

    def get_user(self, uidb64: str) -> Person | None:
        person = super().get_user(uidb64)
        return person if person is not None and person.is_active else None

    def form_valid(self, form: "SetPasswordForm[Person]") -> HttpResponse:
        token = self.request.session.pop(INTERNAL_RESET_SESSION_TOKEN, "")
        person, password = cast(Person, self.user), form.cleaned_data["new_password1"]
        if not reset_password(person=person, token=token, password=password, now=now()):
            return redirect(self.request.path)  # somebody was faster: the page says so
        return redirect(self.get_success_url())


choose_password = ChoosePassword.as_view()
