// SPDX-License-Identifier: Apache-2.0
// The pad's mathematics for Milagro servers agree with the original's library, milagro-crypto-js, and what the pad's
// mathematics refuse.
const assert = require('node:assert/strict');
const { randomBytes, randomInt } = require('node:crypto');
const { join, resolve } = require('node:path');

globalThis.crypto ??= require('node:crypto').webcrypto; // Node 18
const pinpad = (name) => import(join(resolve(__dirname, '../..'), 'htdocs/pinpad/curve', name));
const digits = (pin) => Uint8Array.from(pin, Number);

/** Both sides, an identity, and the shares that two D-TAs deal out to it. */
async function parties() {
    const { mPin } = await pinpad('mpin.js');
    const { BN254CX } = await pinpad('bncx.js');
    const original = await import('../milagro/bn254cx.mjs');
    const mpinId = randomBytes(randomInt(1, 200)).toString('hex');
    const hash = original.hashId(mpinId);
    const masters = [original.randomScalar(), original.randomScalar()];
    const date = randomInt(1, 100_000);
    return {
        ours: mPin(BN254CX), curve: BN254CX, original, mpinId, date,
        secrets: masters.map((master) => original.clientSecret(master, hash)),
        permits: masters.map((master) => original.timePermit(master, date, hash)),
        server: () => original.addG2(...masters.map((master) => original.serverSecret(master))),
    };
}

const tests = {
    async a_hundred_identities_agree_with_milagro_crypto_js() {
        for (let i = 0; i < 100; i++) {
            const { ours, original, mpinId, date, secrets, permits } = await parties();
            const pin = i < 3 ? ['0000', '0001', '9999'][i] : String(randomInt(10_000)).padStart(4, '0');
            const [h, t] = [await ours.point(mpinId), await ours.point(mpinId, date)];
            const token = ours.makeToken(secrets, h, digits(pin));
            assert.equal(token, original.makeToken(mpinId, original.addG1(...secrets), Number(pin)), `token, PIN ${pin}`);

            const { x, U, UT } = ours.commit(h, t);
            const theirs = original.commit(mpinId, token, Number(pin), date, original.addG1(...permits),
                x.toString(16).padStart(64, '0'));
            assert.deepEqual([U, UT], [theirs.U, theirs.UT]);
            const y = original.randomScalar();
            assert.equal(ours.prove(x, y, token, h, digits(pin), permits), theirs.prove(y));
        }
    },

    async the_originals_server_accepts_the_right_pin_of_the_day_and_nothing_else() {
        const { ours, original, mpinId, date, secrets, permits, server } = await parties();
        const secret = server();
        const [h, t] = [await ours.point(mpinId), await ours.point(mpinId, date)];
        const token = ours.makeToken(secrets, h, digits('0407'));
        for (const [pin, day, good] of [['0407', date, true], ['0408', date, false], ['0407', date + 1, false]]) {
            const { x, U, UT } = ours.commit(h, t);
            const y = original.randomScalar();
            const V = ours.prove(x, y, token, h, digits(pin), permits);
            assert.equal(original.verify(secret, day, mpinId, { U, UT, y }, V), good, `${pin} ${day}`);
        }
    },

    async what_is_no_point_and_no_challenge_is_refused() {
        const { ours, curve, mpinId, secrets } = await parties();
        const h = await ours.point(mpinId);
        const pin = digits('7391');
        const [good] = secrets;
        for (const bad of ['', good.slice(2), good.toUpperCase(), '02' + good.slice(2), good + '00', good.slice(0, 128),
            good.slice(0, -2) + (good.endsWith('00') ? '01' : '00'), '04' + '0'.repeat(128), '04' + 'f'.repeat(128)])
            assert.throws(() => ours.makeToken([bad], h, pin), undefined, bad);
        const negative = ours.makeToken([good], curve.G1.ZERO, digits('0000')); // the same point
        assert.equal(negative, good);
        const token = ours.makeToken([good], h, pin);
        const order = curve.order.toString(16).padStart(64, '0');
        for (const y of ['', '0'.repeat(64), order, 'f'.repeat(64), '1'.repeat(63), '1'.repeat(65), 'A'.repeat(64)])
            assert.throws(() => ours.prove(ours.commit(h).x, y, token, h, pin), undefined, y);
        const { x } = ours.commit(h);
        const opposite = (curve.order - x).toString(16).padStart(64, '0'); // x + y = 0: V would be no point
        assert.throws(() => ours.prove(x, opposite, token, h, pin));
    },

    async x_is_drawn_anew_each_time() {
        const { ours, mpinId } = await parties();
        const h = await ours.point(mpinId);
        const drawn = Array.from({ length: 50 }, () => ours.commit(h).x);
        assert.equal(new Set(drawn).size, 50);
    },
};

(async () => {
    let number = 0;
    console.log(`1..${Object.keys(tests).length}`);
    for (const [name, test] of Object.entries(tests)) {
        let failure;
        await test().catch((error) => failure = error);
        console.log(`${failure ? 'not ok' : 'ok'} ${++number} - ${name.replace(/_/g, ' ')}`);
        if (failure) {
            console.error(String(failure.stack).replace(/^/gm, '# '));
            process.exitCode = 1;
        }
    }
})();
