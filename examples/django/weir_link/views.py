import json

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from standardwebhooks import Webhook, WebhookVerificationError

from .models import SeenMessage
from .signals import weir_message


@csrf_exempt
@require_POST
def webhook(request):
    """Weir tells what became of operations, purchases, wallets; users to remind.

    Whatever is not 2xx comes again, later. What a receiver of `weir_message` raises undoes the note that the message was
    seen, too, so nothing is lost by a failure on this side.
    """
    try:
        Webhook(settings.WEIR_WEBHOOK_SECRET).verify(request.body, dict(request.headers.items()))
    except WebhookVerificationError:
        return HttpResponse(status=401)
    message = json.loads(request.body)
    try:
        with transaction.atomic():
            SeenMessage.objects.create(id=request.headers["webhook-id"])
            weir_message.send(sender=webhook, topic=message["type"], data=message["data"])
    except IntegrityError:
        if not SeenMessage.objects.filter(id=request.headers["webhook-id"]).exists():
            raise
    return HttpResponse(status=204)
