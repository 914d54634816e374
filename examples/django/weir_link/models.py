from django.db import models


class SeenMessage(models.Model):
    """A webhook that was acted on: it may come again, and is then only acknowledged."""

    id = models.CharField(primary_key=True, max_length=100)
    seen_at = models.DateTimeField(auto_now_add=True)
