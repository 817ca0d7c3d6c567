"""A chain that was adopted, and a store of it that makes real backups and uploads them, for tests of the vault."""

import hashlib
import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from django.test import Client

from butik.articles.rows import ArticleRow
from butik.lib import clock
from butik.lib.clock import to_wire
from butik.lib.ids import new_id
from butik.lib.signing import SigningKey, encode, open_document
from butik.organisation.keys import Certificate
from butik.organisation.models import Chain, Company, Organisation, Store
from butik.organisation.proofs import Claims, make_proof, read_proof
from butik.organisation.tenancy import tenant_scope
from butik.pricing.price_file import pack_prices
from butik.snapshot.format import FORMAT, Article, Assistant, Barcode, Device, Pos, PriceFile, SeriesHead
from butik.snapshot.manifest import Manifest, sign_manifest
from butik.snapshot.seal import seal
from butik.snapshot.write import Content, write_snapshot
from butik.vault.authentication import Caller, admit_store
from butik.vault.evidence import Order
from butik.vault.keys import identity_of, recipient_of
from butik.vault.models import StoredBackup
from butik.vault.slot import take_backup

ADDRESS = "/api/vault/v1/backups"
PIN = '{"alg":"PBKDF2-SHA256","iterations":1000,"salt":"AAAA","hash":"AAAA"}'
POSITION = 17


@dataclass(frozen=True, slots=True)
class Sealed:
    """A backup as a store holds it before it uploads it."""

    manifest: Manifest
    body: bytes


@dataclass
class Depot:
    """One store of one adopted chain."""

    org: UUID
    chain: UUID
    store_id: UUID
    root: SigningKey
    key: SigningKey = field(default_factory=SigningKey.generate)
    key_version: int = 1
    number: int = 12
    tablet: SigningKey = field(default_factory=SigningKey.generate)
    tablet_id: str = field(default_factory=lambda: str(new_id()))
    assistant_id: str = field(default_factory=lambda: str(new_id()))
    series_id: str = field(default_factory=lambda: str(new_id()))

    @classmethod
    def adopt(cls, number: int = 12) -> "Depot":
        org, chain, root = new_id(), new_id(), SigningKey.generate()
        with tenant_scope([org]):
            organisation = Organisation.objects.create(id=org, name="Nordly Holding")
            company = Company.objects.create(organisation=organisation, name="Nordly ApS", vat_number="DK12345678")
            Chain.objects.create(
                id=chain, organisation=organisation, company=company, number=1, name="Nordly", root_key=root.public
            )
        return cls(org, chain, new_id(), root, number=number)

    def sister(self, number: int) -> "Depot":
        return Depot(self.org, self.chain, new_id(), self.root, number=number)

    def rebuilt(self) -> "Depot":
        """The same store with a new controller, whose key replaces the one before."""
        return replace(self, key=SigningKey.generate(), key_version=self.key_version + 1)

    # --- what it makes ---

    def content(self, *, at: datetime, articles: int = 60, **changes: Any) -> Content:
        rows = [make_article(number) for number in range(articles)]
        return make_content(self, at, rows, **changes)

    def order(self, manifest: Manifest) -> Order:
        return Order(
            identity=identity_of(self.chain),
            org=str(self.org),
            chain=str(self.chain),
            store=str(self.store_id),
            made_at=manifest.made_at,
            plain_size=manifest.plain_size,
            articles=manifest.articles,
            price_file=manifest.price_file,
        )

    def backup(self, *, at: datetime | None = None, content: Content | None = None, **changes: Any) -> Sealed:
        """Make a backup at a moment of the store's own clock."""
        moment = at or clock.now()
        return self.seal_content(content or self.content(at=moment), moment, **changes)

    def seal_content(self, content: Content, at: datetime, **changes: Any) -> Sealed:
        with tempfile.TemporaryDirectory() as folder:
            plain = Path(folder) / "plain"
            write_snapshot(plain, content)
            return self.seal_file(plain, content, at, **changes)

    def seal_file(self, plain: Path, content: Content, at: datetime, *, recipient: str = "", **changes: Any) -> Sealed:
        sealed = plain.with_suffix(".sealed")
        result = seal(plain, sealed, recipient or recipient_of(self.chain))
        manifest = Manifest(
            id=new_id(),
            org=self.org,
            chain=self.chain,
            store=self.store_id,
            made_at=at,
            sha256=result.sha256,
            size=result.size,
            plain_size=result.plain_size,
            articles=len(list(content.articles)),
            price_file=content.price_file.sha256 if content.price_file else "",
            previous="",
            app="0.1.0",
        )
        return Sealed(msgspec.structs.replace(manifest, **changes), sealed.read_bytes())

    def forged(self, manifest: Manifest, made_at: datetime, body: bytes) -> Manifest:
        """A manifest like it for other bytes and another date."""
        digest = hashlib.sha256(body).hexdigest()
        said: dict[str, Any] = {"id": new_id(), "made_at": made_at, "sha256": digest, "size": len(body)}
        return msgspec.structs.replace(manifest, **said)

    # --- how it calls ---

    def certificate(self, **changes: Any) -> str:
        now = clock.now()
        said = {
            "v": 1, "org": str(self.org), "chain": str(self.chain), "store": str(self.store_id),
            "key": encode(self.key.public), "use": "store", "version": self.key_version,
            "issued_at": to_wire(now), "expires_at": to_wire(now + timedelta(days=730)),
        } | changes  # fmt: skip
        return self.root.sign("butik-key", msgspec.json.encode(said))

    def proof(self, method: str, target: str, body: bytes, **changes: Any) -> str:
        said: dict[str, Any] = {"org": self.org, "sub": self.store_id, "aud": f"emergency/{self.chain}"} | changes
        return make_proof(self.key, method=method, target=target, body=body, at=clock.now().timestamp(), **said)

    def headers(self, sealed: Sealed, **changes: str) -> dict[str, str]:
        return {
            "Authorization": self.proof("POST", ADDRESS, sealed.body),
            "Butik-Certificate": self.certificate(),
            "Butik-Manifest": sign_manifest(sealed.manifest, self.key),
        } | changes

    def post(self, sealed: Sealed, **changes: str) -> Any:
        headers = {name: value for name, value in self.headers(sealed, **changes).items() if value}
        return Client().post(ADDRESS, sealed.body, content_type="application/octet-stream", headers=headers)

    def upload(self, sealed: Sealed) -> StoredBackup:
        answer = self.post(sealed)
        assert answer.status_code == 200, answer.content
        return self.stored(sealed)

    def make_known(self) -> Store:
        """As whoever shows its certificate is made known."""
        with tenant_scope([self.org]):
            chain = Chain.objects.get(pk=self.chain)
        return admit_store(chain, self.read_certificate())

    def read_certificate(self) -> Certificate:
        return msgspec.json.decode(open_document(self.certificate()).payload, type=Certificate)

    def claims(self, body: bytes) -> Claims:
        return read_proof(self.proof("POST", ADDRESS, body)).claims

    def caller(self) -> Caller:
        return Caller(self.make_known(), self.read_certificate(), self.claims(b""))

    def take(self, sealed: Sealed, at: datetime, caller: Caller | None = None) -> str:
        """As the API does with a caller that it believes, by a clock of ours."""
        return take_backup(
            caller=replace(caller or self.caller(), claims=self.claims(sealed.body)),
            document=sign_manifest(sealed.manifest, self.key),
            length=len(sealed.body),
            body=BytesIO(sealed.body),
            now=at,
        ).outcome

    def stored(self, sealed: Sealed) -> StoredBackup:
        with tenant_scope([self.org]):
            found: StoredBackup = StoredBackup.objects.select_related("store").get(pk=sealed.manifest.id)
            return found

    @property
    def store(self) -> Store:
        with tenant_scope([self.org]):
            found: Store = Store.objects.select_related("chain").get(pk=self.store_id)
            return found

    def all_stored(self) -> list[StoredBackup]:
        with tenant_scope([self.org]):
            return list(StoredBackup.objects.filter(store_id=self.store_id).order_by("received_at", "id"))


