// SPDX-License-Identifier: Apache-2.0
// One request and its answer, with a time limit; refusals are one kind of error.

const LIMIT = 10_000; // ms

export const DEVICE = -1; // the status of an error of this device's own

/** A device that has a PIN for a name; times in ms. @typedef {{deviceName: string, added: number, lastUsed: number}} Device */

/** A refusal, or (status 0) no answer at all. */
export class RpsError extends Error {
    /** The host that gave no answer, where it is not the site's. @type {string | undefined} */
    host;
    /** What was asked, where something was. @type {string | undefined} */
    url;

    /** The one that a name may not have. @type {string | undefined} */
    character;

    /**
     * @param {number} status
     * @param {{code?: string, message?: string, id?: string, retryAfter?: number, attemptsLeft?: number, character?: string,
     *     devices?: Device[]}} body
     */
    constructor(status, body = {}) {
        super(body.message ?? String(status));
        this.status = status;
        this.code = body.code;
        this.id = body.id;
        this.character = body.character;
        this.retryAfter = body.retryAfter ?? 30;
        this.attemptsLeft = body.attemptsLeft;
        this.devices = body.devices;
    }

    /** Nothing was decided: no answer came, or the server is in trouble. The same may be asked again later. */
    get unheard() {
        return !this.status || this.status >= 500;
    }
}

/**
 * Asks with GET, or with POST where there is a body.
 * @param {string} url
 * @param {{body?: object, method?: string, credentials?: RequestCredentials, limit?: number}} [options] limit in ms
 * @returns {Promise<any>}
 */
export async function exchange(url, { body, method = body ? 'POST' : 'GET', credentials = 'include', limit = LIMIT } = {}) {
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
        throw Object.assign(new RpsError(0), { url });
    }
    const answer = parse(text);
    if (response.ok && answer)
        return answer;
    const said = { ...answer, retryAfter: Number(answer?.retryAfter ?? response.headers.get('Retry-After')) || undefined };
    throw Object.assign(new RpsError(response.ok ? 502 : response.status, said), { url });
}

/**
 * The JSON of a body, {} for an empty one, undefined for anything else: a proxy's page.
 * @param {string} text
 */
function parse(text) {
    try {
        return JSON.parse(text || '{}');
    } catch {
        return undefined;
    }
}

/**
 * A script that few need is fetched when it is wanted; one that does not come is as a server that does not answer, unless
 * somebody says that there is none.
 * @param {string} url
 */
export const script = (url) => Promise.race([import(url), new Promise((_, reject) => setTimeout(reject, LIMIT))])
    .catch(async () => {
        const { status = 0 } = await fetch(url, { signal: AbortSignal.timeout(LIMIT) }).catch(() => /** @type {any} */ ({}));
        throw new RpsError(status < 400 ? 0 : status);
    });
