"""Weir's schedules over HTTP."""
import json
import urllib.request

from django.conf import settings

NAMES = ["settle_purchase", "airdrop_pass", "airdrop_collectible", "remove_listing", "signup_reminder"]


def call(method, path):
    request = urllib.request.Request(settings.WEIR_URL + path, method=method)
    if settings.WEIR_TOKEN:
        request.add_header("Authorization", f"Bearer {settings.WEIR_TOKEN}")
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def turn(name, word):
    return call("POST", f"/v1/schedules/{name}/{word}")
