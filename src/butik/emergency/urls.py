from django.urls import include, path

from butik.emergency import (
    activation_views,
    quarantine_views,
    request_views,
    rules_views,
    store_views,
    support_views,
    views,
    waiting_views,
)
from butik.emergency.api import device_api, recovery_api
from butik.lib.machine_api import machine_urls

app_name = "emergency"
urlpatterns = [
    path("api/emergency/v1/", include(machine_urls(device_api))),
    path("api/recovery/v1/", include(machine_urls(recovery_api))),
    path("board/", views.board, name="board"),
    path("board/now", views.board_now, name="board_now"),
    path("chains/", views.chains, name="chains"),
    path("chains/<uuid:chain_id>/", views.chain, name="chain"),
    path("chains/<uuid:chain_id>/now", views.chain_now, name="chain_now"),
    path("chains/<uuid:chain_id>/band", views.band, name="band"),
    path("chains/<uuid:chain_id>/waiting/", waiting_views.waiting, name="waiting"),
    path("chains/<uuid:chain_id>/waiting/now", waiting_views.waiting_now, name="waiting_now"),
    path("chains/<uuid:chain_id>/waiting/devices/<uuid:new_device_id>/", waiting_views.new_device, name="new_device"),
    path(
        "chains/<uuid:chain_id>/waiting/revocations/<uuid:revocation_id>/", waiting_views.revocation, name="revocation"
    ),
    path("chains/<uuid:chain_id>/waiting/close/<uuid:device_id>/", waiting_views.close_device, name="close_device"),
    path("chains/<uuid:chain_id>/activate/", activation_views.activation, name="activation"),
    path("chains/<uuid:chain_id>/request/", request_views.activation_request, name="request"),
    path("chains/<uuid:chain_id>/request/now", request_views.request_now, name="request_now"),
    path("chains/<uuid:chain_id>/rules/", rules_views.rules, name="rules"),
    path("chains/<uuid:chain_id>/support/", support_views.support, name="support"),
    path("stores/<uuid:store_id>/", store_views.store, name="store"),
    path("stores/<uuid:store_id>/now", store_views.store_now, name="store_now"),
    path("stores/<uuid:store_id>/backups/<uuid:backup_id>/", quarantine_views.backup, name="backup"),
    path("stores/<uuid:store_id>/recovery-key", store_views.recovery_key, name="recovery_key"),
    path("stores/<uuid:store_id>/without-part", store_views.without_part, name="without_part"),
    path("stores/<uuid:store_id>/shortfall/<uuid:assignment_id>/", store_views.shortfall, name="shortfall"),
]
