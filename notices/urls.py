"""Addresses of what customers are told."""

from django.urls import path

from notices import views

urlpatterns = [
    path("notices/", views.notices, name="notices"),
    path("notices/read/", views.read_all, name="read_notices"),
    path("notices/<int:notice_id>/read/", views.read, name="read_notice"),
    path("notices/stop/<str:token>/", views.stop_mail, name="stop_mail"),
    path("account/notifications/", views.choices, name="notification_choices"),
]
