// SPDX-License-Identifier: Apache-2.0
// The wire of a phone login: a computer shows a code, a phone says what it makes of it.

import { exchange } from './exchange.js';

/** @typedef {import('./rps.js').Rps} Rps */
/** @typedef {import('./exchange.js').RpsError} RpsError */

/**
 * What a computer shows. A Milagro server has the number and the QR code as two codes: `twin` is the webOTT of the latter.
 * @typedef {{accessNumber?: string, qrUrl?: string, qrSvg?: string, ttlSeconds: number, webOTT: string, twin?: string}} Code
 */

/** @typedef {{status: string, userId: string, authOTT: string, match?: string, provenUserId?: string}} Progress */

/**
 * A phone is told this of the computer; a Milagro server tells PrerollId only.
 * @typedef {object} Context
 * @property {string} [PrerollId] the user that the computer expects
 * @property {string} [origin] the site's host
 * @property {{browser: string, address: string, sameNetwork: boolean, seen: boolean}} [desktop]
 * @property {string[]} [choices]
 * @property {boolean} [secondTap]
 */

const WAIT = 20_000; // ms: the server answers after at most 10 s, when the computer is in or has not come
const AGAIN = 60_000; // ms that a phone asks again while no worker is free

// ---- the computer --------------------------------------------------------------------------------

/**
 * A QR code and a number, or a number only.
 * @param {Rps} rps
 * @param {string} prerollid the user that the page expects, or ''
 * @returns {Promise<Code>}
 */
export async function newCode(rps, prerollid) {
    const { getQrUrl, getAccessNumberURL = '' } = rps.settings;
    /** @type {Code | undefined} */
    const code = getQrUrl && await rps.ask(getQrUrl, { prerollid });
    if (code?.qrSvg && code.accessNumber)
        return code;
    const number = await rps.ask(getAccessNumberURL, {});
    return code?.qrUrl && !code.accessNumber ? { ...number, qrUrl: code.qrUrl, twin: code.webOTT } : number;
}

/**
 * How far a code is; of two, how far the one is that a phone has.
 * @param {Rps} rps
 * @param {Code} code
 * @returns {Promise<Progress>}
 */
export async function progress(rps, { webOTT, twin }) {
    const { accessNumberURL = '' } = rps.settings;
    const answer = await rps.ask(accessNumberURL, { webOTT });
    if (!twin || answer.status !== 'new')
        return answer;
    const other = await rps.ask(accessNumberURL, { webOTT: twin });
    return other.status === 'expired' ? answer : other;
}

/**
 * The computer gives its code up. It arrives even when the page is on its way out, and nobody waits for an answer.
 * @param {Rps} rps
 * @param {Code} code
 */
export function withdraw(rps, { accessNumber, qrUrl, twin }) {
    const { codeStatusURL } = rps.settings;
    if (!codeStatusURL) // a Milagro server without QR codes lets them run out
        return;
    for (const wid of [accessNumber, ...(twin ? [qrUrl?.split('#')[1]] : [])]) {
        const body = JSON.stringify({ status: 'abort', wid });
        navigator.sendBeacon(rps.at(codeStatusURL), new Blob([body], { type: 'application/json' }));
    }
}

// ---- the phone -----------------------------------------------------------------------------------

/**
 * Tells the RPS what the phone makes of a code. A Milagro server without QR codes does not want to know.
 * @param {Rps} rps
 * @param {object} said
 * @returns {Promise<any>}
 */
const say = async ({ settings, ask }, said) => settings.codeStatusURL ? ask(settings.codeStatusURL, said) : {};

/**
 * @param {Rps} rps
 * @param {string} wid
 * @param {string} [userId] the user who has most likely signed in on the computer before; nobody sees it there
 * @returns {Promise<Context>}
 */
export const claimCode = (rps, wid, userId) => say(rps, { status: 'wid', wid, userId, pick: true });

/**
 * @param {Rps} rps
 * @param {{wid: string, choice?: string, confirmed?: boolean}} visit
 * @param {string} userId
 */
export const announceUser = (rps, { wid, choice, confirmed }, userId) =>
    say(rps, { status: 'user', wid, userId, choice, confirmed });

/** @param {Rps} rps @param {string} wid */
export const abandonCode = (rps, wid) => say(rps, { status: 'abort', wid }).catch(() => {});

/**
 * Hands the proof in and waits until the computer is in. The same request may be sent again while it was not heard.
 * @param {Rps} rps
 * @param {object} mpinResponse pass2's answer
 * @returns {Promise<{logoutURL?: string, logoutData?: any}>}
 */
export async function handIn(rps, mpinResponse) {
    const until = Date.now() + AGAIN;
    for (;;)
        try {
            return await rps.ask(rps.settings.mobileAuthenticateURL ?? '', { mpinResponse }, { limit: WAIT });
        } catch (error) {
            const { status, code, retryAfter } = /** @type {RpsError} */ (error);
            if (status !== 429 || code !== 'busy' || Date.now() > until)
                throw error;
            await new Promise((resolve) => setTimeout(resolve, retryAfter * 1000));
        }
}

/**
 * Signs out the computer that was signed in: the data say which, no cookie is wanted.
 * @param {string} url the relying party's
 * @param {any} data
 */
export const signOutComputer = (url, data) => exchange(url, { method: 'POST', body: data, credentials: 'omit' });

/**
 * True where the last digit is the one that the others make (cSum 1).
 * @param {string} number seven digits
 */
export function isAccessNumber(number) {
    const sum = [...number].slice(0, 6).reduce((total, digit, i) => total + Number(digit) * (7 - i), 0);
    return (11 - sum % 11) % 11 === Number(number[6]);
}
