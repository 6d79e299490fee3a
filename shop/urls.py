"""Every address of the shop."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from api.views import reference
from shop.views import catalogue, crawlers, home, own_data, profile, updates

admin.autodiscover()
# Staff log in where customers do, under the same limits of attempts.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", home.home, name="home"),
    path("services/", catalogue.services, name="services"),
    path("robots.txt", crawlers.robots, name="robots"),
    path("sitemap.xml", crawlers.sitemap, name="sitemap"),
    path("sitemap-pages.xml", crawlers.pages, name="sitemap_pages"),
    path("sitemap-<int:part>.xml", crawlers.services, name="sitemap_services"),
    path("updates/", updates.updates, name="updates"),
    path("services/<int:service_id>/star/", catalogue.star, name="star"),
    path("account/", profile.profile, name="account"),
    path("account/data/", own_data.own_data, name="account_data"),
    path("account/data/download/", own_data.take, name="take_data"),
    path("account/close/", own_data.close, name="close_account"),
    path("api/", reference, name="api_docs"),
    path("", include("orders.urls")),
    path("", include("ledger.urls")),
    path("", include("notices.urls")),
    path("", include("payments.urls")),
    path("", include("support.urls")),
    path("", include("accounts.urls")),
    path("", include("content.urls")),
    path("", include("api.urls")),
    path("admin/", admin.site.urls),
    path("account/", include("allauth.urls")),
]

handler400 = "shop.views.errors.bad_request"
handler403 = "shop.views.errors.forbidden"
handler404 = "shop.views.errors.not_found"
handler500 = "shop.views.errors.server_error"
