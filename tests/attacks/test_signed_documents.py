"""Every signed document that a service judges, against everything that may be wrong with it.

The lines are those of docs/formats/signed-documents.md: a new document needs its line here. What a device judges is in
pos/test/wire/documents.test.ts.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from butik.backups.line import Answer
from butik.backups.verdicts import read_verdicts
from butik.lib.clock import now, to_wire
from butik.lib.ids import new_id
from butik.lib.outside import BadDocument
from butik.lib.problems import Problem
from butik.lib.signing import Owner, SigningKey, decode, encode
from butik.organisation.installation import install_store, this_installation
from butik.organisation.keys import CERTIFICATES, issue_certificate, read_certificate, service_key
from butik.organisation.models import Store
from butik.organisation.pairing import Pairing, read_introduction
from butik.organisation.proofs import SCHEME, check_proof, read_proof
from butik.readiness import proof as verdicts
from butik.sales.assignments import read_assignment
from butik.sales.enrolment import read_enrolment
from butik.sales.reading import Place, open_record, read_record
from butik.sales.tests.records import signers_of
from butik.sync.certificate import renew_in_time
from butik.sync.line import LineTrouble
from butik.sync.pairings import keep_pairing
from butik.vault import revoking, slot
from butik.vault.authentication import Caller
from tests.support.till import Till

pytestmark = pytest.mark.django_db

ROOT, STORE_KEY, CLOUD, DEVICE, STRANGER = (SigningKey.generate() for _ in range(5))
US = Owner(new_id(), new_id(), new_id())
BACKUP, EMERGENCY, ADDRESS = new_id(), new_id(), "/api/pos/v1/journal"
NOW = now()
AT = to_wire(NOW)
STORE = Store(
    id=US.store,
    organisation_id=US.org,
    chain_id=US.chain,
    number=12,
    key=STORE_KEY.public,
    timezone="Europe/Copenhagen",
)
TILL = Till(DEVICE, US.org, US.store, 3, new_id(), new_id(), "N1", NOW)
OURS = {"v": 1, "org": str(US.org), "chain": str(US.chain), "store": str(US.store)}
Payload = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """`take` returns whether the document is obeyed, or raises what its callers expect."""

    typ: str
    by: SigningKey
    good: Callable[[], Payload]
    take: Callable[[str], object]
    silent: str = ""  # of what the document says nothing


def certificate(**changes: Any) -> Payload:
    day = timedelta(days=1)
    said = OURS | {"key": encode(service_key().public), "use": "store", "version": 5, "issued_at": AT}
    return said | {"expires_at": to_wire(NOW + 700 * day)} | changes


def take_certificate(document: str) -> bool:
    held = ROOT.sign("butik-key", msgspec.json.encode(certificate(expires_at=to_wire(NOW + timedelta(days=9)))))
    install_store(store=STORE, root_key=ROOT.public, certificate=held, chain_url="https://chain.example")

    class Line:
        def certificate(self) -> str:
            return document

    return renew_in_time(line=Line(), now=NOW) and this_installation().certificate == document  # type: ignore[arg-type]


def enrolment() -> Payload:
    named = {"org": str(US.org), "chain": {"id": str(US.chain)}, "store": {"id": str(US.store)}}
    pos, device = {"id": str(new_id()), "number": 3, "name": "Till 3"}, {"id": str(TILL.device), "kid": DEVICE.kid}
    return {"v": 1, "version": 1, "pos": pos, "device": device, "series": {"id": str(new_id()), "label": "N1"}} | named


def introduction() -> Payload:
    said = {"v": 1, "org": str(US.org), "organisation_name": "N", "company": str(new_id()), "company_name": "N"}
    said |= {"vat_number": "DK1", "chain": str(US.chain), "number": 1, "name": "N", "currency": "DKK"}
    return said | {"cash_rounding": 50, "key": encode(ROOT.public), "stores": [], "issued_at": AT}


def pairing(version: int = 6) -> Payload:
    said = {
        "v": 1,
        "org": str(US.org),
        "chain": str(US.chain),
        "url": "https://cloud.example",
        "recipient": "age1" + 58 * "q",
    }
    return said | {"recipient": f"age1{58 * 'q'}", "key": encode(CLOUD.public), "version": version, "issued_at": AT}


def take_pairing(document: str) -> bool:
    held = ROOT.sign("butik-emergency", msgspec.json.encode(pairing(5)))
    ours = (str(US.org), str(US.chain))
    return keep_pairing(document, held=held, root_key=ROOT.public, chain=ours) == document


def manifest() -> Payload:
    said = OURS | {"id": str(BACKUP), "made_at": AT, "sha256": "0" * 64, "size": 9, "plain_size": 9, "articles": 1}
    return said | {"price_file": "", "previous": "", "app": "0.1.0", "format": "butik-snapshot/1"}


def take_manifest(document: str) -> object:
    said = msgspec.convert(certificate(key=encode(STORE_KEY.public)), type=CERTIFICATES.type, strict=False)
    return slot._read_manifest(document, Caller(STORE, said, None), 9)  # type: ignore[arg-type]


def revocation() -> Payload:
    return OURS | {"device": str(TILL.device), "kid": DEVICE.kid, "revoked_at": AT}


def take_revocation(document: str) -> object:
    said = msgspec.convert(certificate(key=encode(STORE_KEY.public)), type=CERTIFICATES.type, strict=False)
    return revoking._read(STORE, said, document)


def verdict(judged: str) -> Payload:
    said = OURS | {"backup": str(BACKUP), "sha256": "0" * 64, "received_at": AT, judged: AT, "price_file": ""}
    return said | {"articles": 1, "look_ups": 1, "baskets": 1}


def take_verdict(document: str, read: Callable[..., object], name: str) -> bool:
    """Two doors: the store that gets the answer, and the chain that it passes it on to."""
    answer = Answer("KNOWN", NOW, 0.0, **{name: document})
    found = read_verdicts(STORE, answer, msgspec.json.decode(msgspec.json.encode(pairing()), type=Pairing))
    try:
        read(document, root=CLOUD.public, owner=US, backup=BACKUP, now=NOW)
    except BadDocument:
        assert not [each for each in found if each.backup == BACKUP]
        return False
    assert found
    return True


def assignment() -> Payload:
    said = OURS | {"pos": 3, "device": str(TILL.device), "key": encode(DEVICE.public), "choice": "NONE"}
    series, emergency = {"id": str(new_id()), "label": "E1"}, {"id": str(EMERGENCY), "number": 1}
    return said | {"emergency": emergency, "series": series, "backup": None, "issued_at": AT}


def of_till(document: str) -> Payload:
    said: Payload = msgspec.json.decode(decode(document.split(".")[1]))
    return said


def take_record(document: str) -> bool:
    place = Place(US.org, US.chain, US.store, 12, "Europe/Copenhagen")
    said = read_record(open_record(document), place=place, signers=signers_of([TILL]), received_at=NOW)
    return said.reason is None


def claims() -> Payload:
    said = {"org": str(US.org), "sub": str(TILL.device), "aud": f"store/{US.store}", "htm": "GET", "htu": ADDRESS}
    return said | {"v": 1, "bsh": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", "iat": int(NOW.timestamp()), "jti": ""}


def take_proof(document: str) -> object:
    proof, aud = read_proof(SCHEME + document), f"store/{US.store}"
    return check_proof(proof, DEVICE.public, aud=aud, method="GET", target=ADDRESS, body=b"", now=NOW)


TENANT = "of another organisation, of another chain, of another store"
ENDS = "expired 25 h ago, expired 23 h ago"
NAMED = "of another device, of another backup"
VERSION = "of an older version"
LINES = [
    Line("butik-key", ROOT, certificate, take_certificate, NAMED),
    Line("butik-enrolment", STORE_KEY, enrolment, lambda d: read_enrolment(
        d, store_key=STORE_KEY.public, owner=US, key=encode(DEVICE.public)), f"of another backup, {VERSION}, {ENDS}"),
    # It is the first word about a chain, by the key that it names itself.
    Line("butik-chain", ROOT, introduction, read_introduction,
         f"{TENANT}, {NAMED}, {VERSION}, {ENDS}"),
    Line("butik-emergency", ROOT, pairing, take_pairing, f"of another store, {NAMED}, {ENDS}"),
    Line("butik-backup", STORE_KEY, manifest, take_manifest, f"{NAMED}, {VERSION}, {ENDS}"),
    Line("butik-revocation", STORE_KEY, revocation, take_revocation, f"{NAMED}, {VERSION}, {ENDS}"),
    Line("butik-proven", CLOUD, lambda: verdict("proven_at"),
         lambda d: take_verdict(d, verdicts.read_proof, "proof"), f"of another device, {VERSION}, {ENDS}"),
    Line("butik-quarantined", CLOUD, lambda: verdict("quarantined_at"),
         lambda d: take_verdict(d, verdicts.read_held, "quarantined"), f"of another device, {VERSION}, {ENDS}"),
    Line("butik-assignment", CLOUD, assignment, lambda d: read_assignment(d, CLOUD.public, STORE),
         f"{NAMED}, {VERSION}, {ENDS}"),
    Line("butik-sale", DEVICE, lambda: of_till(TILL.sale()), take_record,
         f"of another chain, of another backup, {VERSION}, {ENDS}"),
    Line("butik-series", DEVICE, lambda: of_till(TILL.opening()), take_record,
         f"of another chain, of another backup, {VERSION}, {ENDS}"),
    Line("butik-event", DEVICE, lambda: of_till(TILL.event("ERROR")), take_record,
         f"of another chain, of another backup, {VERSION}, {ENDS}"),
    Line("butik-proof", DEVICE, claims, take_proof,
         f"of another organisation, of another chain, {NAMED}, {VERSION}, {ENDS}"),
]  # fmt: skip


def renamed(said: Any) -> Any:
    return said | {"id": str(new_id()), "kid": STRANGER.kid} if isinstance(said, dict) else str(new_id())


def expired(said: Payload, hours: int) -> Payload:
    return said | {"expires_at": to_wire(NOW - timedelta(hours=hours))}


CHANGES: dict[str, Callable[[Payload], Payload]] = {
    "of another organisation": lambda said: said | {"org": str(new_id())},
    "of another chain": lambda said: said | {"chain": renamed(said["chain"])},
    "of another store": lambda said: (
        said | ({"aud": f"store/{new_id()}"} if "aud" in said else {"store": renamed(said["store"])})
    ),
    "of another device": lambda said: said | {"device": renamed(said["device"])},
    "of another backup": lambda said: said | {"backup": str(new_id())},
    VERSION: lambda said: said | {"version": 4},
    "expired 25 h ago": lambda said: expired(said, 25),
    "that says nothing": lambda said: {},
}
SIGNED = ("by another key", "by a key that has no say in it", "as another type", "with other bytes of the same size")


def spoil(line: Line, fault: str) -> str:
    said = line.good()
    if fault in CHANGES:
        return line.by.sign(line.typ, msgspec.json.encode(CHANGES[fault](said)))
    body = msgspec.json.encode(said)
    if fault == "with other bytes of the same size":
        head, middle, signature = line.by.sign(line.typ, body).split(".")
        other = decode(middle).replace(b'"v":1', b'"v":7')
        assert other != decode(middle)
        return f"{head}.{encode(other)}.{signature}"
    if fault == "as another type":
        return line.by.sign("butik-staff", body)
    no_say = CLOUD if line.by is not CLOUD else STORE_KEY
    return (STRANGER if fault == "by another key" else no_say).sign(line.typ, body)


def is_obeyed(line: Line, document: str) -> bool:
    try:
        taken = line.take(document)
    except (BadDocument, Problem, LineTrouble):
        return False
    return taken is not False


CELLS = [(line, fault) for line in LINES for fault in (*CHANGES, *SIGNED) if fault not in line.silent]


@pytest.mark.parametrize(("line", "fault"), CELLS, ids=[f"{line.typ} {fault}" for line, fault in CELLS])
def test_what_is_not_ours_is_not_obeyed(line: Line, fault: str) -> None:
    assert is_obeyed(line, line.by.sign(line.typ, msgspec.json.encode(line.good())))
    assert not is_obeyed(line, spoil(line, fault))


def test_a_certificate_has_a_day_of_grace() -> None:
    for hours, is_good in ((23, True), (25, False)):
        document = ROOT.sign("butik-key", msgspec.json.encode(expired(certificate(), hours)))
        try:
            read_certificate(document, ROOT.public, NOW)
        except BadDocument:
            assert not is_good
        else:
            assert is_good


@pytest.mark.parametrize("change", [{"use": "chain"}, {"key": encode(b"short")}, {"expires_at": "2028-01-01T00:00:00"}])
def test_a_certificate_is_for_one_store_s_key(change: Payload) -> None:
    assert not is_obeyed(LINES[0], ROOT.sign("butik-key", msgspec.json.encode(certificate(**change))))


def test_the_documents_are_those_that_the_format_names() -> None:
    text = (Path(__file__).parents[2] / "docs" / "formats" / "signed-documents.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`butik-.*?) \| .*? \| (.*?) \|", text, re.MULTILINE)
    named = {typ for types, judges in rows if "service" in judges for typ in re.findall(r"`(.*?)`", types)}
    assert {line.typ for line in LINES} == named


def test_an_issued_certificate_reads_as_it_should() -> None:
    """The table's own certificate is like the real ones."""
    real = issue_certificate(store=STORE, key=service_key().public, now=NOW)
    assert of_till(real).keys() == certificate().keys()
