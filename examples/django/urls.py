from django.urls import path

from weir_link.views import webhook

urlpatterns = [path("weir/webhook", webhook)]
