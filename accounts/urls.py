"""Addresses of a person's own pages. Logging in and out is django-allauth's."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("account/", views.account, name="account"),
    path("account/api-key/", views.rotate_key, name="rotate_api_key"),
    path("account/api-key/revoke/", views.revoke_key, name="revoke_api_key"),
    path("language/", views.language, name="language"),
]
