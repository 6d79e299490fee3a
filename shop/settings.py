"""The shop's settings, all read from the environment (docs/settings.md lists them).

Importing this module starts nothing and needs nothing: `manage.py` starts or joins
the embedded servers and fills in the variables before Django reads them. A malformed
variable stops the process with a hint that names it.
"""

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.conf import global_settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()


def _read(kind: str, name: str, default: Any, hint: str) -> Any:
    """Read the variable `name` as `kind`; stop with `hint` where it does not parse."""
    try:
        return getattr(env, kind)(name, default=default)
    except (ValueError, TypeError, ImproperlyConfigured) as error:
        raise ImproperlyConfigured(f"{name} is malformed: {hint}") from error


def _read_flag(name: str, *, default: bool) -> bool:
    # Not env.bool: it takes every word that it does not know for false.
    text = env.str(name, default=str(default)).strip().lower()
    if text in {"true", "1", "yes", "on"}:
        return True
    if text in {"false", "0", "no", "off", ""}:
        return False
    raise ImproperlyConfigured(f"{name} is malformed: true or false")


def _read_decimal(name: str, default: str, hint: str) -> Decimal:
    try:
        value = Decimal(env.str(name, default=default))
    except InvalidOperation as error:
        raise ImproperlyConfigured(f"{name} is malformed: {hint}") from error
    if not value.is_finite() or value <= 0:
        raise ImproperlyConfigured(f"{name} must be above zero: {hint}")
    return value


# --- Where and how it runs -------------------------------------------------------

DEBUG: bool = _read_flag("DEBUG", default=False)
DEMO: bool = _read_flag("DEMO", default=False)
STATE_DIR = Path(env.str("STATE_DIR", default=str(BASE_DIR / "var"))).resolve()
PORT: int = _read("int", "PORT", 8000, "a number such as 8000")
SITE_URL: str = env.str("SITE_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
_site = urlsplit(SITE_URL)
if _site.scheme not in {"http", "https"} or not _site.hostname:
    raise ImproperlyConfigured(
        "SITE_URL is malformed: write it as https://shop.example.com"
    )
ALLOWED_HOSTS: list[str] = _read(
    "list",
    "ALLOWED_HOSTS",
    [_site.hostname, "127.0.0.1", "localhost"],
    "host names with commas between them",
)
CSRF_TRUSTED_ORIGINS = [f"{_site.scheme}://{_site.netloc}"]

# Empty until the launcher (manage.py) or the owner sets it; Django refuses to use it so.
SECRET_KEY: str = env.str("SECRET_KEY", default="")
# Fernet keys, the first one encrypts, all of them decrypt.
FIELD_KEYS: list[str] = env.list("FIELD_KEYS", default=[])

ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
SITE_ID = 1

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "import_export",
    "django_htmx",
    "template_partials",
    "pgtrigger",
    "csp",
    "accounts",
    "ledger",
    "notices",
    "content",
    "provider",
    "orders",
    "payments",
    "support",
    "api",
    "shop",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    # Pages, and static files that `collectstatic` has not compressed already.
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "shop.middleware.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "shop.middleware.PreferredLanguage",
    "shop.middleware.OwnTimeAndCurrency",
    "shop.middleware.SeenLogIns",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "shop.middleware.StaffInTwoSteps",
    "django_htmx.middleware.HtmxMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "shop.context.shop",
            ],
        },
    },
]

# --- Money -----------------------------------------------------------------------

SHOP_NAME: str = env.str("SHOP_NAME", default="Magpie")
SHOP_CURRENCY: str = env.str("SHOP_CURRENCY", default="USD").upper()
if not (
    len(SHOP_CURRENCY) == 3 and SHOP_CURRENCY.isascii() and SHOP_CURRENCY.isalpha()
):
    raise ImproperlyConfigured("SHOP_CURRENCY is malformed: a code such as USD or KRW")
# An order's charge is rounded up to a multiple of this.
PRICE_STEP = _read_decimal(
    "PRICE_STEP", "1" if SHOP_CURRENCY == "KRW" else "0.00001", "such as 0.00001"
)
# What a new provider's services cost on top, until somebody writes a rule, in percent.
DEFAULT_MARKUP = _read_decimal("DEFAULT_MARKUP", "30", "a percentage such as 30")
# A rate of exchange that is older than the first is an alert for staff; what is bought by
# one that is older than the second is not sold. In hours; 0 for never.
RATE_WARN_HOURS: int = _read("int", "RATE_WARN_HOURS", 72, "hours, such as 72")
RATE_PAUSE_HOURS: int = _read("int", "RATE_PAUSE_HOURS", 336, "hours, such as 336")
if min(RATE_WARN_HOURS, RATE_PAUSE_HOURS) < 0:
    raise ImproperlyConfigured(
        "RATE_WARN_HOURS and RATE_PAUSE_HOURS are 0 or more: hours, such as 72"
    )
