"""Settings: one file, from the environment only. What must not be guessed fails loudly.

Each is documented in docs/settings.md; a test holds the two together.
"""

import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from butik.environment import flag, folder, mail_server, origin, postgresql, sender, text, time_zone
from butik.roles import ROLES

PACKAGE = Path(__file__).resolve().parent


def database(url: str, data: Path, name: str = "BUTIK_DATABASE_URL") -> dict[str, Any]:
    """SQLite in the data folder, or PostgreSQL from postgresql://role:password@host:port/name."""
    if not url:
        return {
            "ENGINE": "butik.lib.sqlite",
            "NAME": str(data / "butik.sqlite3"),
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "must_exist": True,
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;"
                    " PRAGMA cache_size=-8000;"
                ),
            },
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        **postgresql(url, name),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }


def secret_key(data: Path) -> str:
    """BUTIK_SECRET_KEY, or the one that was made when the service was founded.

    A command that needs no service gets one that nobody keeps. A service is not started without its own
    (`serving/founding.py`).
    """
    given = text("BUTIK_SECRET_KEY")
    try:
        return given or (data / "secrets" / "django.key").read_text() or secrets.token_urlsafe(50)
    except OSError:
        return secrets.token_urlsafe(50)


BUTIK_ROLE = text("BUTIK_ROLE")
if BUTIK_ROLE not in ROLES:
    raise ImproperlyConfigured(f"BUTIK_ROLE must be one of {', '.join(ROLES)}; it is {BUTIK_ROLE!r}.")
ROLE = ROLES[BUTIK_ROLE]
BUTIK_DATA = folder("BUTIK_DATA", f"data/{BUTIK_ROLE}")
BUTIK_URL = origin("BUTIK_URL", "http://localhost:8010")  # the service's own address, as others see it
BUTIK_POS_ORIGIN = origin("BUTIK_POS_ORIGIN", "http://localhost:8000")  # where the POS app is loaded from
BUTIK_TERMINAL_URL = origin("BUTIK_TERMINAL_URL")  # a simulated card terminal, told to devices at enrolment
BUTIK_BACKUP_WINDOW = text("BUTIK_BACKUP_WINDOW", "01:00-05:00")  # a store's nightly backup, in its own time
_address = urlsplit(BUTIK_URL)
_is_https = _address.scheme == "https"

DEBUG = flag("BUTIK_DEBUG")
SECRET_KEY = secret_key(BUTIK_DATA)
_host = f"[{_address.hostname}]" if ":" in str(_address.hostname) else str(_address.hostname)
ALLOWED_HOSTS = [_host, "127.0.0.1", "localhost"]
CSRF_TRUSTED_ORIGINS = [BUTIK_URL]
DATABASES = {"default": database(text("BUTIK_DATABASE_URL"), BUTIK_DATA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    *(f"butik.{app}" for app in ROLE.apps),
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "corsheaders",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "butik.lib.content_security.ContentSecurityMiddleware",
    "butik.staff.middleware.PrivatePagesMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "butik.staff.middleware.TenantScopeMiddleware",
    "butik.staff.second_factor.SecondFactorMiddleware",
]
# Machines get a stack of their own: no session, no cookies, no pages (`wsgi.py`).
API_MIDDLEWARE = ["corsheaders.middleware.CorsMiddleware"]
ROOT_URLCONF = "butik.urls"
WSGI_APPLICATION = "butik.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "butik.staff.context.frame",
            ]
        },
    }
]

# Signing in to pages
AUTH_USER_MODEL = "staff.Person"
AUTHENTICATION_BACKENDS = ["butik.staff.sign_in.PersonBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "butik.staff.sign_in.PeopleAreInvited"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = False  # ours are in the database (staff/tries.py); allauth's cache is emptied by strangers
ACCOUNT_FORMS = {"change_password": "butik.staff.account_forms.NewPasswordForm"}
ACCOUNT_SESSION_REMEMBER = True  # for a working day: SESSION_COOKIE_AGE
# At the emergency cloud always: who signs in there can stop a whole chain's normal selling.
SECOND_FACTOR_NEEDED = BUTIK_ROLE == "emergency" or flag("BUTIK_SECOND_FACTOR", default=True)
MFA_ADAPTER = "butik.staff.second_factor.EncryptedSecrets"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_RATE_LIMITS = False
MFA_FORMS = {
    "authenticate": "butik.staff.account_forms.CodeForm",
    "reauthenticate": "butik.staff.account_forms.CodeAgainForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1  # the code before and the one after too: people type slowly, and phones' clocks differ
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _is_https
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

# Mail: about people's accounts, sent by the worker (staff/account_mails.py). Without a server none is sent, and never
# into a log: mails bear links that set a password.
_mail = mail_server("BUTIK_MAIL_URL")
SENDS_MAIL = _mail is not None
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if _mail else 'dummy'}.EmailBackend"
if _mail:
    EMAIL_HOST, EMAIL_PORT = _mail.host, _mail.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
    EMAIL_USE_SSL, EMAIL_USE_TLS = _mail.scheme == "smtps", _mail.scheme == "smtp+starttls"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = sender("BUTIK_MAIL_FROM") if SENDS_MAIL else ""
PASSWORD_RESET_TIMEOUT = 30 * 60

# Cookies ignore ports: each service names its own, and only https lets it claim the host.
_cookie = f"{'__Host-' if _is_https else ''}butik-{BUTIK_ROLE}-{_address.port or 443}"
SESSION_COOKIE_NAME = f"{_cookie}-session"
CSRF_COOKIE_NAME = f"{_cookie}-csrf"
LANGUAGE_COOKIE_NAME = f"{_cookie}-language"
DEVICE_COOKIE_NAME = f"{_cookie}-device"  # of browsers from which somebody has signed in before
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _is_https
SESSION_COOKIE_AGE = 12 * 3600
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# The POS app calls from its own origin, signed, without cookies.
CORS_ALLOWED_ORIGINS = [BUTIK_POS_ORIGIN]
CORS_URLS_REGEX = r"^/(api/pos|api/emergency|live/pos)"
CORS_ALLOW_HEADERS = ("authorization", "content-type", "content-encoding")
CORS_PREFLIGHT_MAX_AGE = 7200
CORS_ALLOW_PRIVATE_NETWORK = True

# Words
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("da", "Dansk")]
LOCALE_PATHS = [PACKAGE / "locale"]
USE_TZ = True
TIME_ZONE = time_zone("BUTIK_TIMEZONE", "Europe/Copenhagen")

STATIC_URL = "/static/"
STATICFILES_DIRS = [PACKAGE / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line"},
        "error_log": {"class": "butik.error_log.handler.ErrorLogHandler", "level": "WARNING"},
    },
    "root": {"handlers": ["console", "error_log"], "level": "INFO"},
    "loggers": {"django.server": {"level": "WARNING"}, "httpx": {"level": "WARNING"}, "httpcore": {"level": "WARNING"}},
}
