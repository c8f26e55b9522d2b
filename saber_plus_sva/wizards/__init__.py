from . import (
    sva_adoption,
    sva_integration_pause,
    sva_mail_settings,
    sva_service_type,
    sva_user_skip,
    sva_user_transfer,
)
