"""Addresses of what owners write."""

from django.urls import path

from content import views

urlpatterns = [
    path("faq/", views.faq, name="faq"),
    path("news/", views.news, name="news"),
    path("news/<slug:slug>/", views.news_item, name="news_item"),
    path("news/<slug:slug>/seen/", views.news_seen, name="news_seen"),
    path("pages/terms/", views.terms, name="terms"),
    path("pages/terms/accept/", views.accept_terms, name="accept_terms"),
    path("pages/terms/<int:number>/", views.terms, name="terms_version"),
    path("pages/terms/drafts/<int:pk>/", views.terms_draft, name="terms_draft"),
    path("pages/<slug:slug>/", views.page, name="page"),
]
