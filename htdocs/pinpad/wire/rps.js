// The wire: requests to the RPS and to the relying party, each with a time limit, refusals as one kind of error.

const LIMIT = 10_000; // ms
const SUITE = 'BLS12381-MPIN-NU'; // what mpin.js computes

/**
 * @typedef {object} Settings what clientSettings says, as far as this pad reads it
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
 * @property {string[]} registration
 * @property {{user: string} | null} signedIn
 * @property {string} [userData] what an RPS elsewhere hands back to the site: who registers
 * @property {string} loginURL
 * @property {boolean} [setDeviceName]
 * @property {boolean} [requestOTP] a login has a one-time code
 * @property {string} [getAccessNumberURL] where phones may sign in other computers; so are all below
 * @property {string} [getQrUrl]
 * @property {string} [accessNumberURL] the one that is polled
 * @property {string} [codeStatusURL]
 * @property {string} [mobileAuthenticateURL]
 * @property {number} [accessNumberDigits] 7 with a check digit
 */

/** A refusal, or (status 0) no answer at all. */
export class RpsError extends Error {
    /**
     * @param {number} status
     * @param {{code?: string, message?: string, id?: string, retryAfter?: number, attemptsLeft?: number}} body
     */
    constructor(status, body = {}) {
        super(body.message ?? String(status));
        this.status = status;
        this.code = body.code;
        this.id = body.id;
        this.retryAfter = body.retryAfter ?? 30;
        this.attemptsLeft = body.attemptsLeft;
        /** The host that gave no answer, where it is not the site's. @type {string | undefined} */
        this.host = undefined;
    }
}

/**
 * @param {string} url
 * @param {string} [method]
 * @param {object} [body]
 * @param {RequestCredentials} [credentials]
 * @param {number} [limit] ms
 */
export async function exchange(url, method = 'GET', body, credentials = 'include', limit = LIMIT) {
    /** @type {Response} */
    let response;
    let text;
    try {
        response = await fetch(url, {
            method,
            credentials,
            cache: 'no-store',
            redirect: 'error',
            headers: body && { 'Content-Type': 'application/json' },
            body: body && JSON.stringify(body),
            signal: AbortSignal.timeout(limit),
        });
        text = await response.text();
    } catch {
        throw new RpsError(0);
    }
    const answer = parse(text);
    if (response.ok && answer)
        return answer;
    throw new RpsError(response.ok ? 502 : response.status,
        { ...answer, retryAfter: Number(answer?.retryAfter ?? response.headers.get('Retry-After')) || undefined });
}

/**
 * The JSON of a body, {} for an empty one, undefined for what is none: a proxy's page.
 * @param {string} text
 */
function parse(text) {
    try {
        return JSON.parse(text || '{}');
    } catch {
        return undefined;
    }
}

export class Rps {
    /**
     * @param {string} url absolute address of clientSettings
     * @param {Settings} settings
     * @param {RequestCredentials} credentials
     */
    constructor(url, settings, credentials) {
        this.settings = settings;
        /** Whether a person may begin with a name. */
        this.takesNames = settings.registration?.some((way) => ['open', 'mail', 'application'].includes(way));
        this.worker = 'worker.js'; // the script of the suite's mathematics
        this.mobile = 0; // 1: identities that are made here are a phone's
        /** @param {string} path */
        this.at = (path) => new URL(path, url).href;
        this.id = this.at(settings.mpinAuthServerURL);
        /** How far the server's clock is ahead of ours, ms. */
        this.skew = (settings.serverTime ?? Date.now()) - Date.now();
        /** @param {string} path @param {string} [method] @param {object} [body] @param {number} [limit] */
        this.ask = (path, method, body, limit) => exchange(this.at(path), method, body, credentials, limit);
    }

    /** @param {string} url */
    static async open(url) {
        /** @type {RequestCredentials} */
        let credentials = 'include';
        const settings = await exchange(url).catch((error) => {
            // Milagro servers let pages of other origins in, but not their cookies.
            if (error.status || new URL(url).origin === location.origin)
                throw error;
            return exchange(url, 'GET', undefined, credentials = 'omit');
        });
        if ((settings.suite ?? SUITE) !== SUITE)
            throw new RpsError(501, { message: 'suite ' + settings.suite });
        return new Rps(url, settings, credentials);
    }

    /**
     * @param {string} userId
     * @param {string} deviceName
     * @param {string} [replaces] mpinId of the identity whose PIN is forgotten
     * @param {{mpinId: string, regOTT: string}} [old] the registration whose mail did not come
     * @returns {Promise<{mpinId: string, regOTT: string, active: boolean, confirm?: string}>}
     */
    register(userId, deviceName, replaces, old) {
        return this.ask(this.settings.registerURL + (old ? '/' + old.mpinId : ''), 'PUT', {
            userId, mobile: this.mobile, deviceName: deviceName || undefined, replaces, regOTT: old?.regOTT, confirm: 1,
            userData: this.settings.userData,
        });
    }

    /**
     * @param {string} mpinId
     * @param {string} regOTT
     * @returns {Promise<{clientSecretShare: string, params?: string}>}
     */
    signature(mpinId, regOTT) {
        return this.ask(this.settings.signatureURL + '/' + mpinId, 'POST', { regOTT });
    }

    /**
     * @param {string} mpinId
     * @returns {Promise<{timePermit: string, date: number, signature: string, storageId: string}>}
     */
    timePermit(mpinId) {
        return this.ask(this.settings.timePermitsURL + '/' + mpinId, 'POST', {});
    }

    /**
     * A permit's second share as it may be stored somewhere; only Milagro servers say where.
     * @param {number} _date
     * @param {string} _storageId
     * @returns {Promise<string | undefined>}
     */
    async storedPermit(_date, _storageId) {
        return undefined;
    }

    /** @param {string} mpinId */
    setupDone(mpinId) {
        return this.ask(this.settings.setupDoneURL + '/' + mpinId, 'POST', {});
    }

    /**
     * @param {string} mpinId
     * @param {{U: string, UT: string}} commitment
     * @returns {Promise<{y: string, passId: string}>}
     */
    pass1(mpinId, { U, UT }) {
        return this.ask(this.id + '/pass1', 'POST', { mpin_id: mpinId, U, UT, pass: 1 });
    }

    /**
     * @param {string} mpinId
     * @param {string} V
     * @param {string} passId
     * @param {string} [wid] the code of another computer; else this browser is the one that signs in
     * @returns {Promise<{authOTT: string, OTP?: string}>}
     */
    pass2(mpinId, V, passId, wid = '0') {
        return this.ask(this.id + '/pass2', 'POST', { mpin_id: mpinId, V, WID: wid, OTP: wid === '0' && !!this.settings.requestOTP, pass: 2, passId });
    }

    /**
     * Posted to the page's own relying party, as Milagro's pad does.
     * @param {object} mpinResponse pass2's answer
     * @param {string} state login nonce, or ''
     * @returns {Promise<{user?: string, location?: string, ttlSeconds?: number}>}
     */
    authenticate(mpinResponse, state) {
        return exchange(new URL(this.settings.authenticateURL, document.baseURI).href, 'POST',
            { mpinResponse, state });
    }
}
