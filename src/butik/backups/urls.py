from django.urls import path

from butik.backups import views

app_name = "backups"
urlpatterns = [
    path("<uuid:store_id>/", views.overview, name="overview"),
    path("<uuid:store_id>/now", views.overview_now, name="overview_now"),
    path("<uuid:store_id>/make", views.make, name="make"),
]
