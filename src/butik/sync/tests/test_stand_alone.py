import msgspec
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from tests.support.till import API, MILK, Shop, add_articles, enrol

from butik.lib.signing import verify_document
from butik.organisation.installation import this_installation
from butik.organisation.keys import read_certificate
from butik.organisation.models import Pos, Store
from butik.organisation.tenancy import tenant_scope
from butik.sales.models import Sale
from butik.sync.tests.conftest import now
from butik.sync.work import open_link

pytestmark = pytest.mark.django_db


def found() -> None:
    call_command("found_store", "Landhandelen", company="Landhandelen ApS", vat_number="DK1", poss=2)


def test_a_store_that_stands_alone_sells(capsys: pytest.CaptureFixture[str]) -> None:
    found()
    here = this_installation()
    said = read_certificate(here.certificate, bytes(here.root_key or b""), now())
    with tenant_scope([said.org]):
        store = Store.objects.select_related("chain").get()
        pos = Pos.objects.get(number=2)
        add_articles(store.chain, [MILK])
    assert (said.store, here.chain_url, open_link()) == (store.id, "", None)

    documents = []

    def call(path: str, body: object) -> dict[str, str]:
        answer = Client().post(path, msgspec.json.encode(body), content_type="application/json").json()
        documents.append(answer["enrolment"])
        return dict(answer)

    till = enrol(Shop(store.chain, store, pos), call, now=now())
    verify_document(documents[0], "butik-enrolment", said.key_bytes)
    body = msgspec.json.encode({"records": [till.opening(), till.sale(MILK)]})
    proof = till.proof("POST", f"{API}/journal", body)
    sent = Client().post(f"{API}/journal", body, content_type="application/json", headers={"Authorization": proof})
    assert [result["outcome"] for result in sent.json()["results"]] == ["BOOKED", "BOOKED"]
    with tenant_scope([said.org]):
        assert Sale.objects.count() == 1


def test_a_service_is_founded_once() -> None:
    found()
    with pytest.raises(CommandError, match="already"):
        found()
