from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # These need the models.
        from allauth.mfa.signals import authenticator_added  # noqa: PLC0415

        from accounts import log_ins  # noqa: PLC0415

        user_logged_in.connect(log_ins.note_at_log_in)
        authenticator_added.connect(log_ins.end_others_at_first_step)
