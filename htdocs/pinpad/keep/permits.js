// SPDX-License-Identifier: Apache-2.0
// The day's time permit, which the device keeps.

import { timePermit } from '../wire/dta.js';
import * as store from './store.js';

/** @typedef {import('../wire/rps.js').Rps} Rps */
/** @typedef {import('../wire/dta.js').Permit} Permit */

const DAY = 86_400_000; // ms

/** The day by the server's clock, whatever this device's says. @param {Rps} rps */
const today = (rps) => Math.floor((Date.now() + rps.skew) / DAY);

/** Fetches that are under way, by mpinId. @type {Map<string, Promise<Permit>>} */
const fetching = new Map();

/**
 * The permit of the day; undefined where no permits are wanted.
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
    const fetched = fetching.get(mpinId) ?? timePermit(rps, mpinId, kept).then(async (permit) => {
        await store.update(mpinId, { permit }).catch(() => {}); // unkept it is good all the same
        return permit;
    }).finally(() => fetching.delete(mpinId));
    fetching.set(mpinId, fetched);
    return fetched;
}
