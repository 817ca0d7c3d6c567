"""A price file that is published leaves its line, and is the store's newest."""

from tests.support.acts import told
from tests.support.cast import Cast

from butik.lib.clock import now
from butik.lib.versions import version_at
from butik.organisation.tenancy import tenant_scope
from butik.pricing.actions import publish_prices
from butik.pricing.models import PriceFile


def test_a_price_file_is_published(cast: Cast) -> None:
    file = publish_prices(store=cast.store, position=1, now=now())
    assert file
    said = {"version": version_at(file.created_at), "articles": 2, "size": file.size}
    told("pricing.price_file.published", cast.store, by="system", about=file.pk, **said)
    with tenant_scope([cast.organisation_id]):
        newest = PriceFile.objects.newest(cast.store)
    assert newest == file
