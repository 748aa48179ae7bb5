// What a device gets from the issuers of secrets (D-TAs): the shares of its secret, and each day's time permit.

import { exchange, RpsError } from '../wire/rps.js';
import * as store from './store.js';

/** @typedef {import('../wire/rps.js').Rps} Rps */

/**
 * A time permit: the UTC day number that it is for, and its shares.
 * @typedef {{date: number, shares: string[]}} Permit
 */
const DAY = 86_400_000; // ms

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
        return await exchange(url.href, 'GET', undefined, 'omit');
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
 * All shares of a new identity's secret; one where there is one D-TA. Whether the second one is there is asked first:
 * the site's share is given once.
 * @param {Rps} rps
 * @param {string} mpinId
 * @param {string} regOTT
 */
export async function secretShares(rps, mpinId, regOTT) {
    if (rps.settings.secondDTA)
        await askSecond(rps, 'status');
    const { clientSecretShare, params } = await rps.signature(mpinId, regOTT);
    return params ? [clientSecretShare, (await askSecond(rps, 'clientSecret?' + params)).clientSecret]
        : [clientSecretShare];
}

/**
 * The day by the server's clock, whatever this device's says.
 * @param {Rps} rps
 */
const today = (rps) => Math.floor((Date.now() + rps.skew) / DAY);

/**
 * @param {Rps} rps
 * @param {string} mpinId
 * @param {Permit} [kept] whose second share is good for the same day
 * @returns {Promise<Permit>}
 */
async function fetchPermit(rps, mpinId, kept) {
    const { timePermit, date, signature, storageId } = await rps.timePermit(mpinId);
    const shares = [timePermit];
    if (signature)
        shares.push((kept?.date === date && kept?.shares[1]) || await rps.storedPermit(date, storageId)
            || (await askSecond(rps, `timePermit?hash_mpin_id=${storageId}&signature=${signature}`)).timePermit);
    await store.update(mpinId, { permit: { date, shares } });
    return { date, shares };
}

/** Fetches that are under way, by mpinId. @type {Map<string, Promise<Permit>>} */
const fetching = new Map();

/**
 * The permit of the day, which the device keeps; undefined where no permits are wanted.
 * @param {Rps} rps
 * @param {string} mpinId
 * @returns {Promise<Permit | undefined>}
 */
export async function permitOf(rps, mpinId) {
    if (!rps.settings.timePermitsURL)
        return undefined;
    const kept = (await store.get(mpinId))?.permit;
    if (kept?.date === today(rps))
        return kept;
    const fetched = fetching.get(mpinId) ?? fetchPermit(rps, mpinId, kept).finally(() => fetching.delete(mpinId));
    fetching.set(mpinId, fetched);
    return fetched;
}
