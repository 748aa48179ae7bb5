// SPDX-License-Identifier: Apache-2.0
// The identities of this device at one RPS, and what is under way with them.

import { note } from './note.js';
import * as store from './store.js';

/** @typedef {import('./store.js').Identity} Identity */
/** @typedef {import('../wire/rps.js').Rps} Rps */

const KNOWN = 'mpin-known'; // localStorage: '1' where there are any, for the login page's first look
const RESET = 'mpin-reset'; // sessionStorage: the mpinId whose PIN is to be set anew after another sign-in

const ASKED = 'mpin-persist'; // localStorage: '1' when the browser has been asked to keep what is here
const DECLINED = 'mpin-declined'; // localStorage: users, as JSON
const PREROLL = 'mpin-preroll'; // sessionStorage: the user whom a page expected, and who was registered

const SETUP = 'mpin-setup'; // sessionStorage: the user who sets up a PIN after another sign-in

/** Undefined where the browser keeps none. @param {Rps} rps */
export async function identitiesOf(rps) {
    try {
        const known = await store.list(rps.id);
        note(KNOWN, known.length ? '1' : '');
        return known;
    } catch {
        return undefined;
    }
}

/**
 * The PIN was right; a browser that can't keep that, its disk being full, is signed in all the same.
 * @param {{mpinId: string}} identity
 * @param {string} [key] the device's, where the RPS gives one
 */
export async function opened({ mpinId }, key) {
    await store.update(mpinId, { used: Date.now(), state: '', ...(key && { key }) }).catch(() => {});
    endReset();
}

/** A user has one PIN here: those before it go. @param {Rps} rps @param {{user: string, mpinId: string}} identity */
export async function replaceOthers(rps, { user, mpinId }) {
    for (const other of await store.list(rps.id))
        if (other.user === user && other.mpinId !== mpinId)
            await removeDevice(rps, other).catch(() => store.remove(other.mpinId));
}

/**
 * Ends an identity at its RPS and here. One that the RPS does not let end itself (it has none of its keys, or an old
 * one) ends here only; where no answer comes, it stays.
 * @param {Rps} rps
 * @param {{mpinId: string, key?: string}} identity
 */
export async function removeDevice(rps, identity) {
    if (identity.key)
        await rps.device('remove', identity).catch((error) => {
            if (error.unheard)
                throw error;
        });
    await store.remove(identity.mpinId);
}

/** What the RPS would say to a sign-in of this device, undefined for good. @param {Rps} rps @param {Identity} identity */
export const standingOf = (rps, identity) => rps.device('standing', identity).then(() => undefined,
    (/** @type {import('../wire/exchange.js').RpsError} */ error) => error);

/** The browser is asked, once, to keep this also when its disk is full. Nothing waits for what it says. */
export function askToKeep() {
    if (localStorage.getItem(ASKED))
        return;
    note(ASKED, '1');
    navigator.storage?.persist?.().catch(() => {});
}

/** Users who want no PIN on this device. @returns {string[]} */
const declining = () => JSON.parse(localStorage.getItem(DECLINED) ?? '[]');

/** @param {string} user */
export const declines = (user) => declining().includes(user);

/** @param {string} user */
export const decline = (user) => note(DECLINED, JSON.stringify([user, ...declining()].slice(0, 50)));

/** They have one now. @param {string} user */
export const welcome = (user) =>
    note(DECLINED, JSON.stringify(declining().filter((one) => one !== user)));

/** This PIN is to be set anew when its user has signed in another way. @param {Identity} identity */
export const beginReset = ({ mpinId }) => sessionStorage.setItem(RESET, mpinId);

/** This user sets up a PIN when they have shown once more who they are. @param {string} user */
export const beginSetup = (user) => sessionStorage.setItem(SETUP, user);

/** True once in a tab: a user whom the page expects is registered, and not again at each reload. @param {string} user */
export function beginPreroll(user) {
    const begun = sessionStorage.getItem(PREROLL) === user;
    sessionStorage.setItem(PREROLL, user);
    return !begun;
}

export function endReset() {
    sessionStorage.removeItem(RESET);
    sessionStorage.removeItem(SETUP);
}

/** True where the user who is signed in wanted to, and has. @param {Rps} rps */
export const pendingSetup = ({ settings: { signedIn } }) =>
    !!signedIn && signedIn.fresh !== false && sessionStorage.getItem(SETUP) === signedIn.user;

/** The identity whose PIN it is, if its user has signed in by now. @param {Rps} rps @param {Identity[]} known */
export function pendingReset({ settings: { signedIn } }, known) {
    const mpinId = sessionStorage.getItem(RESET);
    return known.find((one) => one.mpinId === mpinId && one.user === signedIn?.user && signedIn.fresh !== false);
}

/**
 * The name as the server wrote it into the mpinId.
 * @param {string} mpinId
 * @returns {string | undefined}
 */
export function nameIn(mpinId) {
    try {
        return JSON.parse(decodeURIComponent(mpinId.replace(/../g, '%$&'))).userID;
    } catch {
        return undefined;
    }
}
