"""One mailbox in another spelling is one person."""

import pytest

from butik.approvals.signers import mailbox_of


@pytest.mark.parametrize(
    "address",
    [
        "vera@blåbær.example",
        "VERA@Blåbær.example",
        "vera+alarm@xn--blbr-roah.example",
        "\uff56era@blåbær.example.",
        " vera@blåbær.example ",
    ],
)
def test_one_mailbox_has_one_spelling(address: str) -> None:
    assert mailbox_of(address) == mailbox_of("vera@blåbær.example")
    assert mailbox_of(address) != mailbox_of("nils@blåbær.example")
