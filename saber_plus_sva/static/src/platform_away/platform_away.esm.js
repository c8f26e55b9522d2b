import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";

registry
    .category("error_notifications")
    .add("odoo.addons.saber_plus_sva.exceptions.PlatformAway", {
        title: _t("The platform is not available"),
        type: "warning",
        sticky: true,
    });
