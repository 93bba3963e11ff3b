from .deleterevisions import Command as Refusal


class Command(Refusal):
    help = "Refused: removing a content type would take its saved versions along."
