// SPDX-License-Identifier: Apache-2.0
// The code of the computer, which was scanned or is typed here.

import { isAccessNumber } from '../wire/codes.js';
import { grouped } from './digits.js';
import { h } from './dom.js';
import { ENDS } from './mobile-end.js';

/** @typedef {import('../wire/exchange.js').RpsError} RpsError */
/** @typedef {import('./mobile.js').PhoneStage} PhoneStage */

/** @param {PhoneStage} stage */
const digitsOf = ({ flow }) => flow.rps.settings.accessNumberDigits ?? 7;

/** @param {PhoneStage} stage */
export function number(stage) {
    const digits = digitsOf(stage);
    const field = h('input.mp-input.mp-code', {
        id: 'mp-code', inputmode: 'numeric', autocomplete: 'off', required: true, maxlength: digits + 4,
        'aria-describedby': 'mp-alert',
        oninput: () => {
            group(field, digits);
            stage.warn('');
            if (read(field).length === digits)
                submit(stage, read(field));
        },
    });
    stage.show('mobile-number', stage.text('mobile_number'),
        h('form.mp-form', {
            onsubmit: (/** @type {Event} */ event) => {
                event.preventDefault();
                submit(stage, read(field));
            },
        },
        h('label', { for: 'mp-code' }, stage.text('mobile_number_label')), field, stage.lines,
        h('button.mp-primary', {}, stage.text('continue'))));
    field.focus();
}

/** @param {HTMLInputElement} field */
const read = (field) => field.value.replace(/\D/g, '');

/**
 * Groups the digits as they are typed; the caret stays where it was among them.
 * @param {HTMLInputElement} field
 * @param {number} digits
 */
function group(field, digits) {
    const before = field.value.slice(0, field.selectionStart ?? undefined).replace(/\D/g, '').length;
    field.value = grouped(read(field).slice(0, digits));
    const at = before > 3 ? before + 1 : before;
    field.setSelectionRange(at, at);
}

/** @param {PhoneStage} stage @param {string} typed */
function submit(stage, typed) {
    const digits = digitsOf(stage);
    if (typed.length !== digits || (digits === 7 && !isAccessNumber(typed)))
        return stage.warn(stage.text('mobile_slip'));
    return claim(stage, typed);
}

/** @param {PhoneStage} stage @param {string} wid */
export function claim(stage, wid) {
    if (stage.screenName !== 'mobile-number')
        stage.show('loading', stage.text('loading'));
    return stage.busy(async () => stage.go('computer', await stage.flow.claim(wid)), (error) => unclaimed(stage, error));
}

/** @param {PhoneStage} stage @param {RpsError} error */
function unclaimed(stage, error) {
    const { status, code = '' } = error;
    if (stage.screenName !== 'mobile-number') {
        if (status !== 429)
            return stage.go('codeOver', ENDS[code] ?? 'mobile_over');
        number(stage);
    }
    if (status === 429)
        return stage.explain(error);
    stage.flow.forget();
    stage.warn(stage.text(code === 'code_taken' ? 'mobile_taken' : 'mobile_unknown'));
}
