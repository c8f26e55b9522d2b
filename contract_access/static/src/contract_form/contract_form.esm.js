import {formView} from "@web/views/form/form_view";
import {registry} from "@web/core/registry";

/** A form in which a new contract begins when somebody has finished typing it. */
class ContractFormController extends formView.Controller {
    beforeVisibilityChange() {
        // Odoo saves what is half typed when another tab is looked at
        if (!this.model.root.isNew) {
            super.beforeVisibilityChange();
        }
    }
}

registry
    .category("views")
    .add("contract_access_form", {...formView, Controller: ContractFormController});
