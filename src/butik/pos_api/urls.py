from django.urls import URLPattern

app_name = "pos_api"
urlpatterns: list[URLPattern] = []
