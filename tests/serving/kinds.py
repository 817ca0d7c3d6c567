"""A service of each kind, founded and set up by the real actions: `python -m tests.serving.kinds KIND`."""

import sys
from typing import Any
from uuid import UUID

import django

django.setup()

from butik.environment import text  # noqa: E402
from butik.lib.clock import now  # noqa: E402
from butik.lib.ids import new_id  # noqa: E402
from butik.lib.signing import SigningKey, encode, key_id  # noqa: E402
from butik.organisation import keys  # noqa: E402
from butik.organisation.installation import install_chain  # noqa: E402
from butik.organisation.models import Store  # noqa: E402
from butik.serving.founding import found  # noqa: E402


def joined() -> None:
    """A store whose chain is elsewhere: what the chain would answer is put in its place."""
    from butik.sync import joining
    from butik.sync.wire import Enrol, Enrolled, StoreBody

    root, names = SigningKey.generate(), {"organisation": new_id(), "company": new_id(), "chain": new_id()}
    store = Store(id=new_id(), organisation_id=names["organisation"], chain_id=names["chain"], key_version=1)
    tree = StoreBody(
        organisation={"id": str(names["organisation"]), "name": "Nordly"},
        company={"id": str(names["company"]), "name": "Nordly ApS", "vat_number": "DK12345678"},
        chain={"id": str(names["chain"]), "number": 1, "name": "Nordly", "currency": "DKK", "cash_rounding": 50,
               "emergency": ""},
        store={"id": str(store.id), "number": 12, "name": "Nordly 12", "address": "", "key_version": 1,
               "timezone": "Europe/Copenhagen", "language": "da"},
        poss=[],
    )  # fmt: skip

    def enrol(*, chain_url: str, wish: Enrol) -> Enrolled:
        keys.chain_root = lambda chain_id: root
        key = keys.service_key().public
        assert wish.key == encode(key)
        certificate = keys.issue_certificate(store=store, key=key, now=now())
        return Enrolled(tree, {"kid": key_id(root.public), "key": encode(root.public)}, certificate, 0.0)

    joining.enrol = enrol  # type: ignore[attr-defined]
    joining.join_chain(chain_url="http://localhost:9", code="K7QM-2XWD", now=now())


def chain() -> None:
    found_chain()


def found_chain() -> Any:
    from butik.organisation import actions

    common: dict[str, Any] = {"actor": "system", "now": now()}
    company = actions.found_organisation(name="Nordly", company="Nordly ApS", vat_number="DK12345678", **common)
    made = actions.found_chain(company=company, number=1, name="Nordly", **common)
    actions.open_store(chain=made, number=12, name="Nordly 12", **common)
    install_chain(chain=made)
    return made


def emergency() -> None:
    """An emergency cloud that has adopted a chain, which has introduced itself from elsewhere."""
    import msgspec

    from butik.emergency.adopting import adopt_chain
    from butik.lib.clock import to_wire
    from butik.organisation.pairing import CHAIN

    root = SigningKey.generate()
    ids: dict[str, UUID] = {name: new_id() for name in ("org", "company", "chain")}
    said = {name: str(value) for name, value in ids.items()} | {
        "v": 1, "organisation_name": "Nordly", "company_name": "Nordly ApS", "vat_number": "DK12345678", "number": 1,
        "name": "Nordly", "currency": "DKK", "cash_rounding": 50, "key": encode(root.public), "stores": [],
        "issued_at": to_wire(now()),
    }  # fmt: skip
    adopt_chain(document=root.sign(CHAIN, msgspec.json.encode(said)), actor="system", now=now())


if __name__ == "__main__":
    assert found(owner_url=text("BUTIK_OWNER_DATABASE_URL")) == 0
    globals()[sys.argv[1]]()
