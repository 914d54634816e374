from django.core.management.base import BaseCommand

from weir_link import crons


class Command(BaseCommand):
    help = "Turns the five crons on or off in Weir: manage.py weir_crons on [NAME …]"

    def add_arguments(self, parser):
        parser.add_argument("word", choices=["on", "off"])
        parser.add_argument("names", nargs="*", choices=crons.NAMES + [[]], help="all five where none is named")

    def handle(self, *args, word, names, **options):
        for name in names or crons.NAMES:
            schedule = crons.turn(name, word)
            self.stdout.write(f"{name}: " + (f"next at {schedule['next_run_at']}" if schedule["on"] else "off"))
