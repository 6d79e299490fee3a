from django.apps import AppConfig


class ShopConfig(AppConfig):
    name = "shop"

    def ready(self) -> None:
        # Registers the system checks; they need loaded apps.
        from shop import checks  # noqa: F401, PLC0415
