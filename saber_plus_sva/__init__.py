from . import controllers, log_privacy, models, report, wizards
from .hooks import pre_init_hook, uninstall_hook

log_privacy.install()
