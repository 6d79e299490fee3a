"""Addresses of the customer's money."""

from django.urls import path

from ledger import views

urlpatterns = [
    path("statement/", views.statement, name="statement"),
    path("statement.csv", views.statement_csv, name="statement_csv"),
    path("statement.pdf", views.statement_pdf, name="statement_pdf"),
]
