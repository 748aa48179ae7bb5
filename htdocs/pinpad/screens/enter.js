// SPDX-License-Identifier: Apache-2.0
// Signing in with a PIN, and why one did not open the door.

import * as store from '../keep/store.js';
import { DEVICE } from '../wire/exchange.js';
import { addPhone, otherWays } from './elsewhere.js';
import { reset } from './reset.js';

/** @typedef {import('../wire/exchange.js').RpsError} RpsError */
/** @typedef {import('../keep/store.js').Identity} Identity */
/** @typedef {import('./stage.js').Stage} Stage */

/** @param {Stage} stage @param {Identity} identity */
export function enter(stage, identity) {
    stage.keypad({
        name: 'enter',
        title: stage.text('welcome'),
        user: identity.user,
        change: () => stage.go('choose'),
        action: stage.button('link', 'forgot', () => reset(stage, identity)),
        onPin: (pin) => stage.busy(async () => stage.go('arrive', await stage.flow.signIn(identity, pin)),
            (error) => stage.go('refused', { error, identity })),
        onDigit: (entered) => entered + 2 >= stage.flow.rps.settings.pinLength && stage.flow.begin(identity),
    });
    addPhone(stage);
    stage.flow.prepare(identity);
}

/** @param {Stage} stage @param {{error: RpsError, identity: Identity}} state */
export async function refused(stage, { error, identity }) {
    const { status, code, attemptsLeft } = error;
    if (status === 410 || code === 'identity_revoked') {
        const state = status === 410 ? 'locked' : 'withdrawn';
        store.update(identity.mpinId, { state });
        stage.options.onAccountDisabled?.(identity.user);
        return over(stage, identity, state);
    }
    if (status === DEVICE) // its record or its key was removed in another tab, or cleared by the browser
        return await store.get(identity.mpinId) ? over(stage, identity, 'lost') : stage.go('home');
    if (stage.screenName !== 'enter')
        stage.go('enter', identity);
    if (status === 401) {
        stage.pad?.refuse();
        stage.warn(wrong(stage, attemptsLeft));
    } else {
        stage.pad?.reset();
        stage.explain(error);
    }
    stage.pad?.focus();
}

/** @param {Stage} stage @param {number} [left] attempts */
function wrong({ text }, left) {
    return left === 1 ? text('last_try') : text('wrong') + (left ? ' ' + text('tries', { n: left }) : '');
}

/**
 * An identity that is good for nothing here any more, and the way to a new one.
 * @param {Stage} stage
 * @param {Identity} identity
 * @param {'locked' | 'withdrawn' | 'lost'} why
 */
function over(stage, identity, why) {
    const again = stage.button('primary', 'again', () => reset(stage, identity));
    stage.notice(why, why, [again, ...otherWays(stage)]);
}
