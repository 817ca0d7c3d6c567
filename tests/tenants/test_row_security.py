"""The second lock, by itself: PostgreSQL shows and takes only rows of the permitted organisations."""

from typing import Any

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, models, transaction

from butik.lib.ids import new_id
from butik.organisation.models import Organisation
from butik.organisation.row_security import row_condition, tenant_tables
from butik.organisation.tenancy import tenant_scope
from tests.tenants.world import Tenant

# Tables without an organisation, each with the reason.
SHARED = {
    "organisation_installation": "what this service is",
    "organisation_wrongguess": "who guesses at a code belongs to nobody",
    "organisation_secretfile": "which keys this service has made",
    "live_streamstate": "how far this service's own streams have got",
    "sync_heldentry": "what this service's own line could not apply yet",
    "sync_skippeditem": "what this service's own line could not read",
    "sync_seenkey": "what this service's own line has just read",
    "sync_uplink": "how far this service's own line has got",
    "staff_trycount": "how often somebody was wrong: who tries is nobody's yet",
    "staff_accountmail": "a mail that waits, to an address that may be nobody's",
    "staff_person": "a person may work for several organisations; memberships say for which",
}


def butik_models() -> list[type[models.Model]]:
    return [each for each in apps.get_models(include_auto_created=True) if each.__module__.startswith("butik.")]


def test_every_table_of_ours_is_a_tenant_s_or_is_known_not_to_be() -> None:
    without = {each._meta.db_table for each in butik_models() if row_condition(each) is None}
    assert without == set(SHARED)


def test_every_unique_constraint_of_a_tenant_begins_with_the_organisation() -> None:
    for model in butik_models():
        if row_condition(model) is None or model is Organisation:
            continue
        for constraint in model._meta.constraints:
            if isinstance(constraint, models.UniqueConstraint):
                assert constraint.fields[0] == "organisation", f"{model.__name__}: {constraint.name}"


def test_each_tenant_table_has_a_row_in_this_test(ours: Tenant) -> None:
    with tenant_scope([ours.organisation.pk]):
        empty = [each.__name__ for each in butik_models() if row_condition(each) and not each._default_manager.exists()]
    assert empty == [], "tests/tenants/world.py must fill them, or nothing is proven of them"


@pytest.mark.postgres
def test_policies_are_forced_on_all_of_them(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity,"
            " p.polqual IS NOT NULL, p.polwithcheck IS NOT NULL"
            " FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid WHERE c.relname = ANY(%s)",
            [list(tenant_tables())],
        )
        found = {name: (forced, using, check) for name, forced, using, check in cursor.fetchall()}
    assert found == dict.fromkeys(tenant_tables(), (True, True, True))


@pytest.mark.postgres
def test_the_application_s_role_owns_nothing_and_cannot_bypass(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)
        cursor.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = current_user"
        )
        assert cursor.fetchone() == (0,)


@pytest.mark.postgres
def test_without_a_scope_nothing_is_seen_at_all(ours: Tenant) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL butik.organisations = ''")
    assert [each.__name__ for each in butik_models() if row_condition(each) and each._default_manager.exists()] == []


@pytest.mark.postgres
def test_in_their_scope_none_of_our_rows_is_seen(ours: Tenant, theirs: Tenant) -> None:
    with tenant_scope([theirs.organisation.pk]):
        for model in butik_models():
            if row_condition(model) is None:
                continue
            key = "pk" if model is Organisation else "organisation_id"
            seen = set(model._default_manager.values_list(key, flat=True))
            assert seen == {theirs.organisation.pk}, model.__name__


@pytest.mark.postgres
def test_in_their_scope_none_of_our_rows_can_be_written(ours: Tenant, theirs: Tenant) -> None:
    def attempt(statement: str, *values: Any) -> int:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return int(cursor.rowcount)

    with tenant_scope([theirs.organisation.pk]):
        assert attempt("UPDATE articles_article SET price = 1 WHERE id = %s", ours.article.pk) == 0
        assert attempt("DELETE FROM staff_membership WHERE organisation_id = %s", ours.organisation.pk) == 0
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            attempt("INSERT INTO organisation_organisation (id, name) VALUES (%s, 'x')", new_id())
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            attempt(
                "UPDATE articles_article SET organisation_id = %s WHERE id = %s",
                ours.organisation.pk,
                theirs.article.pk,
            )


@pytest.mark.postgres
def test_an_inner_scope_ends_where_it_ends(ours: Tenant, theirs: Tenant) -> None:
    with tenant_scope([ours.organisation.pk]):
        with tenant_scope([theirs.organisation.pk]):
            assert list(Organisation.objects.all()) == [theirs.organisation]
        assert list(Organisation.objects.all()) == [ours.organisation]
