"""The day that the provider has, whatever it is where Odoo runs."""

from datetime import date, datetime
from zoneinfo import ZoneInfo


def today() -> date:
    """The provider's day: in Brazil."""
    return datetime.now(ZoneInfo("America/Sao_Paulo")).date()
