// SPDX-License-Identifier: Apache-2.0
// The registration that waits for its mail, or for its application. The browser keeps it until it expires, so that a
// page that was loaded anew, or whose tab the phone dropped, comes back to it.

import { note } from './note.js';

/** @typedef {import('./flow.js').NewIdentity} NewIdentity */

/**
 * A registration that waits; `replaces` is the mpinId of the identity whose PIN is forgotten.
 * @typedef {{identity: NewIdentity, replaces?: string}} Waiting
 */

const WAITING = 'mpin-waiting'; // localStorage: {rps, identity, replaces} as JSON

/** @param {string} rps its id @param {Waiting} waiting */
export const keepWaiting = (rps, { identity, replaces }) => note(WAITING, JSON.stringify({ rps, identity, replaces }));

/** The one at that RPS, if it waits still. @param {string} rps @returns {Waiting | undefined} */
export function waitingAt(rps) {
    const kept = JSON.parse(localStorage.getItem(WAITING) ?? 'null');
    return kept?.rps === rps && kept.identity.until > Date.now() ? kept : undefined;
}

export const endWaiting = () => localStorage.removeItem(WAITING);
