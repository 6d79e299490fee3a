"""Addresses of a person's own pages. Logging in and out is django-allauth's."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("account/api/", views.api, name="account_api"),
    path("account/api-key/", views.rotate_key, name="rotate_api_key"),
    path("account/api-key/revoke/", views.revoke_key, name="revoke_api_key"),
    path("account/log-ins/", views.log_ins, name="account_log_ins"),
    path("account/log-ins/others/", views.end_other_log_ins, name="end_other_log_ins"),
    path("account/log-ins/<str:number>/", views.end_log_in, name="end_log_in"),
    path("language/", views.language, name="language"),
]