def make_article(number: int, price: int = 0) -> Article:
    return Article(
        number=f"{1001 + number}",
        text=f"VARE {number}",
        name=f"Vare nummer {number}",
        group_name="Mejeri",
        unit="KG" if number % 7 == 6 else "PCS",
        price=price or 1000 + number,
        vat_rate=2500 if number % 5 else 0,
        age_limit=18 if number % 9 == 8 else None,
        linked="",
        blocked=False,
        version=3 + number,
    )


def price_file_of(articles: Iterable[Article], position: int = POSITION) -> PriceFile:
    """As the store would publish it."""
    packed = pack_prices(
        {
            each.number: (
                ArticleRow(
                    text=each.text, name=each.name, group=each.group_name, unit=each.unit, price=each.price,
                    vat_rate=each.vat_rate, age_limit=each.age_limit, linked=each.linked, is_blocked=each.blocked,
                    codes=((f"57{int(each.number):09}", 1000),),
                ),
                each.version,
            )
            for each in articles
        }
    )  # fmt: skip
    return PriceFile(4, position, hashlib.sha256(packed.content).hexdigest(), "a.b.c", packed.content)


def make_content(depot: Depot, at: datetime, articles: list[Article], **changes: Any) -> Content:
    """A store with these articles, two POSs and a tablet; `changes` are members of Content, `meta` is merged."""
    tree = {
        "organisation": {"id": str(depot.org), "name": "Nordly Holding"},
        "company": {"id": str(new_id()), "name": "Nordly ApS", "vat_number": "DK12345678"},
        "chain": {"id": str(depot.chain), "number": 1, "name": "Nordly"},
        "store": {
            "id": str(depot.store_id), "number": depot.number, "name": f"Nordly {depot.number}", "address": "Torvet 1",
            "timezone": "Europe/Copenhagen", "language": "da", "key_version": depot.key_version,
        },
    }  # fmt: skip
    meta = {
        "format": FORMAT, "org": str(depot.org), "chain": str(depot.chain), "store": str(depot.store_id),
        "made_at": to_wire(at), "position": str(POSITION), "app": "0.1.0", "tree": json.dumps(tree),
    }  # fmt: skip
    tablet = depot.tablet
    device = Device(depot.tablet_id, 3, "Tablet", encode(tablet.public), tablet.kid, "ACTIVE", "a.b.c")
    content = Content(
        meta=meta | changes.pop("meta", {}),
        articles=articles,
        barcodes=[Barcode(f"57{int(each.number):09}", each.number, 1000) for each in articles],
        price_file=price_file_of(articles),
        assistants=[Assistant(depot.assistant_id, "101", "Maja", "OPERATOR", PIN, 1)],
        poss=[Pos(str(new_id()), 3, "Till 3"), Pos(str(new_id()), 4, "Till 4")],
        devices=[device],
        series=[SeriesHead(depot.series_id, 3, device.id, "N2", 7, "ab" * 32, 7, 45000)],
    )
    return replace(content, **changes)


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, msgspec.json.decode(answer.content).get("type", "")


def midday(day: int) -> datetime:
    """A moment that is the same day everywhere in Europe."""
    return datetime(2026, 11, day, 11, 0, tzinfo=UTC)
