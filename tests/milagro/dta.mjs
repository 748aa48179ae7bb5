// SPDX-License-Identifier: Apache-2.0
// A D-TA of the original: holds one master share and trusts whoever can sign with the application's key.

import { answer, Refusal, serve } from './http.mjs';
import { clientSecret, day, hmac, randomScalar, serverSecret, timePermit } from './bn254cx.mjs';

const SERVICE = { service_name: 'D-TA server' };
const plain = (status, message) => answer(status, message, { ...SERVICE, message });
const refuse = (status, message, code) => new Refusal(status, message, code ? { message, code } : { message });
const iso = (ms) => new Date(ms).toISOString().slice(0, 19) + 'Z';

/** The named parameters, each once; the original refuses the first that is missing. */
function take(query, ...names) {
    const missing = names.find((name) => !query.has(name));
    if (missing)
        throw refuse(403, `Missing argument ${missing}`);
    return names.map((name) => query.get(name));
}

/**
 * @param {{port: number, appId: string, appKey: string, clock: () => number}} options
 * @returns {Promise<() => Promise<void>>} how to end it
 */
export function startDta({ port, appId, appKey, clock }) {
    const master = randomScalar();
    const started = iso(clock());

    const check = (signature, message, expires) => {
        if (signature !== hmac(appKey, message))
            throw refuse(401, 'Invalid signature', 401);
        if (!(Date.parse(expires) >= clock()))
            throw refuse(408, 'Request expired', 408);
    };
    /** The permits' requests are signed over the identity's hash alone, and refused in words of their own. */
    const permitHash = (query) => {
        const hash = query.get('hash_mpin_id');
        const signature = query.get('signature');
        if (!hash || !signature)
            throw new Refusal(403, 'FORBIDDEN', { ...SERVICE, message: 'FORBIDDEN' });
        if (signature !== hmac(appKey, hash))
            throw new Refusal(401, 'UNAUTHORIZED', { ...SERVICE, message: 'UNAUTHORIZED' });
        return hash;
    };

    return serve({
        port,
        missing: () => plain(404, 'NOT FOUND'),
        routes: [
            ['GET', /^\/serverSecret$/, ({ query }) => {
                const [app, expires, signature] = take(query, 'app_id', 'expires', 'signature');
                check(signature, 'serverSecret' + app + expires, expires);
                return answer(200, 'OK', { message: 'OK', serverSecret: serverSecret(master), startTime: started });
            }],
            ['GET', /^\/clientSecret$/, ({ query }) => {
                const [app, expires, hash, user, signature] =
                    take(query, 'app_id', 'expires', 'hash_mpin_id', 'hash_user_id', 'signature');
                if (!/^([0-9a-f]{2})*$/.test(hash))
                    throw refuse(403, 'Invalid data received. Hex object could be decoded');
                if (hash.length !== 64)
                    throw refuse(403, 'Invalid data received. hash_mpin_id should be 64 bytes');
                check(signature, 'clientSecret' + app + hash + user + expires, expires);
                if (app !== appId)
                    throw refuse(401, 'Invalid signature', 401);
                return answer(200, 'OK', { clientSecret: clientSecret(master, hash), message: 'OK' });
            }],
            ['GET', /^\/timePermit$/, ({ query }) => {
                const hash = permitHash(query);
                return answer(200, 'OK', { message: 'OK', timePermit: timePermit(master, day(clock()), hash) });
            }],
            ['GET', /^\/timePermits$/, ({ query }) => {
                const hash = permitHash(query);
                const count = query.get('count') ?? '';
                if (!/^\d+$/.test(count))
                    return plain(403, 'FORBIDDEN');
                const first = day(clock());
                const permits = Array.from({ length: Number(count) }, (_, i) =>
                    [String(first + i), timePermit(master, first + i, hash)]);
                return answer(200, 'OK', { timePermits: Object.fromEntries(permits), message: 'OK' });
            }],
            ['GET', /^\/status$/, () => answer(200, 'OK', { ...SERVICE, message: 'OK', startTime: [started] })],
        ],
    });
}
