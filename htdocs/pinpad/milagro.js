// What a Milagro server does otherwise than ours. A script of its own, because nobody else needs it.

/** @typedef {import('./rps.js').Rps} Rps */

const LIMIT = 10_000; // ms

/** What its clientSettings do not say. */
const UNSAID = { pinLength: 4, title: location.hostname, registration: ['open'], signedIn: null, loginURL: '' };

/** @param {Rps} rps opened just now */
export function adapt(rps) {
    const pass2 = rps.pass2.bind(rps);
    const settings = { ...UNSAID, ...rps.settings };
    Object.assign(rps, /** @type {Partial<Rps>} */ ({
        settings,
        worker: 'worker-bncx.js',

        // It tells its day with a permit and not before: so that a permit of yesterday's is never taken for a wrong
        // PIN, one is asked for each time.
        skew: NaN,

        signature: (mpinId, regOTT) => rps.ask(`${settings.signatureURL}/${mpinId}?regOTT=${regOTT}`),

        timePermit: (mpinId) => rps.ask(`${settings.timePermitsURL}/${mpinId}`).catch((error) => {
            // This is how it withdraws a device; its refusals carry no code.
            if ([401, 403, 410].includes(error.status))
                Object.assign(error, { status: 403, code: 'identity_revoked' });
            throw error;
        }),

        storedPermit: (date, storageId) => fetch(
            rps.at([settings.timePermitsStorageURL, settings.appID, date, storageId].join('/')),
            { credentials: 'omit', redirect: 'error', signal: AbortSignal.timeout(LIMIT) },
        ).then(async (response) => response.ok ? (await response.text()).trim() : undefined, () => undefined),

        pass2: (...pass) => pass2(...pass).catch((error) => {
            if (error.message === 'Invalid pass one data')
                error.status = 408; // as we say it
            throw error;
        }),
    }));
}
