// SPDX-License-Identifier: Apache-2.0
// The client's half of M-Pin, on any curve. Points travel as 04 || X || Y in lower-case hex.
//   token = secret - pin*H(id)    U = x*H(id)    V = -(x + y)*(token + pin*H(id))
// and where time permits are wanted, for a day
//   UT = x*(H(id) + H_T)          V = -(x + y)*(token + pin*H(id) + permit)
// Secrets and permits may come in shares, from more than one D-TA: they are added up.

import { fromHex, sha256, toHex } from './bytes.js';

/** @typedef {import('@noble/curves/abstract/weierstrass.js').WeierstrassPoint<bigint>} Point */

/**
 * @typedef {object} Curve
 * @property {import('@noble/curves/abstract/weierstrass.js').WeierstrassPointCons<bigint>} G1
 * @property {bigint} order
 * @property {number} bytes of a coordinate and of a scalar on the wire
 * @property {(hash: Uint8Array<ArrayBuffer>) => Promise<Point>} identityPoint H(id) of SHA-256(mpinId)
 * @property {(date: Uint8Array, hash: Uint8Array) => Promise<Point>} permitPoint H_T; the day in 4 bytes, big-endian
 */

/** @param {Curve} curve */
export function mPin({ G1, order, bytes, identityPoint, permitPoint }) {
    const wire = new RegExp(`^04[0-9a-f]{${4 * bytes}}$`);
    const scalar = new RegExp(`^[0-9a-f]{${2 * bytes}}$`);

    /** @param {Point} point */
    const encode = (point) => toHex(point.toBytes(false));

    /**
     * A point of the wire; throws unless it is on the curve, in the subgroup and not the identity.
     * @param {string} hex
     */
    function decode(hex) {
        if (!wire.test(hex))
            throw new Error('not a point');
        const point = G1.fromHex(hex);
        point.assertValidity();
        return point;
    }

    /**
     * The sum of several D-TAs' shares.
     * @param {Point} sum
     * @param {string[]} shares hex
     */
    const add = (sum, shares) => shares.reduce((total, share) => total.add(decode(share)), sum);

    /**
     * pin*H. The digits are an integer, so that 0007 is 7; 0000 is the identity.
     * @param {Uint8Array} pin digits 0 to 9
     * @param {Point} h
     */
    function pinPoint(pin, h) {
        const number = BigInt(pin.reduce((value, digit) => value * 10 + digit, 0));
        return number ? h.multiply(number) : G1.ZERO;
    }

    return {
        /**
         * H(id), the identity's point; with a day number H_T, the point that a permit of that day is made for.
         * @param {string} mpinId hex
         * @param {number} [date]
         */
        async point(mpinId, date) {
            const hash = await sha256(fromHex(mpinId));
            return date ? permitPoint(Uint8Array.of(date >> 24, date >> 16, date >> 8, date), hash) : identityPoint(hash);
        },

        /**
         * The token, which this device keeps: the client secret without its PIN.
         * @param {string[]} shares of the secret, hex
         * @param {Point} h
         * @param {Uint8Array} pin
         */
        makeToken: (shares, h, pin) => encode(add(G1.ZERO, shares).subtract(pinPoint(pin, h))),

        /**
         * Pass 1: a random x, 1 <= x < r, from so many bits more than r has that its bias is none; U = x*H, and
         * with a permit's point UT.
         * @param {Point} h
         * @param {Point} [permit] the day's point where there are time permits
         */
        commit(h, permit) {
            const random = crypto.getRandomValues(new Uint8Array(64));
            const x = BigInt('0x' + toHex(random)) % (order - 1n) + 1n;
            random.fill(0);
            return { x, U: encode(h.multiply(x)), UT: permit ? encode(h.add(permit).multiply(x)) : '' };
        },

        /**
         * Pass 2. An x must never answer two different y: the caller forgets it.
         * @param {bigint} x
         * @param {string} y hex
         * @param {string} token hex
         * @param {Point} h
         * @param {Uint8Array} pin
         * @param {string[]} [permits] shares of the day's time permit, hex
         */
        prove(x, y, token, h, pin, permits = []) {
            const challenge = scalar.test(y) ? BigInt('0x' + y) : 0n;
            const sum = (x + challenge) % order;
            if (!challenge || challenge >= order || !sum)
                throw new Error('not a challenge');
            return encode(add(decode(token).add(pinPoint(pin, h)), permits).multiply(order - sum));
        },
    };
}
