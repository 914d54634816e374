"""The platform's one call: what was a Celery task is a row that Weir takes in."""
import json

from django.db import connection


def blockchain_transaction(type, payload, key, priority=0, not_before=None):
    """Asks for an operation inside the transaction that is open, if one is.

    The same key is the same operation, however often it is asked for. A payload that breaks its schema raises
    django.db.IntegrityError, with the field and the rule in it, and nothing is asked for.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select weir.enqueue(%s, %s::jsonb, %s, %s, %s)",
            [type, json.dumps(payload), key, priority, not_before],
        )
        return cursor.fetchone()[0]
