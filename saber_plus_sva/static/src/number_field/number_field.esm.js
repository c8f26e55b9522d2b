import {CharField, charField} from "@web/views/fields/char/char_field";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {useInputField} from "@web/views/fields/input_field_hook";
import {useRef} from "@odoo/owl";

const CPF = /^(\d{3})(\d{3})(\d{3})(\d{2})$/;
const MOBILE = /^\+55(\d{2})(\d{4,5})(\d{4})$/;

/**
 * @param {String} value a CPF as it is stored, or whatever stands in its place
 * @returns {String} 529.982.247-25
 */
export function formatCpf(value) {
    return (value || "").replace(CPF, "$1.$2.$3-$4");
}

/**
 * @param {String} value a phone number in E.164, or whatever stands in its place
 * @returns {String} (11) 98765-4321; a foreign number as it is stored
 */
export function formatPhone(value) {
    return (value || "").replace(MOBILE, "($1) $2-$3");
}

/**
 * Shows a number as people write it; what they type is stored as ever.
 *
 * Each has its width in lists: a number that is cut says nothing.
 */
class NumberField extends CharField {
    setup() {
        this.input = useRef("input");
        this.selectionStart = 0;
        useInputField({
            getValue: () => this.formattedValue,
            parse: (value) => this.parse(value),
        });
    }

    get formattedValue() {
        return this.constructor.format(this.props.record.data[this.props.name]);
    }
}

export class CpfField extends NumberField {
    static format = formatCpf;
}

export class MobileField extends NumberField {
    static format = formatPhone;
}

const fields = registry.category("fields");
fields.add("sva_cpf", {
    ...charField,
    component: CpfField,
    displayName: _t("CPF"),
    supportedTypes: ["char"],
    listViewWidth: 115,
});
fields.add("sva_phone", {
    ...charField,
    component: MobileField,
    displayName: _t("Brazilian phone"),
    supportedTypes: ["char"],
    listViewWidth: 125,
});
