// SPDX-License-Identifier: Apache-2.0
// M-Pin on the original's curve BN254CX, as its servers and its clients compute it: milagro-crypto-js with bytes in
// and out as lower-case hex.

import CTX from 'milagro-crypto-js';
import { createHash, createHmac, randomBytes } from 'node:crypto';

const ctx = new CTX('BN254CX');
const { MPIN } = ctx;
const SHA256 = 32;

/** Its generator gives the same numbers in every process until it is seeded. */
const rng = new ctx.RAND();
rng.clean();
rng.seed(128, [...randomBytes(128)]);

const toHex = (bytes) => Buffer.from(bytes).toString('hex');
const fromHex = (hex) => [...Buffer.from(hex, 'hex')];

/** What a call writes into its last argument; throws when it refuses. */
function made(call) {
    const out = [];
    const code = call(out);
    if (code !== 0)
        throw new Error(`milagro-crypto-js: ${code}`);
    return toHex(out);
}

export const day = (now) => Math.floor(now / 86_400_000);
export const hashId = (mpinId) => createHash('sha256').update(Buffer.from(mpinId, 'hex')).digest('hex');
export const hmac = (key, text) => createHmac('sha256', Buffer.from(key, 'hex')).update(text).digest('hex');

// ---- D-TA --------------------------------------------------------------------------------------

export const randomScalar = () => made((out) => MPIN.RANDOM_GENERATE(rng, out));
export const serverSecret = (master) => made((out) => MPIN.GET_SERVER_SECRET(fromHex(master), out));
export const clientSecret = (master, hash) => made((out) => MPIN.GET_CLIENT_SECRET(fromHex(master), fromHex(hash), out));
export const timePermit = (master, date, hash) =>
    made((out) => MPIN.GET_CLIENT_PERMIT(SHA256, date, fromHex(master), fromHex(hash), out));

export const addG1 = (a, b) => made((out) => MPIN.RECOMBINE_G1(fromHex(a), fromHex(b), out));
export const addG2 = (a, b) => made((out) => MPIN.RECOMBINE_G2(fromHex(a), fromHex(b), out));

// ---- RPS ---------------------------------------------------------------------------------------

/** Whether V answers y; a point that is none is a wrong answer, as it is at the original. */
export function verify(secret, date, mpinId, { U, UT, y }, V) {
    const hid = [], htid = [];
    MPIN.SERVER_1(SHA256, date, fromHex(mpinId), hid, htid);
    return MPIN.SERVER_2(date, hid, htid, fromHex(y), fromHex(secret), fromHex(U), fromHex(UT), fromHex(V),
        null, null, null) === 0;
}

// ---- client ------------------------------------------------------------------------------------

export function makeToken(mpinId, secret, pin) {
    const token = fromHex(secret);
    const code = MPIN.EXTRACT_PIN(SHA256, fromHex(mpinId), pin, token);
    if (code !== 0)
        throw new Error(`milagro-crypto-js: ${code}`);
    return toHex(token);
}

/** U and UT of pass 1, and prove(y) which makes V. With an x of the caller's it is drawn by nobody. */
export function commit(mpinId, token, pin, date, permit, x) {
    const X = x ? fromHex(x) : [], secret = [], u = [], ut = [];
    const code = MPIN.CLIENT_1(SHA256, date, fromHex(mpinId), x ? null : rng, X, pin, fromHex(token), secret, u, ut,
        fromHex(permit));
    if (code !== 0)
        throw new Error(`milagro-crypto-js: ${code}`);
    return {
        U: toHex(u),
        UT: toHex(ut),
        prove(y) {
            const v = secret.slice();
            MPIN.CLIENT_2(X, fromHex(y), v);
            return toHex(v);
        },
    };
}
