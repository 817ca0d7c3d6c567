"""PINs that anybody would try first are refused."""

import pytest
from django.core.exceptions import ValidationError

from butik.staff.pin_rules import check_pin_choice


@pytest.mark.parametrize("pin", ["258013", "791346", "112358", "9021045", "82736450"])
def test_a_pin_of_ones_own_is_taken(pin: str) -> None:
    check_pin_choice(pin)


@pytest.mark.parametrize(
    "pin",
    [
        "",
        "25801",
        "2580",
        "123456789",
        "12a4",
        "\uff11\uff12\uff13\uff15",
        " 2580",
        "000000",
        "7777777",
        "123456",
        "654321",
        "567890",
        "098765",
        "232323",
        "25802580",
    ],
)
def test_the_first_that_anybody_would_try_is_not(pin: str) -> None:
    with pytest.raises(ValidationError):
        check_pin_choice(pin)
