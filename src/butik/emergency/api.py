"""The APIs for devices (`/api/emergency/v1`) and for recovering stores (`/api/recovery/v1`): every address."""

from django.http import HttpRequest, HttpResponse

from butik.emergency import device_calls, recovery_calls, wire
from butik.lib.machine_api import make_api
from butik.lib.openapi import describe
from butik.sales import device_wire

DEVICE_STRUCTS = (
    device_wire.Time, wire.Ready, wire.IsReady, wire.State, wire.Enter, wire.Entered, device_wire.Prices,
    device_wire.Staff, device_wire.Journal, device_wire.Booked,
)  # fmt: skip
RECOVERY_STRUCTS = (
    wire.Claim, wire.Claimed, wire.Records, wire.StoreState, wire.Totals, wire.Recovered, wire.IsRecovered,
)  # fmt: skip

device_api = make_api("Butik emergency API for devices", "emergency_devices")

device_api.get("/time", openapi_extra=describe(device_wire.Time, proof=False))(device_calls.time)
device_api.post("/ready", openapi_extra=describe(wire.IsReady, wire.Ready))(device_calls.ready)
device_api.get("/state", openapi_extra=describe(wire.State, query=("series", "sent")))(device_calls.state)
device_api.post("/enter", openapi_extra=describe(wire.Entered, wire.Enter))(device_calls.enter)
device_api.get("/staff", openapi_extra=describe(device_wire.Staff))(device_calls.staff)
device_api.get("/prices", openapi_extra=describe(device_wire.Prices))(device_calls.prices)
device_api.post("/journal", openapi_extra=describe(device_wire.Booked, device_wire.Journal))(device_calls.journal)


@device_api.get("/prices/{sha256}", openapi_extra=describe(device_calls.CONTENT_TYPE))
def price_file(request: HttpRequest, sha256: str) -> HttpResponse:
    """The bytes of a price file."""
    return device_calls.price_file(request, sha256)


recovery_api = make_api("Butik recovery API for stores", "emergency_recovery")

recovery_api.post("/claim", openapi_extra=describe(wire.Claimed, wire.Claim))(recovery_calls.claim)
recovery_api.get("/backup", openapi_extra=describe("application/octet-stream", query=("recipient",)))(
    recovery_calls.backup
)
recovery_api.get("/records", openapi_extra=describe(wire.Records, query=("after", "limit")))(recovery_calls.records)
recovery_api.post("/release", openapi_extra=describe(wire.StoreState))(recovery_calls.release)
recovery_api.get("/totals", openapi_extra=describe(wire.Totals))(recovery_calls.totals)
recovery_api.post("/recovered", openapi_extra=describe(wire.IsRecovered, wire.Recovered))(recovery_calls.recovered)