# A rate that moves by more than this is not taken until somebody says so, in percent.
RATE_JUMP = _read_decimal("RATE_JUMP", "10", "a percentage such as 10")
# Where rates are read (provider.rates lists the sources), how often in seconds, and by
# which address; without a source, rates are written by hand.
RATE_SOURCE: str = env.str("RATE_SOURCE", default="").strip().lower()
RATE_URL: str = env.str("RATE_URL", default="").strip()
RATE_INTERVAL: int = _read("int", "RATE_INTERVAL", 3600, "seconds, such as 3600")
# Customers may see prices in each currency that has a rate. These are read, too, though
# no provider is paid in them.
DISPLAY_CURRENCIES: list[str] = [
    code.strip().upper() for code in env.list("DISPLAY_CURRENCIES", default=[])
]
if not all(len(code) == 3 and code.isalpha() for code in DISPLAY_CURRENCIES):
    raise ImproperlyConfigured(
        "DISPLAY_CURRENCIES is malformed: codes with commas, such as EUR,KRW"
    )
if RATE_SOURCE == "url" and not RATE_URL:
    raise ImproperlyConfigured(
        "RATE_SOURCE=url needs RATE_URL: where {base, rates} is read"
    )

# --- Payments --------------------------------------------------------------------

# What one payment may be, in the shop's currency: at all, the first, and all of the first
# three days together. From the last on, two people agree before money leaves.
_thousand = 1000 if SHOP_CURRENCY in {"KRW", "JPY", "VND"} else 1
TOPUP_LEAST = _read_decimal("TOPUP_LEAST", str(5 * _thousand), "an amount such as 5")
TOPUP_MOST = _read_decimal("TOPUP_MOST", str(1000 * _thousand), "such as 1000")
TOPUP_FIRST_MOST = _read_decimal(
    "TOPUP_FIRST_MOST", str(100 * _thousand), "such as 100"
)
TOPUP_EARLY_MOST = _read_decimal(
    "TOPUP_EARLY_MOST", str(300 * _thousand), "such as 300"
)
TOPUP_FOUR_EYES = _read_decimal("TOPUP_FOUR_EYES", str(500 * _thousand), "such as 500")
# How many payments one customer, or one address, may begin within an hour.
TOPUP_ATTEMPTS: int = _read("int", "TOPUP_ATTEMPTS", 10, "a number such as 10")
if TOPUP_ATTEMPTS < 1 or TOPUP_LEAST > TOPUP_MOST:
    raise ImproperlyConfigured(
        "TOPUP_ATTEMPTS must be above zero, and TOPUP_LEAST at most TOPUP_MOST"
    )

# --- Notices ---------------------------------------------------------------------

# Below what a customer's balance is low, where they chose nothing else; 0 for never. And
# how often customers are told what their favourites cost now, in seconds.
try:
    LOW_BALANCE = Decimal(env.str("LOW_BALANCE", default=str(5 * _thousand)))
except InvalidOperation as error:
    raise ImproperlyConfigured(
        "LOW_BALANCE is malformed: an amount such as 5"
    ) from error
if not LOW_BALANCE.is_finite() or LOW_BALANCE < 0:
    raise ImproperlyConfigured("LOW_BALANCE is 0 or more: an amount such as 5")
PRICE_NEWS_INTERVAL: int = _read(
    "int", "PRICE_NEWS_INTERVAL", 300 if DEMO else 3600, "seconds, such as 3600"
)

# --- Database and Redis ----------------------------------------------------------

try:
    _database = env.db(
        "DATABASE_URL",
        default=f"postgres://postgres@/shop?host={STATE_DIR / 'run'}",
    )
except (ValueError, ImproperlyConfigured) as error:
    raise ImproperlyConfigured(
        "DATABASE_URL is malformed: postgres://user:password@host:5432/name"
    ) from error
if "postgresql" not in _database["ENGINE"]:
    raise ImproperlyConfigured("DATABASE_URL must name PostgreSQL: postgres://…")
# A socket's folder, written as ?host=: as HOST, `manage.py dbshell` finds it too.
_socket = _database.get("OPTIONS", {}).pop("host", "")
if _socket:
    _database["HOST"] = _socket
