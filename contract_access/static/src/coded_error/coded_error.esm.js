import {WarningDialog, odooExceptionTitleMap} from "@web/core/errors/error_dialogs";
import {registry} from "@web/core/registry";

/** Odoo's own errors, which ours are with a code for programs; shown like them. */
const KINDS = {RefusedError: "UserError", InvalidError: "ValidationError"};

for (const [ours, theirs] of Object.entries(KINDS)) {
    const name = `odoo.addons.contract_access.exceptions.${ours}`;
    odooExceptionTitleMap.set(
        name,
        odooExceptionTitleMap.get(`odoo.exceptions.${theirs}`)
    );
    registry.category("error_dialogs").add(name, WarningDialog);
}
