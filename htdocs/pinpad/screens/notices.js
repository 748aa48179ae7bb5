// SPDX-License-Identifier: Apache-2.0
// Sentences that end a way, and what can be done then.

import { beginReset, beginSetup } from '../keep/identities.js';
import { h } from './dom.js';
import { otherWays, toProof } from './elsewhere.js';

/** @typedef {import('./stage.js').Stage} Stage */

/** The browser keeps nothing. @param {Stage} stage */
export function storage(stage) {
    stage.notice('storage', 'storage', otherWays(stage));
}

/** The site, or the host that it needs, gives no answer. @param {Stage} stage @param {{host?: string}} error */
export function offline(stage, { host }) {
    const site = host ?? stage.flow.rps?.settings.title ?? location.hostname;
    const again = stage.button('primary', 'try_again', () => stage.go('start'));
    stage.notice('offline', 'offline', [again], { site });
}

/**
 * The page is open at another address than the site's own, where nobody can sign in.
 * @param {Stage} stage
 * @param {string} url its origin
 */
export function address(stage, url) {
    const there = new URL(location.pathname + location.search + location.hash, url);
    const go = /^https?:$/.test(there.protocol) && h('a.mp-primary', { href: there.href }, stage.text('address_go'));
    stage.notice('address', 'address', [go], { url });
}

/**
 * A person who signed in a while ago sets up a PIN: they show once more that it's them.
 * @param {Stage} stage
 * @param {{user: string, old?: import('../keep/store.js').Identity}} state
 */
export function confirm(stage, { user, old }) {
    const go = () => {
        old ? beginReset(old) : beginSetup(user);
        toProof(stage);
    };
    stage.notice('confirm', 'confirm', [stage.flow.rps.settings.loginURL && stage.button('primary', 'confirm_go', go)]);
}

/** A forgotten PIN, and nowhere to sign in another way. @param {Stage} stage @param {{user: string}} identity */
export function resetHelp(stage, { user }) {
    const back = stage.button('plain', 'back', () => stage.go('home'));
    stage.notice('reset-help', 'reset_help', [...otherWays(stage), back], { user });
}
