from . import sva_adoption, sva_user_transfer
