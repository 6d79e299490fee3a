"""Where customers' programs call, with and without the trailing slash."""

from django.urls import re_path

from api.views import version_2

app_name = "api"
urlpatterns = [re_path(r"^api/v2/?$", version_2, name="v2")]
