// SPDX-License-Identifier: Apache-2.0
// The way in: the first screen follows from what this device and the server know.

import { beginPreroll, declines, endReset, identitiesOf, pendingReset, pendingSetup } from '../keep/identities.js';
import { waitingAt } from '../keep/waiting.js';
import { h } from './dom.js';
import { leavePage, otherWays, phoneOffered } from './elsewhere.js';
import { add, offer, register } from './setup.js';

/** @typedef {import('../wire/exchange.js').RpsError} RpsError */
/** @typedef {import('./stage.js').Stage} Stage */

/** A person who has declined the offer followed a link to it. */
const anyway = () => new URLSearchParams(location.search).has('anyway');

export const SLOW = 450; // ms before "One moment…" is shown
const LONG = 4_000; // ms before there is more to say

/** The beginning that is under way; an earlier one has nothing to say any more. */
let turn = 0;

/** Begins, and begins again after "Try again". @param {Stage} stage */
export async function start(stage) {
    if (!isSecureContext || !crypto.subtle)
        return stage.go('noPin', 'insecure');
    const mine = ++turn;
    const late = [
        setTimeout(() => stage.show('loading', stage.text('loading')), SLOW),
        setTimeout(() => stage.notice('loading', 'slow', [stage.button('plain', 'try_again', () => stage.go('start'))]), LONG),
    ];
    try {
        await stage.flow.open();
        if (mine === turn)
            await begin(stage);
    } catch (error) {
        if (mine === turn)
            stage.go('offline', Object.assign(/** @type {RpsError} */ (error), { opening: true }));
        stage.options.onError?.(/** @type {RpsError} */ (error));
    } finally {
        late.forEach(clearTimeout);
    }
}

/** The server has said what it is. @param {Stage} stage */
async function begin(stage) {
    const { elsewhere } = stage.flow.rps;
    if (elsewhere)
        return stage.go('address', elsewhere);
    await stage.go('home');
    stage.root.toggleAttribute('data-phone', phoneOffered(stage));
    stage.options.onLoaded?.();
}

/** @param {Stage} stage */
export async function home(stage) {
    const { rps } = stage.flow;
    const known = await identitiesOf(rps);
    if (!known)
        return stage.go('noPin', 'storage');
    const user = rps.settings.signedIn?.user;
    const waiting = waitingAt(rps.id);
    if (waiting && !stage.options.confirm && (!user || user === waiting.identity.user))
        return stage.go('mail', waiting);
    const mine = known.find((identity) => identity.user === (user ?? stage.options.user));
    const forgotten = pendingReset(rps, known);
    if (forgotten) {
        endReset();
        return register(stage, { user: forgotten.user, old: forgotten });
    }
    if (user && pendingSetup(rps)) {
        endReset();
        return register(stage, { user, old: mine });
    }
    if (stage.options.confirm && user)
        return mine && !mine.state ? stage.go('enter', mine) : stage.go('confirm', { user });
    if (stage.options.offer && user && (mine ? !mine.state : declines(user) && !anyway()))
        return leavePage(stage.options.success);
    if (user && (!mine || stage.options.offer))
        return offer(stage, { user, old: mine });
    const { preroll, phoneOnly } = stage.options;
    if (phoneOnly && phoneOffered(stage))
        return stage.go('phone');
    if (known.length && (mine || !preroll))
        return stage.go('enter', mine ?? known[0]);
    if (rps.settings.forgotten)
        return stage.go('forgotten', rps.settings.forgotten);
    return rps.takesNames ? first(stage) : stage.go('noPin', 'empty');
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
