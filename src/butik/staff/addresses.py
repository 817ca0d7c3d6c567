"""The one form of an email address in which people are kept, looked up and counted. Pure but for the model field."""

import unicodedata
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.db import models


def normal_address(text: str) -> str:
    """However it was typed: composed alike, in lower case, the domain as the network writes it (IDNA).

    Two addresses that a mail server delivers to one mailbox must not be two people, nor one spelling open another's.
    """
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    name, at, domain = plain.rpartition("@")
    with suppress(UnicodeError):  # no domain at all: nobody has it
        domain = domain.encode("idna").decode("ascii")
    return f"{name}{at}{domain}"


if TYPE_CHECKING:
    _EmailField = models.EmailField[str, str]
else:
    _EmailField = models.EmailField


class AddressField(_EmailField):
    """Writes and looks up the normal form, whoever asks."""

    def get_prep_value(self, value: Any) -> Any:
        said = super().get_prep_value(value)
        return normal_address(said) if isinstance(said, str) else said

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = self.get_prep_value(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value
