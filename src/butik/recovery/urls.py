from django.urls import path

from butik.recovery import views

app_name = "recovery"
urlpatterns = [
    path("<uuid:store_id>/recovery/", views.recovery, name="recovery"),
    path("<uuid:store_id>/recovery/now", views.recovery_now, name="recovery_now"),
    path("<uuid:store_id>/recovery/claim", views.claim, name="claim"),
    path("<uuid:store_id>/recovery/release", views.release, name="release"),
    path("<uuid:store_id>/recovery/recovered", views.mark, name="mark"),
]
