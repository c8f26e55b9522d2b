from . import (
    contract_contract_terminate,
    contract_dunning_preview,
    contract_dunning_settings,
    contract_step,
)
