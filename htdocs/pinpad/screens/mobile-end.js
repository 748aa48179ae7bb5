// SPDX-License-Identifier: Apache-2.0
// The end of a computer's code on the phone, good or bad, and a new beginning.

import { h } from './dom.js';

/** @typedef {import('../keep/phone-flow.js').SignedIn} SignedIn */
/** @typedef {import('./mobile.js').PhoneStage} PhoneStage */

/** Ends of a code, by the server's word. @type {Record<string, string>} */
export const ENDS = { code_taken: 'mobile_taken', wrong_pick: 'mobile_wrong', phone_timeout: 'mobile_timeout' };

/** @param {PhoneStage} stage */
export function cancel(stage) {
    stage.flow.abandon();
    end(stage, 'mobile-cancelled', 'mobile_cancelled');
}

/** @param {PhoneStage} stage @param {string} reason */
export function codeOver(stage, reason) {
    stage.flow.forget();
    end(stage, 'mobile-over', reason);
}

/** @param {PhoneStage} stage @param {string} name @param {string} reason */
function end(stage, name, reason) {
    stage.notice(name, reason, [stage.button('primary', 'mobile_type', () => stage.go('number'))]);
}

/** @param {PhoneStage} stage */
export function done(stage) {
    const { flow } = stage;
    const computer = flow.computer ?? {};
    stage.show('mobile-done', stage.text('mobile_done'), h('p.mp-text', {}, stage.text('mobile_done_text')),
        computer.browser && h('p.mp-chip', {}, h('span.mp-name', {}, computer.browser)), stage.lines,
        h('div.mp-buttons', {},
            computer.logoutURL && stage.button('plain', 'mobile_out', () => signOutThere(stage, computer)),
            stage.button('link', 'mobile_another', () => {
                flow.forgetComputer();
                stage.go('number');
            })));
}

/** @param {PhoneStage} stage @param {SignedIn} computer */
function signOutThere(stage, computer) {
    const { flow } = stage;
    return stage.busy(async () => {
        await flow.signOutThere(computer);
        stage.show('mobile-out', stage.text('mobile_signed_out'), h('div.mp-buttons', {},
            stage.button('plain', 'mobile_another', () => stage.go('number'))));
    }, () => stage.warn(stage.text('mobile_out_late')),
    () => stage.warn(stage.text('offline', { site: flow.rps.settings.title })));
}
