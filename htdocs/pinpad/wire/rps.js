// SPDX-License-Identifier: Apache-2.0
// The RPS and the relying party: each of their requests that every pad makes.

import { exchange, RpsError } from './exchange.js';

const SUITE = 'BLS12381-MPIN-NU'; // the one that worker.js computes

/**
 * The part of clientSettings that this pad reads.
 * @typedef {object} Settings
 * @property {string} registerURL
 * @property {string} signatureURL
 * @property {string} setupDoneURL
 * @property {string} mpinAuthServerURL
 * @property {string} authenticateURL
 * @property {string} [appID]
 * @property {string} [certivoxURL] of the second D-TA
 * @property {string} [timePermitsURL] where time permits are on
 * @property {string} [timePermitsStorageURL]
 * @property {number} [serverTime] ms
 * @property {boolean} [secondDTA] there is one on another origin
 * @property {string} [suite] a Milagro server's has none
 * @property {number} pinLength
 * @property {string} title
 * @property {string} [contact] whom people may ask
 * @property {string[]} registration
 * @property {string} [siteURL] the site's own origin
 * @property {string} [accountURL] where people let devices go
 * @property {{user: string, fresh?: boolean} | null} signedIn not fresh: signed in too long ago to set up a PIN
 * @property {string} [forgotten] the user whose PIN this browser had, by a cookie
 * @property {boolean} [forgottenOpen] that name was free, and nobody has proven it
 * @property {string} [userData] names who registers; an RPS elsewhere hands it back to the site
 * @property {string} loginURL
 * @property {boolean} [passwords] the page there takes them
 * @property {boolean} [setDeviceName]
 * @property {boolean} [requestOTP] a login has a one-time code
 * @property {string} [getAccessNumberURL] where phones may sign in other computers; so are all below
 * @property {string} [getQrUrl]
 * @property {string} [mobilePage] the phone's page, where the site has one that the RPS does not know
 * @property {string} [accessNumberURL] the one that is polled
 * @property {string} [codeStatusURL]
 * @property {string} [mobileAuthenticateURL]
 * @property {number} [accessNumberDigits] 7 with a check digit
 */

/** The first share of a secret, or that it is there. @typedef {{clientSecretShare: string, params?: string, deviceKey?: string, active?: boolean}} Signature */

export class Rps {
    /**
     * A permit's second share as it may be stored somewhere; only Milagro servers say where.
     * @type {((date: number, storageId: string) => Promise<string | undefined>) | undefined}
     */
    storedPermit;

    /**
     * @param {string} url absolute address of clientSettings
     * @param {Settings} settings
     * @param {RequestCredentials} credentials
     */
    constructor(url, settings, credentials) {
        this.settings = settings;
        /** A person may begin with a name. */
        this.takesNames = settings.registration?.some((way) => ['open', 'mail', 'application'].includes(way));
        this.worker = 'worker.js'; // the script of the suite's mathematics
        this.mobile = 0; // 1: identities that are made here are a phone's
        /** @param {string} path */
        this.at = (path) => new URL(path, url).href;
        this.id = this.at(settings.mpinAuthServerURL);
        /** The lead of the server's clock before ours, ms. */
        this.skew = (settings.serverTime ?? Date.now()) - Date.now();
        /** @param {string} path @param {object} [body] @param {{method?: string, limit?: number}} [more] */
        this.ask = (path, body, more) => exchange(this.at(path), { body, credentials, ...more });
    }

    /** The site's own origin, where this page is one of its but open at another; else undefined. */
    get elsewhere() {
        const { siteURL } = this.settings;
        return new URL(this.at('/')).origin === location.origin && siteURL !== location.origin ? siteURL : undefined;
    }

    /**
     * True where a PIN may be set up for that user now: by the application's word, by mail, or signed in a moment ago.
     * @param {string} user
     */
    proves(user) {
        const { registration, signedIn } = this.settings;
        return registration.includes('application') || (registration.includes('mail') && user.includes('@'))
            || (signedIn?.user === user && signedIn.fresh !== false);
    }

    /** True where this browser had a PIN of that user and has lost it. @param {string} user */
    forgot(user) {
        return this.settings.forgotten?.toLowerCase() === user.toLowerCase();
    }

    /**
     * True where nobody has proven the name: it was free. Devices that were set up long ago don't know.
     * @param {{open?: boolean}} identity
     */
    unproven({ open }) {
        return open ?? this.settings.registration.includes('open');
    }

