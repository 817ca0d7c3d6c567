from django.urls import path

from butik.error_log import views

app_name = "error_log"
urlpatterns = [
    path("", views.entries, name="entries"),
    path("<uuid:entry_id>", views.entry, name="entry"),
]
