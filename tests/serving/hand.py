"""A hand inside a service's settings: does what it is told, one JSON line after another, with the real actions."""

import json
import sys
from typing import Any
from uuid import UUID

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from butik.lib.clock import now  # noqa: E402
from butik.lib.signing import SigningKey  # noqa: E402
from butik.live.actions import announce, sweep_events  # noqa: E402
from butik.live.queries import latest_cursor  # noqa: E402
from butik.organisation import actions, installation, proofs  # noqa: E402
from butik.organisation.models import Device, Pos, Store  # noqa: E402
from butik.organisation.tenancy import tenant_scope  # noqa: E402
from butik.sales.models import Sale  # noqa: E402
from butik.staff.models import Membership, Person  # noqa: E402

[BACKEND] = settings.AUTHENTICATION_BACKENDS
devices: dict[str, SigningKey] = {}


def found(mark: str) -> dict[str, str]:
    """An organisation with a chain, two stores and a device in the first."""
    at = now()
    company = actions.found_organisation(name=mark, company=mark, vat_number=f"DK{mark}", actor="system", now=at)
    chain = actions.found_chain(company=company, number=1, name=mark, actor="system", now=at)
    stores = [actions.open_store(chain=chain, number=n, name=f"{mark} {n}", actor="system", now=at) for n in (1, 2)]
    pos = actions.add_pos(store=stores[0], number=1, name="Till", actor="system", now=at)
    key = SigningKey.generate()
    with tenant_scope([company.organisation_id]):
        device = Device.objects.create(
            organisation_id=company.organisation_id,
            chain=chain,
            store=stores[0],
            pos=pos,
            name="Tablet",
            key=key.public,
            kid=key.kid,
            enrolment="",
            enrolled_at=at,
        )
    devices[str(device.pk)] = key
    return {
        "organisation": str(company.organisation_id),
        "chain": str(chain.pk),
        "store": str(stores[0].pk),
        "other_store": str(stores[1].pk),
        "device": str(device.pk),
    }


def install(organisation: str, store: str) -> None:
    with tenant_scope([UUID(organisation)]):
        here = Store.objects.select_related("chain").get(pk=store)
    installation.install_store(store=here, root_key=bytes(here.chain.root_key or b""), certificate="")


def sign_in(organisation: str, level: str, chain: str | None = None, store: str | None = None) -> str:
    """A person with one membership; return the session's key."""
    person = Person.objects.create_user(f"{level.lower()}-{now().timestamp()}@example.com", "long enough 1")
    with tenant_scope([UUID(organisation)]):
        if store:
            chain = str(Store.objects.get(pk=store).chain_id)
        Membership.objects.create(
            organisation_id=organisation, person=person, chain_id=chain, store_id=store, level=level
        )
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def sign_in_again(session: str, count: int) -> list[str]:
    """The same person, at more devices."""
    sessions = []
    for _ in range(count):
        another = SessionStore()
        another.update(dict(SessionStore(session).items()))
        another.create()
        sessions.append(str(another.session_key))
    return sessions


def dismiss(organisation: str, session: str) -> None:
    """End every membership of whoever is signed in."""
    person = SessionStore(session)[SESSION_KEY]
    with tenant_scope([UUID(organisation)]), transaction.atomic():
        Membership.objects.filter(person=person).delete()
        announce("staff", organisation_id=UUID(organisation), at=now())


def tell(topic: str, organisation: str, chain: str | None = None, store: str | None = None, ref: str = "") -> None:
    with tenant_scope([UUID(organisation)]), transaction.atomic():
        announce(
            topic,
            organisation_id=UUID(organisation),
            chain_id=UUID(chain) if chain else None,
            store_id=UUID(store) if store else None,
            ref=ref,
            at=now(),
        )


def tell_many(count: int, **where: Any) -> None:
    for number in range(count):
        tell("sales", ref=str(number), **where)


def cursor() -> str:
    return latest_cursor()


def sweep_everything(organisation: str) -> int:
    """As the worker would do it a long time from now."""
    later = now().replace(year=now().year + 1)
    with tenant_scope([UUID(organisation)]):
        return sweep_events(now=later)


def proof(organisation: str, device: str, store: str, target: str = "/live/pos") -> str:
    at = now().timestamp()
    return proofs.make_proof(
        devices[device],
        org=UUID(organisation),
        sub=UUID(device),
        aud=f"store/{store}",
        method="GET",
        target=target,
        body=b"",
        at=at,
    )


def revoke(organisation: str, device: str) -> None:
    with tenant_scope([UUID(organisation)]):
        row = Device.objects.get(pk=device)
    actions.revoke_device(device=row, actor="system", now=now())


def installed_store() -> str:
    return str(installation.this_installation().store_id)


def device_code() -> str:
    """For the first POS of the store that this is."""
    here = installation.this_installation()
    with tenant_scope(installation.organisations_here()):
        store = Store.objects.get(pk=str(here.store_id))
        return actions.issue_code(store=store, pos=Pos.objects.filter(store=store).first(), actor="system", now=now())


def counters() -> list[int]:
    """Of all sales that are booked here."""
    with tenant_scope(installation.organisations_here()):
        return list(Sale.objects.order_by("counter").values_list("counter", flat=True))


def main() -> None:
    for line in sys.stdin:
        verb, arguments = json.loads(line)
        answer = globals()[verb](**arguments)
        if connection.vendor == "sqlite":
            connection.close()
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
