"""The code by which a store's service joins its chain, shown on the chain's page."""

import re

from django.test import modify_settings
from tests.support.cast import Cast, signed_in

from butik.lib.clock import now
from butik.organisation.actions import redeem_code


def address(cast: Cast) -> str:
    return f"/manage/{cast.store.pk}/service"


def test_it_says_what_a_new_service_changes_before_it_shows_a_code(cast: Cast) -> None:
    client = signed_in(cast.alice)
    page = client.get(address(cast)).content.decode()
    assert "service-code" not in page
    assert "The present service loses its access" in page
    assert address(cast) in client.get(f"/manage/{cast.store.pk}/").content.decode()


def test_the_code_lets_a_service_join_and_is_shown_with_the_command(cast: Cast) -> None:
    response = signed_in(cast.alice).post(address(cast))
    page = response.content.decode()
    found = re.search(r'id="service-code">([0-9A-Z-]{9})<', page)
    assert found
    assert f"--code {found[1]}" in page
    assert "--root " in page
    assert response["Cache-Control"] == "no-store"
    assert redeem_code(code=found[1], for_device=False, now=now()).store_id == cast.store.pk


def test_a_manager_may_not_and_a_stranger_finds_nothing(cast: Cast) -> None:
    assert signed_in(cast.bob).post(address(cast)).status_code == 403
    assert address(cast) not in signed_in(cast.bob).get(f"/manage/{cast.store.pk}/").content.decode()
    assert signed_in(cast.charlie).post(address(cast)).status_code == 404


def test_at_the_store_itself_there_is_no_such_page(cast: Cast) -> None:
    with modify_settings(INSTALLED_APPS={"remove": "butik.portal"}):
        assert signed_in(cast.alice).post(address(cast)).status_code == 404
