import {RedirectWarningDialog} from "@web/core/errors/error_dialogs";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";

/** Odoo's dialog with a button, for an error that is a sentence to all others. */
export class RedirectErrorDialog extends RedirectWarningDialog {
    setup() {
        super.setup();
        const {message, context} = this.props.data;
        this.title = _t("This is not complete yet");
        this.message = message;
        this.actionId = context.action;
        this.buttonText = context.button;
    }
}

registry
    .category("error_dialogs")
    .add(
        "odoo.addons.saber_plus_sva.exceptions.RedirectValidationError",
        RedirectErrorDialog
    );
