// SPDX-License-Identifier: Apache-2.0
// The way in: the first screen follows from what this device and the server know.

import { beginPreroll, endReset, identitiesOf, pendingReset, pendingSetup } from '../keep/identities.js';
import { h } from './dom.js';
import { leavePage, otherWays, phoneOffered } from './elsewhere.js';
import { storage } from './notices.js';
import { add, offer, register } from './setup.js';

/** @typedef {import('../wire/exchange.js').RpsError} RpsError */
/** @typedef {import('./stage.js').Stage} Stage */

const SLOW = 450; // ms before "One moment…" is shown

/** Begins, and begins again after "Try again". @param {Stage} stage */
export async function start(stage) {
    if (!isSecureContext || !crypto.subtle)
        return stage.show('insecure', stage.text('insecure'), h('div.mp-buttons'));
    const late = setTimeout(() => stage.show('loading', stage.text('loading')), SLOW);
    try {
        await stage.flow.open();
    } catch (error) {
        stage.options.onError?.(/** @type {RpsError} */ (error));
        return stage.go('offline', /** @type {RpsError} */ (error));
    } finally {
        clearTimeout(late);
    }
    const { elsewhere } = stage.flow.rps;
    if (elsewhere)
        return stage.go('address', elsewhere);
    await stage.go('home');
    stage.root.toggleAttribute('data-phone', phoneOffered(stage));
    stage.options.onLoaded?.();
}

/** @param {Stage} stage */
export async function home(stage) {
    const known = await identitiesOf(stage.flow.rps);
    if (!known)
        return storage(stage);
    const user = stage.flow.rps.settings.signedIn?.user;
    const mine = known.find((identity) => identity.user === (user ?? stage.options.user));
    const forgotten = pendingReset(stage.flow.rps, known);
    if (forgotten) {
        endReset();
        return register(stage, { user: forgotten.user, old: forgotten });
    }
    if (user && pendingSetup(stage.flow.rps)) {
        endReset();
        return register(stage, { user, old: mine });
    }
    if (stage.options.confirm && user)
        return mine && !mine.state ? stage.go('enter', mine) : stage.go('confirm', { user });
    if (stage.options.offer && mine && !mine.state)
        return leavePage(stage.options.success);
    if (user && (!mine || stage.options.offer))
        return offer(stage, { user, old: mine });
    const { preroll, phoneOnly } = stage.options;
    if (phoneOnly && phoneOffered(stage))
        return stage.go('phone');
    if (known.length && (mine || !preroll))
        return stage.go('enter', mine ?? known[0]);
    return stage.flow.rps.takesNames ? first(stage)
        : stage.notice('empty', 'empty', otherWays(stage, 'sign_in', 'primary'));
}

/** Nobody has a PIN here, or not the one whom the page expects. @param {Stage} stage */
function first(stage) {
    const { user, preroll, landing } = stage.options;
    if (preroll && user && beginPreroll(user)) {
        stage.show('loading', stage.text('loading'));
        return register(stage, { user });
    }
    if (landing !== 'home' || !phoneOffered(stage))
        return add(stage);
    stage.show('ways', stage.text('sign_in_to', { site: stage.flow.rps.settings.title }), h('div.mp-buttons', {},
        stage.button('primary', 'setup', () => add(stage)), ...otherWays(stage)));
}
