// SPDX-License-Identifier: Apache-2.0
// G1 of BN254CX, the curve of the original Milagro servers, and their way of hashing into it. Prime order: every point
// of the curve is in the group.

import { Field } from '@noble/curves/abstract/modular.js';
import { weierstrass } from '@noble/curves/abstract/weierstrass.js';
import { join, sha256, toHex } from './bytes.js';

const P = 0x2400000008702a0db0bddf647a6366d3243fd6ee18093ee1be6623ef5c1b55b3n;
const N = 0x2400000008702a0db0bddf647a6366d2c43fd6ee0cc906cebe11c0a636eb1f6dn;

const Fp = Field(P);

export const G1 = weierstrass({ p: P, n: N, h: 1n, a: 0n, b: 2n, Gx: P - 1n, Gy: 1n });

/**
 * The original's mapit: the first x from the hash on that some point has, and of its two points the one whose y is
 * even.
 * @param {Uint8Array} hash
 */
function mapToCurve(hash) {
    for (let x = Fp.create(BigInt('0x' + toHex(hash)));; x = Fp.add(x, 1n)) {
        const square = Fp.add(Fp.mul(Fp.sqr(x), x), 2n);
        const y = Fp.pow(square, (P + 1n) / 4n); // a root, if it has one: p = 3 mod 4
        if (Fp.eql(Fp.sqr(y), square))
            return G1.fromAffine({ x, y: y & 1n ? Fp.neg(y) : y });
    }
}

/** @type {import('./mpin.js').Curve} */
export const BN254CX = {
    G1,
    order: N,
    bytes: 32,
    identityPoint: async (hash) => mapToCurve(hash),
    permitPoint: async (date, hash) => mapToCurve(await sha256(join(date, hash))),
};
