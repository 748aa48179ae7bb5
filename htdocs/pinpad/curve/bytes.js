// SPDX-License-Identifier: Apache-2.0
// Bytes, their hex and their hash.

/** @param {...Uint8Array} parts */
export function join(...parts) {
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
        all.set(part, at);
        at += part.length;
    }
    return all;
}

/** @param {Uint8Array<ArrayBuffer>} data */
export const sha256 = async (data) => new Uint8Array(await crypto.subtle.digest('SHA-256', data));

/** @param {Uint8Array} bytes */
export const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/**
 * Bytes of a hex string of any even length; throws on anything else.
 * @param {string} hex
 */
export function fromHex(hex) {
    if (!/^([0-9a-f]{2})+$/.test(hex))
        throw new Error('not hex');
    return Uint8Array.from(/** @type {RegExpMatchArray} */ (hex.match(/../g)), (pair) => parseInt(pair, 16));
}
