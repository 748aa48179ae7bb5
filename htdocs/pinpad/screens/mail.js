// SPDX-License-Identifier: Apache-2.0
// A name that is proven by its mailbox: the pad shows a number and waits until it was typed where the mail's link leads.

import { identitiesOf } from '../keep/identities.js';
import { endWaiting, keepWaiting } from '../keep/waiting.js';
import { grouped } from './digits.js';
import { h } from './dom.js';

/** @typedef {import('../wire/exchange.js').RpsError} RpsError */
/** @typedef {import('./stage.js').Stage} Stage */

/** @typedef {import('../keep/waiting.js').Waiting} Waiting */

const POLL = 3_000; // ms
const AGAIN = 30; // s before another mail may be asked for

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {Stage} stage @param {Waiting} waiting */
export function mail(stage, waiting) {
    const { user, confirm } = waiting.identity;
    const again = stage.button('plain', '', () => resend(stage, waiting));
    const number = confirm && grouped(confirm);
    const leave = () => {
        endWaiting();
        stage.go(waiting.replaces ? 'home' : 'add');
    };
    keepWaiting(stage.flow.rps.id, waiting);
    stage.show('mail', stage.text('mail'),
        h('p.mp-text', {}, number ? stage.text('mail_number', { user, number }) : stage.text('mail_here', { user })),
        number && h('p.mp-number', { 'aria-hidden': 'true' }, number),
        h('p.mp-text', {}, stage.text('mail_on')), stage.lines,
        h('div.mp-buttons', {}, again, stage.button('plain', waiting.replaces ? 'back' : 'mail_wrong', leave)));
    stage.countdown(AGAIN, (left) => {
        again.disabled = left > 0;
        again.textContent = left ? stage.text('mail_wait', { n: left }) : stage.text('mail_again');
    });
    activated(stage, waiting);
    offerPins(stage, user);
}

/** A person who has a PIN here need not wait, nor give up what waits. @param {Stage} stage @param {string} user */
async function offerPins(stage, user) {
    const { section } = stage;
    const known = await identitiesOf(stage.flow.rps) ?? [];
    if (known.length)
        section.querySelector('h1')?.after(stage.chip(user, () => stage.go('choose')));
}

/**
 * Asks until the registration is activated, and goes on with its PIN.
 * @param {Stage} stage
 * @param {Waiting} waiting
 */
async function activated(stage, { identity }) {
    const { flow, section } = stage;
    for (; stage.section === section; await pause(POLL)) {
        try {
            const active = await flow.activated(identity);
            if (stage.section === section)
                stage.go('choosePin', active);
            return;
        } catch (error) {
            const { unheard = true, status } = /** @type {Partial<RpsError>} */ (error);
            if (unheard || status === 401 || status === 429)
                continue; // not yet, or out of reach for a moment
            if (stage.section !== section)
                return;
            endWaiting();
            await stage.go('home');
            return stage.explain(/** @type {RpsError} */ (error));
        }
    }
}

/**
 * Another mail. The registration stays as it is, where the RPS knows it still; else a new one takes its place.
 * @param {Stage} stage
 * @param {Waiting} waiting
 */
function resend(stage, { identity: old, replaces }) {
    return stage.busy(async () => {
        const { user, device } = old;
        const identity = await stage.flow.register({ user, device, replaces, old });
        mail(stage, { identity, replaces });
        stage.say(stage.text('mail_sent'));
    }, (error) => stage.explain(error), (error) => error.status ? stage.explain(error) : stage.go('offline', error));
}
