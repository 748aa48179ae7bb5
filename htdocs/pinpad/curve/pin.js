// SPDX-License-Identifier: Apache-2.0
// A PIN is a digit a byte. Those that are guessed first are refused, nothing else is: every other PIN is as good as the
// next.

const MOST_USED = ['1212', '1004', '6969', '2580', '1379', '123123', '121212', '696969', '112233', '159753'];

/**
 * True for repeated digits, runs up or down, the keypad's lines, years, the most used.
 * @param {Uint8Array} pin
 */
export function isWeak(pin) {
    const text = pin.join('');
    const step = pin[1] - pin[0];
    const run = Math.abs(step) < 2 && pin.every((digit, i) => !i || digit - pin[i - 1] === step);
    return run || MOST_USED.includes(text) || /^(19\d\d|20[0-4]\d)$/.test(text);
}

/**
 * Wipes the digits. A PIN that went to the Worker is empty here already.
 * @param {Uint8Array} pin
 */
export function wipe(pin) {
    if (pin.length)
        pin.fill(0);
}
