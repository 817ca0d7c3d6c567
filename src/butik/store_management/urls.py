from django.urls import URLPattern

app_name = "store_management"
urlpatterns: list[URLPattern] = []
