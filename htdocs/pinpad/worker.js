// The Worker: mathematics off the page's thread, and the only place where a token is in the clear.

import { commit, identityPoint, makeToken, permitPoint, prove } from './mpin.js';
import { get, put, seal, unseal } from './store.js';

/** H(id) by mpinId. @type {Map<string, ReturnType<typeof identityPoint>>} */
const points = new Map();

/** The last pass 1, until it is used, once. @type {{x: bigint, U: string, UT: string} | undefined} */
let commitment;

/** @param {string} mpinId */
function point(mpinId) {
    const known = points.get(mpinId) ?? identityPoint(mpinId);
    points.set(mpinId, known);
    return known;
}

const operations = {
    /**
     * Makes the token of a new identity and stores its record.
     * @param {{mpinId: string, rps: string, user: string, device: string, secret: string[], pin: Uint8Array}} request
     *   `secret`: its shares
     */
    async keep({ mpinId, rps, user, device, secret, pin }) {
        const token = makeToken(secret, await point(mpinId), pin);
        const sealed = await seal(rps, mpinId, token);
        await put({ mpinId, rps, user, device, state: '', added: Date.now(), used: 0, ...sealed });
    },

    /** Computes H(id) ahead of its use. @param {{mpinId: string}} request */
    async prepare({ mpinId }) {
        await point(mpinId);
    },

    /** @param {{mpinId: string, date?: number}} request `date`: that of the time permit, where there are any */
    async commit({ mpinId, date }) {
        commitment = commit(await point(mpinId), date === undefined ? undefined : await permitPoint(mpinId, date));
        return { U: commitment.U, UT: commitment.UT };
    },

    /** @param {{mpinId: string, U: string, y: string, permits: string[], pin: Uint8Array}} request */
    async prove({ mpinId, U, y, permits, pin }) {
        const first = commitment;
        commitment = undefined;
        const identity = await get(mpinId);
        if (first?.U !== U || !identity)
            throw new Error('gone');
        return prove(first.x, y, await unseal(identity), await point(mpinId), pin, permits);
    },
};

/** @typedef {typeof operations} Operations */

addEventListener('message', async ({ data: { id, name, request } }) => {
    try {
        postMessage({ id, value: await operations[/** @type {keyof Operations} */ (name)](request) });
    } catch (error) {
        postMessage({ id, error: String(error) });
    } finally {
        request.pin?.fill(0);
    }
});
