# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from . import ir_cron, sva_engine, sva_live, sva_wakeup