    /** Reads clientSettings. @param {string} url */
    static async open(url) {
        /** @type {RequestCredentials} */
        let credentials = 'include';
        const settings = await exchange(url).catch((error) => {
            // Milagro servers let pages of other origins in, but not their cookies.
            if (error.status || new URL(url).origin === location.origin)
                throw error;
            credentials = 'omit';
            return exchange(url, { credentials });
        });
        if ((settings.suite ?? SUITE) !== SUITE)
            throw new RpsError(501, { message: 'suite ' + settings.suite });
        return new Rps(url, settings, credentials);
    }

    /**
     * Registers a name. `replaces` is the mpinId of the identity whose PIN is forgotten; `old` is the registration whose
     * mail did not come.
     * @param {{user: string, device: string, replaces?: string, old?: {mpinId: string, regOTT: string}}} registration
     * @returns {Promise<{mpinId: string, regOTT: string, active: boolean, confirm?: string, expireTime?: string,
     *     nowTime?: string}>}
     */
    register({ user, device, replaces, old }) {
        const id = old ? '/' + old.mpinId : '';
        const body = {
            userId: user, mobile: this.mobile, deviceName: device || undefined, replaces, regOTT: old?.regOTT, confirm: 1,
            userData: this.settings.userData, forgotten: !replaces && this.forgot(user) ? 1 : undefined,
        };
        const put = () => this.ask(this.settings.registerURL + id, body, { method: 'PUT' });
        // Something in front of a site may know GET and POST only. Milagro's servers, and ours of before, know PUT only.
        return !this.settings.suite ? put() : this.ask(this.settings.mpinAuthServerURL + '/register' + id, body)
            .catch((error) => [404, 405].includes(error.status) ? put() : Promise.reject(error));
    }

    /**
     * @param {string} mpinId
     * @param {string} regOTT
     * @param {boolean} [peek] only to see whether it is active; where it is not understood, the secret comes
     * @returns {Promise<Signature>}
     */
    signature(mpinId, regOTT, peek) {
        return this.ask(this.settings.signatureURL + '/' + mpinId, { regOTT, peek });
    }

    /**
     * A device asks how it stands, which is refused as a sign-in would be, or gives itself up. Without its key it is
     * refused, too.
     * @param {'standing' | 'remove'} what
     * @param {{mpinId: string, key?: string}} device
     */
    device(what, { mpinId, key }) {
        return this.ask(this.id + '/' + what, { mpin_id: mpinId, deviceKey: key });
    }

    /**
     * @param {string} mpinId
     * @returns {Promise<{timePermit: string, date: number, signature: string, storageId: string}>}
     */
    timePermit(mpinId) {
        return this.ask(this.settings.timePermitsURL + '/' + mpinId, {});
    }

    /** @param {string} mpinId */
    setupDone(mpinId) {
        return this.ask(this.settings.setupDoneURL + '/' + mpinId, {});
    }

    /**
     * @param {string} mpinId
     * @param {{U: string, UT: string}} commitment
     * @returns {Promise<{y: string, passId: string}>}
     */
    pass1(mpinId, { U, UT }) {
        return this.ask(this.id + '/pass1', { mpin_id: mpinId, U, UT, pass: 1 });
    }

    /**
     * @param {string} mpinId
     * @param {string} V
     * @param {string} passId
     * @param {string} [wid] the code of another computer; else this browser is the one that signs in
     * @returns {Promise<{authOTT: string, OTP?: string}>}
     */
    pass2(mpinId, V, passId, wid = '0') {
        return this.ask(this.id + '/pass2', {
            mpin_id: mpinId, V, WID: wid, OTP: wid === '0' && !!this.settings.requestOTP, pass: 2, passId,
        });
    }

    /**
     * Hands pass2's answer to the page's own relying party, as Milagro's pad does.
     * @param {object} mpinResponse
     * @param {string} back the place that is wanted, or ''
     * @returns {Promise<{user?: string, location?: string, ttlSeconds?: number, deviceKey?: string}>}
     */
    authenticate(mpinResponse, back) {
        return exchange(new URL(this.settings.authenticateURL, document.baseURI).href,
            { body: { mpinResponse, return: back } })
            .catch((error) => {
                if (!this.settings.siteURL)
                    error.code ??= 'relying_party'; // an application's own refusals need no code
                throw error;
            });
    }
}
