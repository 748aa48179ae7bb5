// SPDX-License-Identifier: Apache-2.0
// Milagro's own pad and its mobile app kept their tokens in this origin's localStorage. They move into our store, so that
// their people sign in with the PINs that they have.

import { nameIn } from './identities.js';
import * as store from './store.js';

/** @typedef {import('../wire/rps.js').Rps} Rps */

/**
 * A token that waits to be moved.
 * @typedef {object} Legacy
 * @property {string} key its place in localStorage
 * @property {string} mpinId
 * @property {string} user
 * @property {string} token
 * @property {string} device '' without
 * @property {string} state
 * @property {number} added ms
 */

/** The pad's since its version 4; the mobile app's, and the pad's before. */
const KEYS = ['mpinjs', 'mpin'];
const CHOSEN = 'pinpad'; // whom the pad showed first, and its device's name

const MPIN_ID = /^7b([0-9a-f]{2})+7d$/i;
const TOKEN = /^04[0-9a-f]{128}$/i; // a point of BN254CX

/** What is there of an object as JSON; {} for nothing and for anything else. @param {string} key @returns {any} */
function read(key) {
    try {
        return Object(JSON.parse(localStorage.getItem(key) ?? '{}'));
    } catch {
        return {};
    }
}

/** @param {unknown} value */
const text = (value) => typeof value === 'string' ? value : '';

/** When the server made it; 0 where it does not say. @param {string} mpinId */
function issued(mpinId) {
    const { issued: when } = JSON.parse(decodeURIComponent(mpinId.replace(/../g, '%$&')));
    return Date.parse(text(when).slice(0, 19).replace(' ', 'T') + 'Z') || 0;
}

/**
 * The tokens of one place; anything else stays where it is.
 * @param {string} key
 * @returns {Legacy[]}
 */
function waiting(key) {
    const { accounts, deviceName } = read(key);
    return Object.entries(Object(accounts)).flatMap(([mpinId, account]) => {
        const user = MPIN_ID.test(mpinId) && nameIn(mpinId);
        if (!user || typeof user !== 'string' || !TOKEN.test(account?.token))
            return [];
        return [{
            key, mpinId, user, token: account.token.toLowerCase(), added: issued(mpinId),
            device: text(deviceName ?? read(CHOSEN).device).slice(0, 32), state: account.state === 'BLOCKED' ? 'locked' : '',
        }];
    });
}

/** Whether our store has that very token. @param {Legacy} legacy @param {Rps} rps */
async function arrived({ mpinId, token }, rps) {
    const kept = await store.get(mpinId);
    return kept?.rps === rps.id && await store.unseal(kept).catch(() => '') === token;
}

/** Takes a token out of its old place, and the place away once it is empty. @param {Legacy} legacy */
function leave({ key, mpinId }) {
    const data = read(key);
    delete data.accounts?.[mpinId];
    if (Object.keys(Object(data.accounts)).length)
        return localStorage.setItem(key, JSON.stringify(data));
    localStorage.removeItem(key);
    if (!KEYS.some((other) => localStorage.getItem(other)))
        localStorage.removeItem(CHOSEN);
}

/**
 * Moves one; it leaves its old place when the new one has been read back.
 * @param {Legacy} legacy
 * @param {Rps} rps
 */
async function move(legacy, rps) {
    const { mpinId, user, token, device, state, added } = legacy;
    const kept = await store.get(mpinId);
    if (kept && kept.rps !== rps.id)
        return;
    if (!await arrived(legacy, rps)) {
        const sealed = await store.seal(rps.id, mpinId, token);
        await store.put({ mpinId, rps: rps.id, user, device, state, added, used: 0, ...sealed });
    }
    if (await arrived(legacy, rps))
        leave(legacy);
}

/** Whom the old pad showed first is the newest of them. @param {Legacy[]} all */
function inOrder(all) {
    const newest = Math.max(...all.map(({ added }) => added));
    const chosen = text(read(CHOSEN).identity) || text(read('mpin').defaultIdentity);
    const first = all.find(({ mpinId, user }) => [mpinId, user].includes(chosen));
    if (first)
        first.added = newest + 1;
    return all;
}

/**
 * Moves all that there is. A token that can't be moved stays, and is tried again next time.
 * @param {Rps} rps
 */
export async function inherit(rps) {
    try {
        for (const legacy of inOrder(KEYS.flatMap(waiting)))
            await move(legacy, rps).catch(() => {});
    } catch {
        // no localStorage
    }
}
