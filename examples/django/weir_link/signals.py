from django.dispatch import Signal

# topic: "operation.done", "purchase.settled", "signup.reminder", …; data: a dict
weir_message = Signal()
