"""Addresses of tickets."""

from django.urls import path

from support import views

urlpatterns = [
    path("tickets/", views.tickets, name="tickets"),
    path("tickets/new/", views.new_ticket, name="new_ticket"),
    path("tickets/<int:ticket_id>/", views.ticket, name="ticket"),
    path("tickets/<int:ticket_id>/write/", views.write, name="write_ticket"),
    path("tickets/<int:ticket_id>/close/", views.close, name="close_ticket"),
    path(
        "tickets/<int:ticket_id>/files/<int:file_id>/",
        views.attachment,
        name="ticket_file",
    ),
]
