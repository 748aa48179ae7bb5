// SPDX-License-Identifier: Apache-2.0
// G1 of BLS12-381 and hashing into it: RFC 9380, encode_to_curve, BLS12381G1_XMD:SHA-256_SSWU_NU_.

// @noble/curves 2.0.1 is the smallest of its line for what is used here: 2.4.0 has 2 KB more on the wire.
import { Field } from '@noble/curves/abstract/modular.js';
import { weierstrass } from '@noble/curves/abstract/weierstrass.js';
import { join, sha256, toHex } from './bytes.js';

/** @typedef {import('./mpin.js').Point} Point */

const P = 0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn;
const R = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n;

const Fp = Field(P);
const DST = 'BLS12381G1_XMD:SHA-256_SSWU_NU_MPIN';

export const G1 = weierstrass({
    p: P, n: R, h: 0x396c8c005555e1568c00aaab0000aaabn, a: 0n, b: 4n,
    Gx: 0x17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bbn,
    Gy: 0x08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1n,
});

// The curve E' that is isogenous to G1's (RFC 9380, 8.8.1): y^2 = x^3 + A x + B, and the map's Z.
const A = 0x144698a3b8e9433d693a02c96d4982b0ea985383ee66a8d8e8981aefd881ac98936f8da0e0f97f5cf428082d584c1dn;
const B = 0x12e2908d11688030018b12e8753eee3b2016c1f0f24f4070a0b9c14fcef35ef55a23215a316ceaa5d1cc48e98e172be0n;
const Z = 11n;

// The 11-isogeny E' -> E (RFC 9380, E.2) from a third of its constants: its denominators are the square and the
// cube of the kernel's polynomial K, and an isogeny that is normalised but for the factor 1/11 has
// y' = y/11 * d/dx(N/K^2). Highest coefficient first.
const N = [
    0x6e08c248e260e70bd1e962381edee3d31d79d7e22c837bc23c0bf1bc24c6b68c24b1b80b64d391fa9c8ba2e8ba2d229n,
    0x10321da079ce07e272d8ec09d2565b0dfa7dccdde6787f96d50af36003b14866f69b771f8c285decca67df3f1605fb7bn,
    0x169b1f8e1bcfa7c42e0c37515d138f22dd2ecb803a0c5c99676314baf4bb1b7fa3190b2edc0327797f241067be390c9en,
    0x80d3cf1f9a78fc47b90b33563be990dc43b756ce79f5574a2c596c928c5d1de4fa295f296b74e956d71986a8497e317n,
    0x17b81e7701abdbe2e8743884d1117e53356de5ab275b4db1a682c62ef0f2753339b7c8f8c8f475af9ccb5618e3f0c88en,
    0xd6ed6553fe44d296a3726c38ae652bfb11586264f0f8ce19008e218f9c86b2a8da25128c1052ecaddd7f225a139ed84n,
    0x1630c3250d7313ff01d1201bf7a74ab5db3cb17dd952799b9ed3ab9097e68f90a0870d2dcae73d19cd13c1c66f652983n,
    0xe99726a3199f4436642b4b3e4118e5499db995a1257fb3f086eeb65982fac18985a286f301e77c451154ce9ac8895d9n,
    0x1778e7166fcc6db74e0609d307e55412d7f5e4656a8dbf25f1b33289f1b330835336e25ce3107193c5b388641d9b6861n,
    0xd54005db97678ec1d1048c5d10a9a1bce032473295983e56878e501ec68e25c958c3e3d2a09729fe0179f9dac9edcb0n,
    0x17294ed3e943ab2f0588bab22147a81c7c17e75b2f6a8417f565e33c70d1e86b4838f2a6f318c356e834eef1b3cb83bbn,
    0x11a05f2b1e833340b809101dd99815856b303e88a2d7005ff2627b56cdb4e2c85610c2d5f2e62d6eaeac1662734649b7n,
];
const K = [
    1n,
    0x4afe09d5cf4956a23b6b71f59d2b3407b415a774b7be81bbb6fa99cbc798e0ac98ba725a5bc328016b1c268b4766e85n,
    0x94440f65f408a6e930e16e3e92dd17bf60d6e9679a8d3d58593de55ac23703042d609537eb3549aac234d896ca82944n,
    0x1335c502c1f54c49aceea65e87fd7203ba0f626f305fc0cfd606a5dae9f3c8e81a4b3b69600129fabd307c69bf319d39n,
    0x264908af037bcede00d054cf5d4775e83eb6cf63c76b969f8ed174fb59fcff78d201f46f6cfc4ed6552e59ce75177b0n,
    0x133341fb0962a34cb0504a9c4fada0a5090d38679b4c040d5d1c3afb023a3409fcc0815fea66d8b02bbef9c8b5a66e07n,
];

