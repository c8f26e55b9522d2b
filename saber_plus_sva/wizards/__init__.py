from . import contract_dunning_preview, sva_adoption, sva_user_transfer
