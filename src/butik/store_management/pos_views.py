"""POSs, their devices, and the codes by which devices are enrolled (where devices are served: at the store)."""

from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from butik.lib.clock import now
from butik.live.queries import latest_cursor
from butik.organisation.actions import CODE_LIFE, add_pos, hash_code, issue_code
from butik.organisation.models import Device, EnrolmentCode, Pos
from butik.sales.enrolment import revoke_device
from butik.staff.guards import get_for
from butik.staff.rights import Right
from butik.store_management.enrolment import enrolment_qr
from butik.store_management.forms import PosForm
from butik.store_management.gate import StoreRequest, store_page
from butik.store_management.readings import device_consequences


def serves_devices() -> bool:
    """Devices are enrolled and revoked by the service that answers them; elsewhere they are only looked at."""
    return apps.is_installed("butik.pos_api")


@require_safe
@store_page(Right.ORGANISATION_STORE_VIEW)
def poss(request: StoreRequest) -> HttpResponse:
    devices = Device.objects.order_by("state", "-enrolled_at")
    listed = request.store.poss.order_by("number").prefetch_related(Prefetch("devices", devices))
    context = {"poss": listed, "serves_devices": serves_devices(), "cursor": latest_cursor()}
    return render(request, "store_management/poss.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@store_page(Right.ORGANISATION_DEVICE_ENROL)
def pos_add(request: StoreRequest) -> HttpResponse:
    _only_where_devices_are_served()
    form = PosForm(request.POST or None, store=request.store)
    if request.method == "POST" and form.is_valid():
        number, name = form.cleaned_data["number"], form.cleaned_data["name"]
        try:
            with transaction.atomic():
                pos = add_pos(store=request.store, number=number, name=name, actor=request.user.actor, now=now())
        except IntegrityError:  # somebody else was faster
            form.add_error("number", _("This number is taken."))
        else:
            messages.success(request, _("POS %(pos)s was added. Enrol a device in it next.") % {"pos": pos})
            return redirect("store_management:poss", request.store.pk)
    return render(request, "store_management/pos_add.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@store_page(Right.ORGANISATION_DEVICE_ENROL)
def code_issue(request: StoreRequest, pos_id: UUID) -> HttpResponse:
    """Show a new code. It is kept as a hash only, so this answer is the one place where it can be read."""
    _only_where_devices_are_served()
    pos = get_for(request.user, Right.ORGANISATION_DEVICE_ENROL, Pos, pk=pos_id, store=request.store)
    cursor, moment = latest_cursor(), now()
    code = issue_code(store=request.store, pos=pos, actor=request.user.actor, now=moment)
    context = {
        "pos": pos,
        "present": pos.devices.filter(state=Device.State.ACTIVE),
        "plain": code,
        "app": settings.BUTIK_POS_ORIGIN,
        "service": settings.BUTIK_URL,
        "qr": enrolment_qr(store=request.store, code=code),
        "issued": EnrolmentCode.objects.visible_to(request.user).get(pos=pos, code_hash=hash_code(code)),
        "minutes": int(CODE_LIFE.total_seconds() // 60),
        "now": moment,
        "cursor": cursor,
    }
    response = render(request, "store_management/code.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_safe
@store_page(Right.ORGANISATION_DEVICE_ENROL)
def code_state(request: StoreRequest, code_id: UUID) -> HttpResponse:
    """Whether a code was used, for the page that shows it."""
    code = get_for(request.user, Right.ORGANISATION_DEVICE_ENROL, EnrolmentCode, pk=code_id, store=request.store)
    context = {"issued": code, "now": now()}
    if code.used_at and code.pos:
        context["device"] = code.pos.devices.filter(enrolled_at__gte=code.used_at).order_by("enrolled_at").first()
    return render(request, "store_management/code_state.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@store_page(Right.ORGANISATION_DEVICE_REVOKE)
def device_revoke(request: StoreRequest, device_id: UUID) -> HttpResponse:
    """Say what revoking will do, in numbers; do it when the device's name was typed."""
    _only_where_devices_are_served()
    device = get_for(request.user, Right.ORGANISATION_DEVICE_REVOKE, Device, pk=device_id, store=request.store)
    if device.state != Device.State.ACTIVE:
        raise Http404
    moment = now()
    if request.method == "POST" and request.POST.get("name", "").strip() == device.name:
        revoke_device(device=device, actor=request.user.actor, now=moment)
        messages.success(request, _("%(device)s was revoked. It can no longer sell here.") % {"device": device.name})
        return redirect("store_management:poss", request.store.pk)
    context = {"device": device, "told": device_consequences(device), "is_wrong": request.method == "POST"}
    return render(request, "store_management/device_revoke.html", context, status=422 if context["is_wrong"] else 200)


def _only_where_devices_are_served() -> None:
    if not serves_devices():
        raise Http404
