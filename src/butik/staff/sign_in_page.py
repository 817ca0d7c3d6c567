"""The page where people sign in: allauth's, with an answer of its own for when too many do so at once."""

from allauth.account.forms import LoginForm
from allauth.account.views import LoginView
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpResponse

from butik.staff.sign_in import BUSY


class SignInPage(LoginView):  # type: ignore[misc]
    def form_invalid(self, form: LoginForm) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        if form.has_error(NON_FIELD_ERRORS, BUSY):
            response.status_code = 429
            response["Retry-After"] = "1"
        return response


sign_in = SignInPage.as_view()
