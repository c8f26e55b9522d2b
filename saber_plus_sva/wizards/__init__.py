from . import contract_dunning_preview, sva_user_transfer
