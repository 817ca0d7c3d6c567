from django.urls import path

from butik.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("first-line", views.first_line, name="first_line"),
    path("stores/<uuid:store_id>/row", views.store_row, name="store_row"),
]
