"""Who looks on at `/live/`: people by the session of their pages, devices by a proof. Both are looked at again."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db import close_old_connections
from django.http import HttpRequest
from starlette.requests import Request

from butik.lib.clock import now
from butik.lib.problems import Problem
from butik.live.reach import Place, Reach
from butik.organisation.installation import audience
from butik.organisation.models import Device
from butik.organisation.proofs import check_proof, read_proof
from butik.organisation.tenancy import tenant_scope
from butik.staff.models import Membership, Person
from butik.staff.second_factor import lacks_second_factor

DEVICE_TOPICS = frozenset({"prices", "staff", "enrolment", "revoked", "order"})

Answer = TypeVar("Answer")
# Django's database is not for the event loop: one thread, so one connection.
_desk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="viewers")


async def _ask(question: Callable[[], Answer]) -> Answer:
    def answer() -> Answer:
        close_old_connections()
        return question()

    return await asyncio.get_running_loop().run_in_executor(_desk, answer)


@dataclass(frozen=True, slots=True)
class PersonViewer:
    session: str
    topics: frozenset[str]

    @property
    def owner(self) -> str:
        return f"session {self.session}"

    async def look(self) -> Reach | None:
        return await _ask(lambda: reach_of_session(self.session, self.topics))


@dataclass(frozen=True, slots=True)
class DeviceViewer:
    organisation: UUID
    device: UUID

    @property
    def owner(self) -> str:
        return f"device {self.device}"

    async def look(self) -> Reach | None:
        return await _ask(lambda: reach_of_device(find_device(self.organisation, self.device)))


async def get_person(request: Request) -> PersonViewer:
    session = request.cookies.get(settings.SESSION_COOKIE_NAME, "")
    topics = request.query_params.get("topics", "")
    return PersonViewer(session, frozenset(topics.split(",")) if topics else frozenset())


async def get_device(request: Request) -> DeviceViewer:
    proof = read_proof(request.headers.get("authorization", ""))
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")

    def check() -> DeviceViewer:
        claims = proof.claims
        device = find_device(claims.org, claims.sub)
        if device is None:
            raise Problem("unknown-device", 401, "This service does not know the device.")
        check_proof(
            proof,
            bytes(device.key),
            aud=audience(device.chain_id),
            method=request.method,
            target=target,
            body=b"",
            now=now(),
        )
        if device.state != Device.State.ACTIVE:
            raise Problem("device-revoked", 403, "This device was closed.")
        return DeviceViewer(claims.org, claims.sub)

    return await _ask(check)


def find_device(organisation: UUID, device: UUID) -> Device | None:
    with tenant_scope([organisation]):
        return Device.objects.filter(organisation=organisation, pk=device).first()


def reach_of_device(device: Device | None) -> Reach | None:
    """Its own store's, and of what concerns single devices only what concerns it."""
    if device is None or device.state != Device.State.ACTIVE:
        return None
    return Reach(
        places=frozenset({Place(device.organisation_id, device.chain_id, device.store_id)}),
        topics=DEVICE_TOPICS,
        own_topics=frozenset({"enrolment", "revoked"}),
        own_refs=frozenset({str(device.pk), str(device.store_id)}),
        shared=False,
    )


def reach_of_session(key: str, topics: frozenset[str]) -> Reach | None:
    """What the memberships of the person who is signed in reach; None when nobody is."""
    if not key:
        return None
    request = HttpRequest()
    request.session = SessionStore(key)
    person = get_user(request)
    if not isinstance(person, Person) or lacks_second_factor(person):
        return None
    with tenant_scope([], person=person.pk):
        memberships = list(Membership.objects.filter(person=person))
    places = frozenset(Place(each.organisation_id, each.chain_id, each.store_id) for each in memberships)
    return Reach(places=places, topics=topics) if places else None
