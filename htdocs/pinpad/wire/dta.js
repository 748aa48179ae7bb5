// SPDX-License-Identifier: Apache-2.0
// The issuers of secrets (D-TAs) give a device the shares of its secret, and each day's time permit.

import { exchange, RpsError } from './exchange.js';

/** @typedef {import('./rps.js').Rps} Rps */

/**
 * A time permit: the UTC day number that it is for, and its shares.
 * @typedef {{date: number, shares: string[]}} Permit
 */

/**
 * Asks the second D-TA, which lies on another origin; once more where no answer came.
 * @param {Rps} rps
 * @param {string} request
 * @param {number} [tries]
 * @returns {Promise<any>}
 */
async function askSecond(rps, request, tries = 2) {
    const url = new URL(request, rps.at(rps.settings.certivoxURL ?? ''));
    try {
        return await exchange(url.href, { credentials: 'omit' });
    } catch (error) {
        if (!(error instanceof RpsError))
            throw error;
        if (!error.status && tries > 1)
            return askSecond(rps, request, tries - 1);
        error.host = url.host;
        throw error;
    }
}

/**
 * A new identity's secret: all its shares (one where there is one D-TA), and the device's key where there are any.
 * @typedef {{secret: string[], key?: string}} Secret
 */

/** @param {Rps} rps @param {import('./rps.js').Signature} signature @returns {Promise<Secret>} */
export async function secretOf(rps, { clientSecretShare, params, deviceKey: key }) {
    const secret = [clientSecretShare];
    if (params)
        secret.push((await askSecond(rps, 'clientSecret?' + params)).clientSecret);
    return { secret, key };
}

/**
 * Whether the second D-TA is there is asked first: the site's share is given once.
 * @param {Rps} rps
 * @param {{mpinId: string, regOTT: string}} registration
 */
export async function fetchSecret(rps, { mpinId, regOTT }) {
    if (rps.settings.secondDTA)
        await askSecond(rps, 'status');
    return secretOf(rps, await rps.signature(mpinId, regOTT));
}

/**
 * The day's time permit.
 * @param {Rps} rps
 * @param {string} mpinId
 * @param {Permit} [kept] its second share is good for its day
 * @returns {Promise<Permit>}
 */
export async function timePermit(rps, mpinId, kept) {
    const { timePermit: share, date, signature, storageId } = await rps.timePermit(mpinId);
    if (!signature)
        return { date, shares: [share] };
    const second = (kept?.date === date && kept?.shares[1]) || await rps.storedPermit?.(date, storageId)
        || (await askSecond(rps, `timePermit?hash_mpin_id=${storageId}&signature=${signature}`)).timePermit;
    return { date, shares: [share, second] };
}
