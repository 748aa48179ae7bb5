// The client's half of M-Pin on BLS12-381 (suite BLS12381-MPIN-NU). Points travel as 04 || X || Y in lower-case hex.
//   token = s*H(id) - pin*H(id)    U = x*H(id)    V = -(x + y)*(token + pin*H(id))
// With a time permit s*T, T = H_T(date, id):  UT = x*(H(id) + T)    V = -(x + y)*(token + pin*H(id) + permit)

import { G1, ORDER, encodeToCurve, fromHex, sha256, toHex } from './field.js';

/** @typedef {import('./field.js').Point} Point */

const DST = 'BLS12381G1_XMD:SHA-256_SSWU_NU_MPIN';

/**
 * H(id): the identity's point.
 * @param {string} mpinId hex
 */
export async function identityPoint(mpinId) {
    return encodeToCurve(await sha256(fromHex(mpinId)), DST);
}

/**
 * H_T(date, id): what the permit of a day is for.
 * @param {string} mpinId hex
 * @param {number} date UTC day number
 */
export async function permitPoint(mpinId, date) {
    const message = new Uint8Array(4 + 32);
    new DataView(message.buffer).setUint32(0, date);
    message.set(await sha256(fromHex(mpinId)), 4);
    return encodeToCurve(message, DST + '_TP');
}

/** @param {Point} point */
const encode = (point) => toHex(point.toBytes(false));

/**
 * A point of the wire; throws unless it is on the curve, in the subgroup and not the identity.
 * @param {string} hex
 */
function decode(hex) {
    if (!/^04[0-9a-f]{192}$/.test(hex))
        throw new Error('not a point');
    const point = G1.fromHex(hex);
    point.assertValidity();
    return point;
}

/**
 * The sum of what several D-TAs have issued.
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
    const scalar = BigInt(pin.reduce((value, digit) => value * 10 + digit, 0));
    return scalar ? h.multiply(scalar) : G1.ZERO;
}

/**
 * What this device keeps: the client secret without its PIN.
 * @param {string[]} secret its shares, hex
 * @param {Point} h
 * @param {Uint8Array} pin
 */
export function makeToken(secret, h, pin) {
    return encode(add(G1.ZERO, secret).subtract(pinPoint(pin, h)));
}

/**
 * Pass 1: a random x, 1 <= x < r, from 128 bits more than r has (so its bias is none), and U = x*H.
 * @param {Point} h
 * @param {Point} [t] the day's point where there are time permits: UT = x*(H + T)
 */
export function commit(h, t) {
    const random = crypto.getRandomValues(new Uint8Array(48));
    const x = BigInt('0x' + toHex(random)) % (ORDER - 1n) + 1n;
    random.fill(0);
    return { x, U: encode(h.multiply(x)), UT: t ? encode(h.add(t).multiply(x)) : '' };
}

/**
 * Pass 2. An x must never answer two different y: the caller forgets it.
 * @param {bigint} x
 * @param {string} y 96 hex
 * @param {string} token hex
 * @param {Point} h
 * @param {Uint8Array} pin
 * @param {string[]} [permits] shares of the day's time permit, hex
 */
export function prove(x, y, token, h, pin, permits = []) {
    const challenge = /^[0-9a-f]{96}$/.test(y) ? BigInt('0x' + y) : 0n;
    const sum = (x + challenge) % ORDER;
    if (!challenge || challenge >= ORDER || !sum)
        throw new Error('not a challenge');
    return encode(add(decode(token).add(pinPoint(pin, h)), permits).multiply(ORDER - sum));
}