/**
 * A polynomial's value and its derivative's, by Horner.
 * @param {bigint[]} coefficients
 * @param {bigint} x
 */
function evaluate(coefficients, x) {
    let value = 0n;
    let slope = 0n;
    for (const c of coefficients) {
        slope = Fp.add(Fp.mul(slope, x), value);
        value = Fp.add(Fp.mul(value, x), c);
    }
    return [value, slope];
}

/** @param {bigint} x */
const curve = (x) => Fp.add(Fp.mul(Fp.add(Fp.sqr(x), A), x), B);

/**
 * A root of `square`, where it is one (p = 3 mod 4).
 * @param {bigint} square
 */
function root(square) {
    const y = Fp.pow(square, (P + 1n) / 4n);
    return Fp.sqr(y) === square ? y : undefined;
}

/**
 * map_to_curve (RFC 9380, 6.6.2 and 6.6.3): the simplified SWU map onto E', then the isogeny onto E.
 * @param {bigint} u
 */
export function mapToCurve(u) {
    const zu2 = Fp.mul(Z, Fp.sqr(u));
    const t = Fp.add(Fp.sqr(zu2), zu2);
    let x = t ? Fp.mul(Fp.mul(Fp.neg(B), Fp.inv(A)), Fp.add(1n, Fp.inv(t))) : Fp.mul(B, Fp.inv(Fp.mul(Z, A)));
    let y = root(curve(x));
    if (y === undefined) {
        x = Fp.mul(zu2, x);
        y = /** @type {bigint} */ (root(curve(x)));
    }
    if ((u ^ y) & 1n)
        y = Fp.neg(y);

    const [n, dn] = evaluate(N, x);
    const [k, dk] = evaluate(K, x);
    const kInverse = Fp.inv(k);
    const k2 = Fp.sqr(kInverse);
    const slope = Fp.sub(Fp.mul(dn, k), Fp.mul(2n, Fp.mul(n, dk)));
    return {
        x: Fp.mul(n, k2),
        y: Fp.mul(Fp.mul(y, Fp.inv(11n)), Fp.mul(slope, Fp.mul(k2, kInverse))),
    };
}

/**
 * hash_to_field of one element: expand_message_xmd with SHA-256 to 64 bytes (RFC 9380, 5.2 and 5.3.1).
 * @param {Uint8Array} message
 * @param {string} dst domain separation tag
 */
async function hashToField(message, dst) {
    const tag = new TextEncoder().encode(dst);
    const dstPrime = join(tag, Uint8Array.of(tag.length));
    const b0 = await sha256(join(new Uint8Array(64), message, Uint8Array.of(0, 64, 0), dstPrime));
    const b1 = await sha256(join(b0, Uint8Array.of(1), dstPrime));
    const b2 = await sha256(join(b0.map((byte, i) => byte ^ b1[i]), Uint8Array.of(2), dstPrime));
    return Fp.create(BigInt('0x' + toHex(join(b1, b2))));
}

/**
 * encode_to_curve (RFC 9380, 3): never the identity but for one in p messages, which nobody can find.
 * @param {Uint8Array} message
 * @param {string} dst
 * @returns {Promise<Point>}
 */
export async function encodeToCurve(message, dst) {
    const point = G1.fromAffine(mapToCurve(await hashToField(message, dst)));
    return point.multiplyUnsafe(0xd201000000010000n).add(point); // clear_cofactor: h_eff = 1 - z (8.8.1)
}

/** The suite BLS12381-MPIN-NU. @type {import('./mpin.js').Curve} */
export const BLS12381 = {
    G1,
    order: R,
    bytes: 48,
    identityPoint: (hash) => encodeToCurve(hash, DST),
    permitPoint: (date, hash) => encodeToCurve(join(date, hash), DST + '_TP'),
};
