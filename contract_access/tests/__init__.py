from . import (
    test_contract_invoicing,
    test_dunning,
    test_dunning_settings,
    test_gap,
    test_history,
    test_lifecycle,
    test_notice,
    test_races,
    test_rights,
    test_write_guard,
)
