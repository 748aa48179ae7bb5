// SPDX-License-Identifier: Apache-2.0
// The one-time code after a login: shown until it is over or the person is done.

import { number } from './digits.js';
import { h } from './dom.js';

/**
 * @param {import('./stage.js').Stage} stage
 * @param {import('../keep/flow.js').Answer} answer
 */
export function otp(stage, answer) {
    const code = String(answer.otp);
    const digits = number(code);
    const time = h('p.mp-time', { 'aria-hidden': 'true' }); // for the eye; its end is for the ear, too
    const copy = navigator.clipboard && stage.button('plain', 'otp_copy', () =>
        navigator.clipboard.writeText(code).then(() => stage.say(stage.text('otp_copied')),
            () => stage.say(stage.text('otp_by_hand'))));
    stage.show('otp', stage.text('otp_title'), h('p.mp-text', {}, stage.text('otp_text')), digits, time, stage.lines,
        h('div.mp-buttons', {}, stage.button('primary', 'otp_done', () => {
            stage.stopCountdown();
            stage.go('arrive', { ...answer, otp: undefined });
        }), copy));
    stage.countdown(answer.ttlSeconds ?? 0, (left) => {
        time.textContent = stage.text('otp_left', { n: left });
        if (left)
            return;
        digits.remove();
        time.remove();
        copy?.remove();
        stage.say('');
        stage.warn(stage.text('otp_over'));
    });
}
