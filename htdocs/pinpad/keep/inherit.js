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

/** The token that our store has of that identity; '' for none, and for one that can't be read. @param {string} mpinId */
async function tokenOf(mpinId) {
    const kept = await store.get(mpinId);
    return kept ? store.unseal(kept).catch(() => '') : '';
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
    if (!await tokenOf(mpinId)) {
        const sealed = await store.seal(rps.id, mpinId, token);
        await store.put({ mpinId, rps: rps.id, user, device, state, added, used: 0, inherited: true, ...sealed });
    }
    if (await tokenOf(mpinId) === token)
        leave(legacy);
}

/**
 * The old places don't say whose a token is, where an origin has several RPSs: until its PIN has been right at one of
 * them, it is at the one that its person visits.
 * @param {Rps} rps
 */
async function adopt(rps) {
    for (const one of await store.all())
        if (one.inherited && !one.used && one.rps !== rps.id) {
            const sealed = await store.seal(rps.id, one.mpinId, await store.unseal(one));
            await store.put({ ...one, rps: rps.id, state: '', permit: undefined, ...sealed });
        }
}

/**
 * Whom the old pad showed first is the newest of them: of several tokens of one name, the last that was made.
 * @param {Legacy[]} all
 */
function inOrder(all) {
    all.sort((a, b) => a.added - b.added);
    const chosen = text(read(CHOSEN).identity) || text(read('mpin').defaultIdentity);
    const first = all.filter(({ mpinId, user }) => [mpinId, user].includes(chosen)).pop();
    if (first)
        first.added = all[all.length - 1].added + 1;
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
        await adopt(rps);
    } catch {
        // no localStorage, or no database
    }
}
