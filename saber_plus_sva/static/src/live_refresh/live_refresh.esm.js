import {Component, onWillDestroy, useEffect, xml} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {rpcBus} from "@web/core/network/rpc";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {useService} from "@web/core/utils/hooks";

/** A read that began before the change may still replace what was loaded after it. */
const SETTLING_TIME = 3000;
/** How often to look whether the form may be loaded. */
const PAUSE = 500;
/** How long after a click or a key something may still come of it. */
const REACTION_TIME = 300;
/** How long it takes at least to draw the form anew. */
const DRAWING_TIME = 50;

/** The channel of those who look at something, and how many forms do. */
const WATCHERS = "saber_plus_sva.watchers";
let watching = 0;

/** When a person did something last, and the requests that have no answer yet. */
let touchedAt = -Infinity;
const awaited = new Set();
for (const type of ["pointerdown", "keydown"]) {
    window.addEventListener(
        type,
        () => {
            touchedAt = Date.now();
        },
        true
    );
}
// by id: one that is given up after its answer is told of twice
rpcBus.addEventListener("RPC:REQUEST", ({detail}) => awaited.add(detail.data.id));
rpcBus.addEventListener("RPC:RESPONSE", ({detail}) => awaited.delete(detail.data.id));

/** What has been begun there is not the form's yet: loading would lose it. */
const BEGUN = ".modal, .o_form_view .o_selected_row, .o-autocomplete--dropdown-menu";

/** Whether a dialog, a row or a choice is open, or may be about to open. */
function isBusy() {
    return (
        document.querySelector(BEGUN) ||
        awaited.size > 0 ||
        Date.now() - touchedAt < REACTION_TIME
    );
}

/**
 * What finds an element of the form again when its row has been drawn anew.
 *
 * Nothing is found where there are more or fewer rows: it might be another one.
 */
function finder(element) {
    const row = element.closest(".o_data_row");
    if (!row) {
        return () => element;
    }
    const list = row.closest(".o_list_renderer");
    const rows = () => [...list.querySelectorAll(".o_data_row")];
    const count = rows().length;
    const number = rows().indexOf(row);
    const name = element.closest("[name]")?.getAttribute("name");
    return () => {
        const found = rows().length === count && rows()[number];
        return found && (found.querySelector(`[name="${name}"]`) || found);
    };
}

/**
 * Does something to the form; a click meanwhile is made after it.
 *
 * It would open a row that the form replaces.
 */
async function holdingClicks(work) {
    let find = null;
    const hold = (event) => {
        if (event.isTrusted && event.target.closest(".o_form_view")) {
            event.stopPropagation();
            event.preventDefault();
            find = finder(event.target);
        }
    };
    window.addEventListener("click", hold, true);
    try {
        await work();
        // until it is drawn
        await new Promise((resolve) => setTimeout(resolve, DRAWING_TIME));
    } finally {
        window.removeEventListener("click", hold, true);
    }
    const found = find && find();
    if (found && found.isConnected) {
        found.click();
    }
}

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
        // Odoo never answers a form that is left: nobody waits for that
        this.left = new Promise((resolve) => onWillDestroy(resolve));
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
        if (isBusy()) {
            this.waiting = setTimeout(() => this.reload(), PAUSE);
            return;
        }
        const {record} = this.props;
        if (!(await record.isDirty())) {
            await holdingClicks(() => Promise.race([record.load(), this.left]));
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
