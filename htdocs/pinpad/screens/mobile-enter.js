// SPDX-License-Identifier: Apache-2.0
// The PIN for another computer, which hears first who will sign in.

import { identitiesOf } from '../keep/identities.js';
import { askAgain, enter as enterHere, lookAt, refused as refusedHere } from './enter.js';
import { ENDS } from './mobile-end.js';

/** @typedef {import('../wire/exchange.js').RpsError} RpsError */
/** @typedef {import('../keep/phone-flow.js').Visit} Visit */
/** @typedef {import('../keep/store.js').Identity} Identity */
/** @typedef {import('./mobile.js').PhoneStage} PhoneStage */

/** @param {PhoneStage} stage @param {Identity} identity */
export function enter(stage, identity) {
    const { flow } = stage;
    const { visit } = flow;
    if (!visit)
        return enterHere(stage, identity);
    if (identity.state)
        return askAgain(stage, identity, enter);
    return stage.busy(async () => {
        await flow.announce(visit, identity);
        enterThere(stage, visit, identity);
    }, (error) => error.code === 'second_tap' ? stage.go('secondTap', { visit, identity })
        : refused(stage, { error, identity }));
}

/** @param {PhoneStage} stage @param {Visit} visit @param {Identity} identity */
async function enterThere(stage, visit, identity) {
    const { flow } = stage;
    const { desktop, origin: site = location.host } = visit;
    const many = (await identitiesOf(flow.rps) ?? []).length > 1;
    stage.keypad({
        name: 'enter',
        title: stage.text('mobile_pin'),
        hint: desktop && stage.text('mobile_pin_for', { browser: desktop.browser, site }),
        user: identity.user,
        change: many ? () => stage.go('choose', () => enter(stage, identity)) : undefined,
        action: stage.button('link', 'mobile_cancel', () => stage.go('cancel')),
        onPin: (pin) => stage.busy(async () => {
            await flow.signInThere(visit, identity, pin);
            stage.go('done');
        }, (error) => refused(stage, { error, identity })),
        onDigit: (entered) => entered + 2 >= flow.rps.settings.pinLength && flow.begin(identity),
    });
    flow.prepare(identity);
    lookAt(stage, identity);
}

/** @param {PhoneStage} stage @param {{error: RpsError, identity: Identity}} state */
export function refused(stage, { error, identity }) {
    const { status, code = '' } = error;
    const { flow } = stage;
    if (flow.visit && (ENDS[code] || status === 412 || (status === 408 && code !== 'authott_unknown')))
        return stage.go('codeOver', ENDS[code] ?? (status === 408 ? 'mobile_timeout' : 'mobile_over'));
    if (flow.visit && (status === 410 || ['identity_revoked', 'way_closed'].includes(code)))
        flow.abandon();
    return refusedHere(stage, { error, identity });
}
