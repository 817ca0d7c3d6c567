from django.urls import URLPattern

app_name = "error_log"
urlpatterns: list[URLPattern] = []
