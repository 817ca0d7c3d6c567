from django.apps import AppConfig


class StaffConfig(AppConfig):
    name = "butik.staff"
    label = "staff"

    def ready(self) -> None:
        from butik.staff import trail  # noqa: F401  (its receivers)
