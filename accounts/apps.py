from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts.log_ins import note_at_log_in  # noqa: PLC0415 - needs the models

        user_logged_in.connect(note_at_log_in)
