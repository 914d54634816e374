from django.db import models, transaction
from django.dispatch import receiver

from weir_link.door import blockchain_transaction
from weir_link.signals import weir_message


class Brand(models.Model):
    """The platform's own row; its numbers are the platform's own."""

    DRAFT, APPROVING, APPROVED, REJECTED = 0, 1, 2, 3

    id = models.CharField(primary_key=True, max_length=22)
    name = models.CharField(max_length=200)
    status = models.IntegerField(default=DRAFT)
    reason = models.TextField(default="")

    @transaction.atomic
    def approve(self):
        """The brand is APPROVING if and only if Weir was asked to register it."""
        self.status = self.APPROVING
        self.save()
        blockchain_transaction("create_brand", {"brand_id": self.id, "name": self.name}, key=f"brand:{self.id}")


@receiver(weir_message)
def follow(topic, data, **kwargs):
    kind, _, id = (data.get("idempotency_key") or data.get("key") or "").partition(":")
    if kind != "brand":
        return
    if topic == "operation.done":
        Brand.objects.filter(id=id).update(status=Brand.APPROVED)
    elif topic in ("operation.failed", "operation.rejected", "operation.refused"):
        Brand.objects.filter(id=id).update(status=Brand.DRAFT, reason=data.get("reason") or str(data.get("violations")))
