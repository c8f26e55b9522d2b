from . import sva_adoption, sva_service_type, sva_user_transfer
