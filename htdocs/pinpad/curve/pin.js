// PINs that are guessed first. The list is refused, nothing else is: every other PIN is as good as the next.

const MOST_USED = ['1212', '1004', '6969', '2580', '1379', '123123', '121212', '696969', '112233', '159753'];

/**
 * Repeated digits, runs up or down, the keypad's lines, years, the most used.
 * @param {Uint8Array} pin
 */
export function isWeak(pin) {
    const text = pin.join('');
    const step = pin[1] - pin[0];
    const run = Math.abs(step) < 2 && pin.every((digit, i) => !i || digit - pin[i - 1] === step);
    return run || MOST_USED.includes(text) || /^(19\d\d|20[0-4]\d)$/.test(text);
}
