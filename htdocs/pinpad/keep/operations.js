// SPDX-License-Identifier: Apache-2.0
// The Worker's half of the vault, on the curve that it is given: mathematics off the page's thread, and the only place
// where a token is in the clear.

import { mPin } from '../curve/mpin.js';
import { get, put, seal, unseal } from './store.js';

/** @typedef {ReturnType<typeof operationsOn>} Operations */

/** @param {import('../curve/mpin.js').Curve} curve */
export function operationsOn(curve) {
    const mpin = mPin(curve);

    /** H(id) by mpinId, and points of permits. @type {Map<string, Promise<import('../curve/mpin.js').Point>>} */
    const points = new Map();

    /** The last pass 1, until it is used, once. @type {{x: bigint, U: string} | undefined} */
    let commitment;

    /** @param {string} mpinId @param {number} [date] */
    function point(mpinId, date) {
        const name = `${date} ${mpinId}`;
        const known = points.get(name) ?? mpin.point(mpinId, date);
        points.set(name, known);
        return known;
    }

    return {
        /**
         * Makes the token of a new identity and stores its record.
         * @param {{mpinId: string, rps: string, user: string, device: string, key?: string, open?: boolean, secret: string[],
         *     pin: Uint8Array}} request
         */
        async keep({ mpinId, rps, user, device, key, open, secret, pin }) {
            const token = mpin.makeToken(secret, await point(mpinId), pin);
            const sealed = await seal(rps, mpinId, token);
            await put({ mpinId, rps, user, device, key, open, state: '', added: Date.now(), used: 0, ...sealed });
        },

        /** Computes H(id) ahead of its use. @param {{mpinId: string}} request */
        async prepare({ mpinId }) {
            await point(mpinId);
        },

        /** @param {{mpinId: string, date?: number}} request date: the day of the permit that will be used */
        async commit({ mpinId, date }) {
            const { x, U, UT } = mpin.commit(await point(mpinId), date ? await point(mpinId, date) : undefined);
            commitment = { x, U };
            return { U, UT };
        },

        /** @param {{mpinId: string, U: string, y: string, permits: string[], pin: Uint8Array}} request */
        async prove({ mpinId, U, y, permits, pin }) {
            const first = commitment;
            commitment = undefined;
            const identity = await get(mpinId);
            if (first?.U !== U || !identity)
                throw new Error('gone');
            return mpin.prove(first.x, y, await unseal(identity), await point(mpinId), pin, permits);
        },
    };
}
