from . import contract_dunning_preview
