// SPDX-License-Identifier: Apache-2.0
// A Milagro server does some things otherwise than ours. A script of its own, because nobody else needs it.

/** @typedef {import('./rps.js').Rps} Rps */

const LIMIT = 10_000; // ms
const FRESH = 10_000; // ms that a permit's first share is used for

/** Its clientSettings do not say these. */
const UNSAID = { pinLength: 4, title: location.hostname, registration: ['application'], signedIn: null, loginURL: '' };

/** @param {Rps} rps opened just now */
export function adapt(rps) {
    const pass2 = rps.pass2.bind(rps);
    const register = rps.register.bind(rps);
    const settings = { ...UNSAID, ...rps.settings };
    /** The last permit asked for. @type {{mpinId: string, at: number, answer: ReturnType<Rps['timePermit']>} | undefined} */
    let last;
    Object.assign(rps, /** @type {Partial<Rps>} */ ({
        settings,
        takesNames: rps.takesNames ?? true, // a site in front of it says so, applications let people begin
        worker: 'worker-bncx.js',

        // It tells its day with a permit and not before: one is asked for at each sign-in, because yesterday's would be
        // taken for a wrong PIN.
        skew: NaN,

        // It leaves out why. Where it has one of our sites for its relying party, most likely the name is known there.
        register: (wish) => register(wish).catch((error) => {
            if (error.status === 403 && settings.loginURL && settings.signedIn?.user !== wish.user)
                error.code ??= 'name_taken';
            throw error;
        }),

        signature: (mpinId, regOTT) => rps.ask(`${settings.signatureURL}/${mpinId}?regOTT=${regOTT}`),

        timePermit(mpinId) {
            if (last?.mpinId === mpinId && Date.now() - last.at < FRESH)
                return last.answer;
            const answer = rps.ask(`${settings.timePermitsURL}/${mpinId}`).catch((error) => {
                last = undefined;
                // This is how it withdraws a device; its refusals carry no code.
                if ([401, 403, 410].includes(error.status))
                    Object.assign(error, { status: 403, code: 'identity_revoked' });
                throw error;
            });
            last = { mpinId, at: Date.now(), answer };
            return answer;
        },

        // "" where the server's D-TA names no storage.
        storedPermit: (date, storageId) => !settings.timePermitsStorageURL ? Promise.resolve(undefined) : fetch(
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
