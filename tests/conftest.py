"""Lets the parts of the addon that are free of Odoo be imported without it."""

import sys
import types
from pathlib import Path

ADDON = Path(__file__).resolve().parent.parent / "saber_plus_sva"

# The addon's own __init__ imports its models, and with them Odoo. These tests are there
# to show that client, sync and tools.registration do without.
package = types.ModuleType(ADDON.name)
package.__path__ = [str(ADDON)]
sys.modules[ADDON.name] = package
