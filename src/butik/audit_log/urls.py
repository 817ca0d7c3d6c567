from django.urls import path

from butik.audit_log import views

app_name = "audit_log"
urlpatterns = [path("", views.entries, name="entries")]
