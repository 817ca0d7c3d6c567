"""The schemas in docs/openapi are what the code says."""

from pathlib import Path

import msgspec
import pytest
from django.core.management import CommandError, call_command

from butik.pos_api.api import api

DOCS = Path(__file__).parents[4] / "docs" / "openapi"


def test_it_has_not_drifted() -> None:
    call_command("export_openapi", "--check", "--folder", str(DOCS))


def test_it_finds_a_drift(tmp_path: Path) -> None:
    call_command("export_openapi", "--folder", str(tmp_path))
    call_command("export_openapi", "--check", "--folder", str(tmp_path))
    schema = tmp_path / "pos_api.json"
    schema.write_text(schema.read_text().replace("journal", "ledger"))
    with pytest.raises(CommandError, match=r"pos_api\.json"):
        call_command("export_openapi", "--check", "--folder", str(tmp_path))


def test_it_describes_every_call_and_names_no_schema_that_is_not_there() -> None:
    text = (DOCS / "pos_api.json").read_text()
    schema = msgspec.json.decode(text)
    named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named <= set(schema["components"]["schemas"])
    calls = {path.removeprefix("/api/pos/v1") for path in schema["paths"]}
    assert len(calls) == sum(len(router.path_operations) for _, router in api._routers)
    assert {"/journal", "/enrol", "/prices/{sha256}", "/receipts/{sale_id}"} <= calls
