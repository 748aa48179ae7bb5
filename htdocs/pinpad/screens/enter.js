// SPDX-License-Identifier: Apache-2.0
// Signing in with a PIN, and why one did not open the door.

import * as store from '../keep/store.js';
import { DEVICE } from '../wire/exchange.js';
import { addPhone } from './elsewhere.js';
import { reset } from './reset.js';

/** @typedef {import('../wire/exchange.js').RpsError} RpsError */
/** @typedef {import('../keep/store.js').Identity} Identity */
/** @typedef {import('./stage.js').Stage} Stage */

/** Identities that are good for nothing any more, by the server's code. @type {Record<string, 'withdrawn' | 'outdated'>} */
const ENDED = { identity_revoked: 'withdrawn', way_closed: 'outdated' };

/** @param {Stage} stage @param {Identity} identity */
export function enter(stage, identity) {
    const { why } = stage.options;
    stage.keypad({
        name: 'enter',
        title: stage.text('welcome'),
        hint: why || stage.text('asks', { site: stage.flow.rps.settings.title }),
        user: identity.user,
        change: () => stage.go('choose', () => enter(stage, identity)),
        action: stage.button('link', 'forgot', () => reset(stage, identity)),
        onPin: (pin) => stage.busy(async () => stage.go('arrive', await stage.flow.signIn(identity, pin)),
            (error) => stage.go('refused', { error, identity })),
        onDigit: (entered) => entered + 2 >= stage.flow.rps.settings.pinLength && stage.flow.begin(identity),
    });
    stage.section.classList.toggle('mp-names', !why);
    addPhone(stage);
    stage.flow.prepare(identity);
}

/** @param {Stage} stage @param {{error: RpsError, identity: Identity}} state */
export async function refused(stage, { error, identity }) {
    const { status, code, attemptsLeft } = error;
    const state = status === 410 ? 'locked' : ENDED[code ?? ''];
    if (state) {
        store.update(identity.mpinId, { state });
        stage.options.onAccountDisabled?.(identity.user);
        return stage.go('ended', { identity, why: state });
    }
    if (status === DEVICE) // its record or its key was removed in another tab, or cleared by the browser
        return await store.get(identity.mpinId) ? stage.go('ended', { identity, why: 'lost' }) : stage.go('home');
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
