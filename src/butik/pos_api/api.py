"""The device API: every address with what it takes and gives. Bodies are read and written by msgspec."""

from butik.lib.machine_api import make_api
from butik.pos_api import device_calls, journal_call, wire
from butik.pos_api.schema import describe

api = make_api("Butik device API", "pos_api")

api.get("/time", openapi_extra=describe(wire.Time, proof=False))(device_calls.time)
api.post("/enrol", openapi_extra=describe(wire.Enrolled, wire.Enrol, proof=False))(device_calls.enrol)
api.get("/state", openapi_extra=describe(wire.State))(device_calls.state)
api.get("/enrolment", openapi_extra=describe(wire.Enrolment))(device_calls.enrolment)
api.get("/staff", openapi_extra=describe(wire.Staff))(device_calls.staff)
api.post("/journal", openapi_extra=describe(wire.Booked, wire.Journal))(journal_call.journal)
api.post("/unpair", openapi_extra=describe(wire.Unpaired, wire.Unpair))(device_calls.unpair)
