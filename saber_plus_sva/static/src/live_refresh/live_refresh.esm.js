import {Component, onWillDestroy, useEffect, xml} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {useService} from "@web/core/utils/hooks";

/** A read that began before the change may still replace what was loaded after it. */
const SETTLING_TIME = 3000;
/** How often to look whether a dialog above the form has been closed. */
const DIALOG_PAUSE = 500;

/** The channel of those who look at something, and how many forms do. */
const WATCHERS = "saber_plus_sva.watchers";
let watching = 0;

/**
 * Loads the form again when the server says that what it shows has changed.
 *
 * `field` names the list of ids in the notification that the form's record, or the one
 * that its `record_field` leads to, is looked for in. What a person is typing is never
 * thrown away.
 */
export class SvaLiveRefresh extends Component {
    static template = xml``;
    static props = {
        ...standardWidgetProps,
        field: String,
        recordField: {type: String, optional: true},
    };

    setup() {
        this.changedAt = -Infinity;
        const busService = useService("bus_service");
        const onChanged = (notification) => this.onChanged(notification);
        busService.subscribe("saber_plus_sva/changed", onChanged);
        watching++;
        busService.addChannel(WATCHERS);
        onWillDestroy(() => {
            watching--;
            if (!watching) {
                busService.deleteChannel(WATCHERS);
            }
            busService.unsubscribe("saber_plus_sva/changed", onChanged);
            clearTimeout(this.waiting);
        });
        useEffect(
            () => {
                if (Date.now() - this.changedAt < SETTLING_TIME) {
                    this.reload();
                }
            },
            () => [this.props.record.id]
        );
    }

    async onChanged(notification) {
        const {field, record, recordField} = this.props;
        const id = recordField ? record.data[recordField].id : record.resId;
        if ((notification[field] || []).includes(id)) {
            this.changedAt = Date.now();
            await this.reload();
        }
    }

    async reload() {
        clearTimeout(this.waiting);
        if (document.body.classList.contains("modal-open")) {
            // a row that is edited there is not the form's yet: loading would lose it
            this.waiting = setTimeout(() => this.reload(), DIALOG_PAUSE);
            return;
        }
        const {record} = this.props;
        if (!(await record.isDirty())) {
            await record.load();
        }
    }
}

export const svaLiveRefresh = {
    component: SvaLiveRefresh,
    extractProps: ({attrs}) => ({
        field: attrs.field,
        recordField: attrs.record_field,
    }),
};

registry.category("view_widgets").add("sva_live_refresh", svaLiveRefresh);
