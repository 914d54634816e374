"""Only what the example needs."""
import os

SECRET_KEY = os.environ.get("DJANGO_SECRET_KEY", "for the example alone")
INSTALLED_APPS = ["shop", "weir_link"]
ROOT_URLCONF = "urls"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ.get("PGHOST", ""),
        "PORT": os.environ.get("PGPORT", ""),
        "NAME": os.environ.get("PGDATABASE", "platform"),
        "USER": os.environ.get("PGUSER", "platform"),
        "PASSWORD": os.environ.get("PGPASSWORD", ""),
    }
}

WEIR_URL = os.environ.get("WEIR_URL", "http://127.0.0.1:8480")
WEIR_TOKEN = os.environ.get("WEIR_TOKEN", "")
WEIR_WEBHOOK_SECRET = os.environ.get("WEIR_WEBHOOK_SECRET", "")
