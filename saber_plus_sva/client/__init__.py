"""The wire format of the platforms, behind one interface. Imports nothing of Odoo."""

from .base import Platform
from .errors import (
    LOCAL_CODES,
    BadAnswer,
    CpfTaken,
    NotFound,
    PlatformError,
    RateLimited,
    Refused,
    Unauthorized,
    Unavailable,
)
from .mask import mask, mask_cpf, mask_phone
from .model import Account, NewUser, Package, Page, Status, User
from .platforms import PLATFORMS, InvalidBaseUrl, check_base_url, connect
from .transport import Call, Options

__all__ = [
    "LOCAL_CODES",
    "PLATFORMS",
    "Account",
    "BadAnswer",
    "Call",
    "CpfTaken",
    "InvalidBaseUrl",
    "NewUser",
    "NotFound",
    "Options",
    "Package",
    "Page",
    "Platform",
    "PlatformError",
    "RateLimited",
    "Refused",
    "Status",
    "Unauthorized",
    "Unavailable",
    "User",
    "check_base_url",
    "connect",
    "mask",
    "mask_cpf",
    "mask_phone",
]