# Connections kept by one process; 0 where PgBouncer stands between.
DB_POOL: int = _read("int", "DB_POOL", 18, "a number such as 18")
if DB_POOL:
    # Who gets no connection within seconds is told so, and a failed reconnection is begun
    # anew: the pool's own patience doubles, and would outlast a short outage tenfold.
    _database.setdefault("OPTIONS", {})["pool"] = {
        "min_size": 1,
        "max_size": DB_POOL,
        "timeout": 5.0,
        "reconnect_timeout": 2.0,
    }
    # What shop.statements sends is prepared at its first use of a connection.
    _database["OPTIONS"]["prepare_threshold"] = 0
DATABASES = {"default": {**_database, "CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL: str = env.str("REDIS_URL", default=f"unix://{STATE_DIR / 'run/valkey.sock'}")
if urlsplit(REDIS_URL).scheme not in {"redis", "rediss", "unix"}:
    raise ImproperlyConfigured("REDIS_URL is malformed: redis://host:6379/0")
CACHES = {
    "default": {
        "BACKEND": "shop.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 1.0},
    }
}
# A list of a thousand orders is a form with a box for each line.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1100

SESSION_ENGINE = "django.contrib.sessions.backends.db"

# --- Upstream --------------------------------------------------------------------

# Providers on private networks are refused, so that nobody can probe ours through us.
ALLOW_PRIVATE_ADDRESSES: bool = _read_flag("ALLOW_PRIVATE_ADDRESSES", default=DEMO)
# Seconds. Their order is checked at start-up: a call ends before its lease does, and
# a lease before the queue delivers the message again.
HTTP_CONNECT_TIMEOUT = 3.0
HTTP_DEADLINE: float = _read("float", "HTTP_DEADLINE", 25.0, "seconds, such as 25")
ATTEMPT_LEASE: int = _read("int", "ATTEMPT_LEASE", 60, "seconds, such as 60")
VISIBILITY_TIMEOUT: int = _read(
    "int", "VISIBILITY_TIMEOUT", 600, "seconds, such as 600"
)
# How soon an open order is asked about again, in seconds; doubles while nothing moves.
TRACK_INTERVAL: int = _read("int", "TRACK_INTERVAL", 2 if DEMO else 30, "seconds")
TRACK_INTERVAL_MAX: int = _read(
    "int", "TRACK_INTERVAL_MAX", 10 if DEMO else 900, "seconds, such as 900"
)
# Between the tries of an order that is held, in seconds; the last one repeats.
try:
    HELD_WAITS = [
        float(wait) for wait in env.list("HELD_WAITS", default=[300, 900, 3600])
    ]
except ValueError as error:
    raise ImproperlyConfigured(
        "HELD_WAITS is malformed: seconds, such as 300,900,3600"
    ) from error
if not HELD_WAITS or min(HELD_WAITS) < 0:
    raise ImproperlyConfigured(
        "HELD_WAITS must name a wait: seconds, such as 300,900,3600"
    )
# A provider that failed several times in a row is left alone for so many seconds, and
# then for twice as many, and so on.
BREAKER_WAIT: float = _read("float", "BREAKER_WAIT", 30.0, "seconds, such as 30")
# How often it is looked whether an unknown order exists after all, in seconds; and
# after how many hours staff may give its charge back at the shop's risk.
EVIDENCE_INTERVAL: int = _read("int", "EVIDENCE_INTERVAL", 600, "seconds, such as 600")
RISK_REFUND_HOURS: int = _read("int", "RISK_REFUND_HOURS", 72, "hours, such as 72")
BALANCE_INTERVAL: int = _read("int", "BALANCE_INTERVAL", 60, "seconds, such as 60")
# Hours between an order's end, or its last refill, and the next, where its service says
# nothing else.
REFILL_HOURS: int = _read("int", "REFILL_HOURS", 0 if DEMO else 24, "hours, such as 24")
# For so long a finished order is read again, ever more rarely: providers take back.
REREAD_DAYS: int = _read("int", "REREAD_DAYS", 7, "days, such as 7; 0 for never")
SYNC_INTERVAL: int = _read("int", "SYNC_INTERVAL", 900, "seconds, such as 900")
# In percent. A price that moves by more is quarantined: 100 is to the double or to half.
# A reply in which more of the known services are missing looks cut, and stops the run.
PRICE_JUMP: Decimal = _read_decimal("PRICE_JUMP", "100", "percent, such as 100")
SYNC_MOST_GONE: Decimal = _read_decimal("SYNC_MOST_GONE", "30", "percent, such as 30")
# How services do is measured every so many seconds, from the orders of so many days; and
# customers are told nothing that fewer orders say.
HEALTH_INTERVAL: int = _read("int", "HEALTH_INTERVAL", 60 if DEMO else 3600, "seconds")
HEALTH_DAYS: int = _read("int", "HEALTH_DAYS", 30, "days, such as 30")
HEALTH_ORDERS: int = _read("int", "HEALTH_ORDERS", 10, "orders, such as 10")
if min(HEALTH_INTERVAL, HEALTH_DAYS, HEALTH_ORDERS) < 1:
    raise ImproperlyConfigured(
        "HEALTH_INTERVAL, HEALTH_DAYS and HEALTH_ORDERS must be above zero"
    )
# How long upstream replies are kept, in days.
REPLY_DAYS: int = _read("int", "REPLY_DAYS", 90, "days, such as 90")
if REPLY_DAYS < 1:
    raise ImproperlyConfigured("REPLY_DAYS must be above zero: days, such as 90")

# --- Gateways --------------------------------------------------------------------

# A gateway without its keys is not offered. The addresses are for sandboxes and fakes.
STRIPE_SECRET_KEY: str = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET: str = env.str("STRIPE_WEBHOOK_SECRET", default="")
STRIPE_URL: str = env.str("STRIPE_URL", default="https://api.stripe.com").rstrip("/")
# Empty: what is switched on in Stripe's dashboard. Such as card,kakao_pay,naver_pay.
STRIPE_PAYMENT_METHODS: list[str] = env.list("STRIPE_PAYMENT_METHODS", default=[])
# any: wherever a card knows 3-D Secure; challenge: and its holder has to answer.
STRIPE_THREE_D_SECURE: str = env.str("STRIPE_THREE_D_SECURE", default="any")
if STRIPE_THREE_D_SECURE not in {"any", "automatic", "challenge"}:
    raise ImproperlyConfigured(
        "STRIPE_THREE_D_SECURE is malformed: any, automatic or challenge"
    )

# Of the account's settings for payments by API: test_sk_… or live_sk_….
TOSS_SECRET_KEY: str = env.str("TOSS_SECRET_KEY", default="")
TOSS_URL: str = env.str("TOSS_URL", default="https://api.tosspayments.com").rstrip("/")
# CARD opens the window where cards and the simple payments stand beside each other.
TOSS_METHOD: str = env.str("TOSS_METHOD", default="CARD")

# The shop's own BTCPay Server, an API key of it, a store and its webhook's secret.
BTCPAY_URL: str = env.str("BTCPAY_URL", default="").rstrip("/")
BTCPAY_API_KEY: str = env.str("BTCPAY_API_KEY", default="")
BTCPAY_STORE: str = env.str("BTCPAY_STORE", default="")
BTCPAY_WEBHOOK_SECRET: str = env.str("BTCPAY_WEBHOOK_SECRET", default="")
BTCPAY_PAYOUT_METHOD: str = env.str("BTCPAY_PAYOUT_METHOD", default="BTC-CHAIN")

# For PayPal's sandbox, PAYPAL_URL is https://api-m.sandbox.paypal.com.
PAYPAL_CLIENT_ID: str = env.str("PAYPAL_CLIENT_ID", default="")
PAYPAL_SECRET: str = env.str("PAYPAL_SECRET", default="")
PAYPAL_WEBHOOK_ID: str = env.str("PAYPAL_WEBHOOK_ID", default="")
PAYPAL_URL: str = env.str("PAYPAL_URL", default="https://api-m.paypal.com").rstrip("/")

# Where customers transfer money to, by currency, in words that they read:
# {"KRW": {"Bank": "…", "Account": "…", "Holder": "…"}}.
BANK_ACCOUNTS: dict[str, dict[str, str]] = {}
if env.str("BANK_ACCOUNTS", default="").strip():
    BANK_ACCOUNTS = _read(
        "json", "BANK_ACCOUNTS", {}, "JSON, as docs/settings.md shows"
    )
if not isinstance(BANK_ACCOUNTS, dict) or not all(
    isinstance(_lines, dict)
    and all(isinstance(_line, str) for _line in _lines.values())
    for _lines in BANK_ACCOUNTS.values()
):
    raise ImproperlyConfigured(
        'BANK_ACCOUNTS is malformed: {"KRW": {"Bank": "…", "Account": "…"}}'
    )

# --- Log-in ----------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_FORMS = {"signup": "content.forms.SignupForm"}
ACCOUNT_EMAIL_VERIFICATION = "optional"
# One address per user, replaced once the new one is confirmed.
ACCOUNT_CHANGE_EMAIL = True
# Whoever finds an open browser takes no account over: a new address needs a proof, and a
# changed password or second step is told by mail.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"{SHOP_NAME}: "
# Two steps: a password, and an app, a passkey or a recovery code.
MFA_ADAPTER = "accounts.two_steps.TwoSteps"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {"add_webauthn": "accounts.passkeys.PasskeyForm"}
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = SHOP_NAME
# A code of half a minute ago: clocks of phones differ.
MFA_TOTP_TOLERANCE = 1
# Browsers let passkeys work without https on this very machine only.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = _site.scheme == "http"
# Staff without a second step set it up before they see the admin.
REQUIRE_STAFF_2FA: bool = _read_flag("REQUIRE_STAFF_2FA", default=not DEMO)
# Days after which it is forgotten who had a closed account; staff can reopen it until.
CLOSING_DAYS: int = _read("int", "CLOSING_DAYS", 14, "days, such as 14")
if CLOSING_DAYS < 0:
    raise ImproperlyConfigured("CLOSING_DAYS is 0 or more: days, such as 14")
# No such host exists, by RFC 2606: the addresses of those who were forgotten.
CLOSED_HOST = "closed.invalid"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL: str = env.str("MAIL_FROM", default=f"shop@{_site.hostname}")

# --- Language and time -----------------------------------------------------------

# Languages that the shop offers, by their codes; the first is what all others fall back
# to. `manage.py add_language` begins the texts of another.
LANGUAGE_CODES: list[str] = [
    code.strip().lower() for code in env.list("LANGUAGES", default=["en", "ko"])
]
_named = dict(global_settings.LANGUAGES)
if not LANGUAGE_CODES or not set(LANGUAGE_CODES) <= _named.keys():
    raise ImproperlyConfigured(
        "LANGUAGES is malformed: codes that Django knows, such as en,ko,ja"
    )
LANGUAGE_CODE = LANGUAGE_CODES[0]
LANGUAGES = [(code, _(_named[code])) for code in dict.fromkeys(LANGUAGE_CODES)]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files ----------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.str("STATIC_ROOT", default="") or None
# Without STATIC_ROOT there is no `collectstatic` to run: files are served as they lie.
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if STATIC_ROOT is None
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Security --------------------------------------------------------------------

_https = _site.scheme == "https"
SECURE_SSL_REDIRECT = _https
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "shop.views.errors.csrf_failure"
if _read_flag("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    # The last address of X-Forwarded-For is the client's, as the proxy says.
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
# The admin's own scripts (Alpine, charts) evaluate expressions.
ADMIN_CONTENT_SECURITY_POLICY = {
    "script-src": [SELF, "'unsafe-eval'", "'unsafe-inline'"],
    "style-src": [SELF, "'unsafe-inline'"],
}

# --- Celery ----------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": VISIBILITY_TIMEOUT,
    # An order that is placed while Redis is away must not wait for it.
    "socket_connect_timeout": 0.5,
    "socket_timeout": 1.0,
    "max_retries": 0,
    "socket_keepalive": True,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "track"
CELERY_TASK_ROUTES = {
    "orders.submit": {"queue": "submit"},
    "provider.*": {"queue": "sync"},
    "payments.*": {"queue": "notify"},
    "notices.*": {"queue": "notify"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

# --- Admin and log ---------------------------------------------------------------

UNFOLD = {
    "SITE_TITLE": SHOP_NAME,
    "SITE_HEADER": SHOP_NAME,
    "SITE_URL": "/",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": f"{STATIC_URL}img/magpie.svg"}
    ],
    "STYLES": [f"{STATIC_URL}css/admin.css"],
    "SIDEBAR": {"navigation": "shop.admin_menu.navigation"},
    "TABS": "shop.admin_menu.tabs",
    "DASHBOARD_CALLBACK": "shop.dashboard.fill",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["console"],
        "level": env.str("LOG_LEVEL", default="INFO").upper(),
    },
    # The pool tells of each connection that it hands out, several times for an order;
    # Stripe's SDK of each call.
    "loggers": {
        "celery": {"level": "WARNING"},
        "psycopg.pool": {"level": "WARNING"},
        "stripe": {"level": "WARNING"},
    },
}

# --- Tables of the admin -------------------------------------------------------------

# Who may change a row may bring it in a file, and who may look may take it home.
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "change"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "view"
