"""Found organisations and chains, open stores, add POSs, hand out enrolment codes."""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from django.db import connection, transaction

from butik.audit.actions import record
from butik.changes.actions import advance_feed, put_in_outbox
from butik.lib.ids import new_id
from butik.lib.problems import Problem
from butik.lib.texts import plain_text
from butik.live.actions import announce
from butik.organisation.installation import this_installation
from butik.organisation.keys import chain_root
from butik.organisation.models import Chain, Company, Device, EnrolmentCode, Organisation, Pos, Store
from butik.organisation.tenancy import narrow_scope, tenant_scope

CODE_LIFE = timedelta(minutes=15)
# Crockford's alphabet: nobody has to tell 0 from O or 1 from I.
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 8


def found_organisation(*, name: str, company: str, vat_number: str, actor: str, now: datetime) -> Company:
    """Found a tenant with its first company."""
    organisation_id = new_id()
    with tenant_scope([organisation_id]), transaction.atomic():
        organisation = Organisation.objects.create(id=organisation_id, name=plain_text(name))
        founded = Company.objects.create(organisation=organisation, name=plain_text(company), vat_number=vat_number)
        record(
            "organisation.organisation.founded",
            organisation_id=organisation_id,
            actor=actor,
            at=now,
            subject=organisation_id,
        )
    return founded


def found_chain(
    *,
    company: Company,
    number: int,
    name: str,
    actor: str,
    now: datetime,
    currency: str = "DKK",
    cash_rounding: int = 50,
) -> Chain:
    """Found a chain and make its root key, which every store's and device's trust hangs on."""
    chain_id = new_id()
    root = chain_root(chain_id)
    with tenant_scope([company.organisation_id]), transaction.atomic():
        chain = Chain.objects.create(
            id=chain_id,
            organisation_id=company.organisation_id,
            company=company,
            number=number,
            name=plain_text(name),
            currency=currency,
            cash_rounding=cash_rounding,
            root_key=root.public,
        )
        record(
            "organisation.chain.founded",
            organisation_id=chain.organisation_id,
            chain_id=chain.id,
            actor=actor,
            at=now,
            subject=chain.id,
        )
    return chain


def open_store(
    *,
    chain: Chain,
    number: int,
    name: str,
    actor: str,
    now: datetime,
    address: str = "",
    company: Company | None = None,
) -> Store:
    with tenant_scope([chain.organisation_id]), transaction.atomic():
        store = Store.objects.create(
            organisation_id=chain.organisation_id,
            company=company or chain.company,
            chain=chain,
            number=number,
            name=plain_text(name),
            address=plain_text(address),
        )
        record(
            "organisation.store.opened",
            organisation_id=store.organisation_id,
            chain_id=chain.id,
            store_id=store.id,
            actor=actor,
            at=now,
            subject=store.id,
        )
    return store


def add_pos(*, store: Store, number: int, name: str, actor: str, now: datetime) -> Pos:
    with tenant_scope([store.organisation_id]), transaction.atomic():
        pos = Pos.objects.create(
            organisation_id=store.organisation_id,
            chain_id=store.chain_id,
            store=store,
            number=number,
            name=plain_text(name),
        )
        record(
            "organisation.pos.added",
            organisation_id=store.organisation_id,
            chain_id=store.chain_id,
            store_id=store.id,
            actor=actor,
            at=now,
            subject=pos.id,
        )
        _pass_on(pos, now)
    return pos


def _pass_on(pos: Pos, now: datetime) -> None:
    """Whoever makes a POS tells the other: the store its chain, the chain its store (docs/formats/sync.md)."""
    if this_installation().store_id:
        body = msgspec.json.encode({"id": str(pos.id), "number": pos.number, "name": pos.name}).decode()
        put_in_outbox(kind="pos", organisation_id=pos.organisation_id, at=now, body=body)
    else:
        changes = [("store", str(pos.store_id), pos.store_id)]
        advance_feed(organisation_id=pos.organisation_id, chain_id=pos.chain_id, changes=changes, at=now)


def issue_code(*, store: Store, actor: str, now: datetime, pos: Pos | None = None) -> str:
    """Make a one-time code for a device of `pos`, or (without) for the store's service. Shown once, kept hashed."""
    code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
    with tenant_scope([store.organisation_id]), transaction.atomic():
        EnrolmentCode.objects.create(
            organisation_id=store.organisation_id,
            chain_id=store.chain_id,
            store=store,
            pos=pos,
            code_hash=hash_code(code),
            expires_at=now + CODE_LIFE,
        )
        record(
            "organisation.code.issued",
            organisation_id=store.organisation_id,
            chain_id=store.chain_id,
            store_id=store.id,
            actor=actor,
            at=now,
            subject=pos.id if pos else store.id,
        )
    return f"{code[:4]}-{code[4:]}"


def redeem_code(*, code: str, for_device: bool, now: datetime) -> EnrolmentCode:
    """Use up a code and return it, with store, chain and POS. Call inside the transaction of the enrolment itself.

    Afterwards that transaction is in the scope of the code's organisation.
    """
    hashed = hash_code(code)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL butik.code = '{hashed}'")
    claimed = EnrolmentCode.objects.filter(
        code_hash=hashed,
        used_at__isnull=True,
        expires_at__range=(now, now + CODE_LIFE),  # longer has only one that was made before our clock was put back
        pos__isnull=not for_device,
    )
    found = claimed.first()
    if found is None:
        raise bad_code()
    narrow_scope([found.organisation_id])
    # conditional update: of two devices with the same code one wins
    if claimed.filter(pk=found.pk).update(used_at=now) != 1:
        raise bad_code()
    redeemed: EnrolmentCode = EnrolmentCode.objects.select_related(
        "store", "chain", "chain__company", "pos", "organisation"
    ).get(pk=found.pk)
    return redeemed


def expect_code(*, code: str, for_device: bool, now: datetime) -> None:
    """Raise Problem `bad-code` unless it could be redeemed now. Takes no lock: a stranger's guess waits for nobody,
    and nobody waits for it."""
    with tenant_scope([]):
        hashed = hash_code(code)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL butik.code = '{hashed}'")
        rows = EnrolmentCode.objects.filter(code_hash=hashed, used_at__isnull=True, expires_at__gte=now)
        if not rows.filter(pos__isnull=not for_device).exists():
            raise bad_code()


def bad_code() -> Problem:
    return Problem("bad-code", 403, "This code is wrong, was used, or is older than 15 minutes. Ask for a new one.")


def hash_code(code: str) -> str:
    """Read a code as people type it: any case, dashes and spaces, O for 0, I and L for 1."""
    plain = code.upper().replace("-", "").replace(" ", "").translate(str.maketrans("OIL", "011"))
    return hashlib.sha256(plain.encode()).hexdigest()


def revoke_device(*, device: Device, actor: str, now: datetime) -> None:
    """Close every call but the journal to a device at once; what it still sends is quarantined."""
    with tenant_scope([device.organisation_id]), transaction.atomic():
        changed = Device.objects.filter(pk=device.pk, state=Device.State.ACTIVE).update(
            state=Device.State.REVOKED, closed_at=now
        )
        if changed:
            _tell_of_device(device, "organisation.device.revoked", actor, now)


def _tell_of_device(device: Device, action: str, actor: str, now: datetime) -> None:
    where: dict[str, UUID] = {
        "organisation_id": device.organisation_id,
        "chain_id": device.chain_id,
        "store_id": device.store_id,
    }
    record(action, actor=actor, at=now, subject=device.id, **where)
    announce("revoked", at=now, ref=device.id, **where)
