from . import (
    contract_contract_terminate,
    contract_dunning_preview,
    contract_dunning_settings,
    contract_step,
    sva_adoption,
    sva_user_transfer,
)
