// SPDX-License-Identifier: Apache-2.0
// A person who signed in a while ago sets up a PIN: they show once more that it's them.

import { beginReset, beginSetup } from '../keep/identities.js';
import { otherWays } from './elsewhere.js';

/** @typedef {import('./stage.js').Stage} Stage */

/**
 * Leads to where they show it, which the login page itself is.
 * @param {Stage} stage
 * @param {{user: string, old?: import('../keep/store.js').Identity}} state
 */
export function confirm(stage, { user, old }) {
    const { options, flow: { rps: { settings } } } = stage;
    const go = () => {
        old ? beginReset(old) : beginSetup(user);
        toProof(stage);
    };
    stage.notice('confirm', 'confirm_first', options.confirm ? otherWays(stage)
        : [settings.loginURL && stage.button('primary', 'confirm_go', go)]);
}

const LONGEST = 8000; // what a request's line takes, and some room

/**
 * As a field's value. In a long one no more is escaped than must be: a request's line is not for long ones.
 * @param {string} place
 */
const field = (place) => place.length < 1000 ? encodeURIComponent(place) : place.replace(/[%&+#]/g, encodeURIComponent);

/** From there back to this page, or to the site's own offer. @param {Stage} stage */
function toProof({ flow: { rps }, options }) {
    const login = new URL(rps.at(rps.settings.loginURL));
    const wanted = options.back ? '&return=' + field(options.back) : '';
    const back = location.pathname === login.pathname ? login.pathname + '?offer=1' + wanted
        : location.pathname + location.search;
    const proof = login.pathname + '?fresh=1&return=' + field(back);
    location.assign((proof.length > LONGEST ? login.pathname + '?fresh=1' + wanted : proof) + location.hash);
}
