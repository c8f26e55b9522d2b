import {_t} from "@web/core/l10n/translation";
import {formView} from "@web/views/form/form_view";
import {kanbanView} from "@web/views/kanban/kanban_view";
import {listView} from "@web/views/list/list_view";
import {registry} from "@web/core/registry";

/**
 * A view that says what is deleted along with an SVA user, before it is.
 *
 * @param {Object} view form, list or kanban
 * @returns {Object} the view with a controller that asks so
 */
function warnsOfDeletion(view) {
    return {
        ...view,
        Controller: class extends view.Controller {
            get deleteConfirmationDialogProps() {
                return {
                    ...super.deleteConfirmationDialogProps,
                    title: _t("Delete on the platform, too?"),
                    body: _t(
                        "What you delete here is deleted on the platform, too: the user's account with all that belongs to it there. This cannot be undone. To take the access away and keep the account, deactivate the user instead."
                    ),
                    confirmLabel: _t("Delete here and on the platform"),
                    cancelLabel: _t("Keep"),
                };
            }
        },
    };
}

const form = warnsOfDeletion(formView);

/** A form that sends to the platform what somebody has finished typing. */
class SvaUserFormController extends form.Controller {
    beforeVisibilityChange() {
        // Odoo saves what is half typed when another tab is looked at
    }
}

const views = registry.category("views");
views.add("sva_user_form", {...form, Controller: SvaUserFormController});
views.add("sva_user_list", warnsOfDeletion(listView));
views.add("sva_user_kanban", warnsOfDeletion(kanbanView));
