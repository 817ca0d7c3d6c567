from django.urls import path

from butik.store_management import (
    assistant_views,
    journal_views,
    overview_views,
    pos_views,
    receipt_views,
    service_views,
)
from butik.store_management.article_views import ARTICLE_URLS

app_name = "store_management"
urlpatterns = [
    path("", overview_views.overview, name="overview"),
    *ARTICLE_URLS,
    path("<uuid:store_id>/", overview_views.store, name="store"),
    path("<uuid:store_id>/now", overview_views.store_now, name="store_now"),
    path("<uuid:store_id>/service", service_views.service_code, name="service_code"),
    path("<uuid:store_id>/poss/", pos_views.poss, name="poss"),
    path("<uuid:store_id>/poss/add", pos_views.pos_add, name="pos_add"),
    path("<uuid:store_id>/poss/<uuid:pos_id>/code", pos_views.code_issue, name="code_issue"),
    path("<uuid:store_id>/codes/<uuid:code_id>", pos_views.code_state, name="code_state"),
    path("<uuid:store_id>/devices/<uuid:device_id>/revoke", pos_views.device_revoke, name="device_revoke"),
    path("<uuid:store_id>/assistants/", assistant_views.assistants, name="assistants"),
    path("<uuid:store_id>/assistants/add", assistant_views.assistant_add, name="assistant_add"),
    path("<uuid:store_id>/assistants/<uuid:assistant_id>/", assistant_views.assistant, name="assistant"),
    path("<uuid:store_id>/assistants/<uuid:assistant_id>/pin", assistant_views.assistant_pin, name="assistant_pin"),
    path(
        "<uuid:store_id>/assistants/<uuid:assistant_id>/unblock",
        assistant_views.assistant_unblock,
        name="assistant_unblock",
    ),
    path("<uuid:store_id>/receipts/", receipt_views.receipts, name="receipts"),
    path("<uuid:store_id>/receipts/<uuid:sale_id>/", receipt_views.receipt, name="receipt"),
    path("<uuid:store_id>/exceptions/", journal_views.exceptions, name="exceptions"),
    path("<uuid:store_id>/quarantine/", journal_views.quarantine, name="quarantine"),
    path("<uuid:store_id>/quarantine/<uuid:record_id>/", journal_views.quarantined, name="quarantined"),
]
