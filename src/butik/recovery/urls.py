from django.urls import path

from butik.recovery import views

app_name = "recovery"
urlpatterns = [
    path("<uuid:store_id>/", views.recovery, name="recovery"),
    path("<uuid:store_id>/now", views.recovery_now, name="recovery_now"),
    path("<uuid:store_id>/claim", views.claim, name="claim"),
    path("<uuid:store_id>/release", views.release, name="release"),
    path("<uuid:store_id>/recovered", views.mark, name="mark"),
]
