from django.urls import path

from butik.readiness import views

app_name = "readiness"
urlpatterns = [
    path("", views.board, name="board"),
    path("first-line", views.line, name="first_line"),
    path("stores/<uuid:store_id>/row", views.store_row, name="store_row"),
]
