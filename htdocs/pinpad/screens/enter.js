// SPDX-License-Identifier: Apache-2.0
// Signing in with a PIN, and why one did not open the door.

import { standingOf } from '../keep/identities.js';
import * as store from '../keep/store.js';
import { DEVICE, RpsError } from '../wire/exchange.js';
import { addPhone } from './elsewhere.js';
import { reset } from './reset.js';

/** @typedef {import('../keep/store.js').Identity} Identity */
/** @typedef {import('./stage.js').Stage} Stage */

/** Identities that are good for nothing any more, by the server's code. @type {Record<string, 'withdrawn' | 'outdated'>} */
const ENDED = { identity_revoked: 'withdrawn', way_closed: 'outdated' };

/** @param {Stage} stage @param {Identity} identity */
export function enter(stage, identity) {
    if (identity.state && stage.flow.rps.settings.suite) // a Milagro server can be asked by a PIN only
        return askAgain(stage, identity, enter);
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
    lookAt(stage, identity);
}

/**
 * A device that was locked or withdrawn says so without a PIN, unless that has been undone.
 * @param {Stage} stage
 * @param {Identity} identity
 * @param {(stage: any, identity: Identity) => any} enter
 */
export async function askAgain(stage, identity, enter) {
    const error = identity.key ? await standingOf(stage.flow.rps, identity) : new RpsError(0);
    if (error)
        return isOver(error) ? stage.go('refused', { error, identity })
            : stage.go('ended', { identity, why: /** @type {'locked'} */ (identity.state) });
    await store.update(identity.mpinId, { state: '' });
    return enter(stage, { ...identity, state: '' });
}

/** One that has been since is not asked for its PIN first. @param {Stage} stage @param {Identity} identity */
export async function lookAt(stage, identity) {
    const { section } = stage;
    const error = identity.key && await standingOf(stage.flow.rps, identity);
    if (error && (isOver(error) || error.code === 'user_disabled') && stage.section === section && !stage.working)
        stage.go('refused', { error, identity });
}

/** @param {RpsError} error */
const isOver = ({ status, code = '' }) => status === 410 || code in ENDED;

/** @param {Stage} stage @param {{error: RpsError, identity: Identity}} state */
export async function refused(stage, { error, identity }) {
    const { code, attemptsLeft } = error;
    // A refusal without a code is not the server's word, but something's in front of it: nobody is locked by that.
    const status = code || error.status < 0 || !stage.flow.rps.settings.suite ? error.status : 0;
    const state = status === 410 ? 'locked' : ENDED[code ?? ''];
    if (state) {
        store.update(identity.mpinId, { state });
        stage.options.onAccountDisabled?.(identity.user);
        return stage.go('ended', { identity, why: state });
    }
    if (status === DEVICE) // its record or its key was removed in another tab, or cleared by the browser
        return await store.get(identity.mpinId).catch(() => {}) ? stage.go('ended', { identity, why: 'lost' }) : stage.go('home');
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
