// SPDX-License-Identifier: Apache-2.0
// The pad's parts without a browser: mathematics, size, catalogues, the list of weak PINs.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { readdirSync, readFileSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { gzipSync } = require('node:zlib');

globalThis.crypto ??= require('node:crypto').webcrypto; // Node 18
const root = resolve(__dirname, '../..');
const built = resolve(root, process.env.BUILD || 'build', 'htdocs');
const curve = (name) => import(join(root, 'htdocs/pinpad/curve', name));
const text = (...path) => readFileSync(join(root, 'htdocs', ...path), 'utf8');
/** The names of the files in a folder of htdocs and below. */
const files = (folder, ends) => readdirSync(join(root, 'htdocs', folder), { recursive: true })
    .filter((name) => name.endsWith(ends)).map((name) => join(folder, name));
const DST = 'BLS12381G1_XMD:SHA-256_SSWU_NU_MPIN';
const digits = (pin) => Uint8Array.from(pin, Number);

/** M-Pin on our curve. */
async function ourSuite() {
    const { mPin } = await curve('mpin.js');
    const { BLS12381 } = await curve('bls12381.js');
    return mPin(BLS12381);
}

/** An identity's secret under a master secret, as a D-TA would give it. */
async function secretOf(master) {
    const h = await (await ourSuite()).point('7b7d');
    return { h, secret: h.multiply(master).toHex(false) };
}

const tests = {
    async hashing_agrees_with_rfc_9380() { // J.9.2, BLS12381G1_XMD:SHA-256_SSWU_NU_
        const { encodeToCurve } = await curve('bls12381.js');
        const dst = 'QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_NU_';
        for (const [message, x] of [
            ['', '184bb665c37ff561a89ec2122dd343f20e0f4cbcaec84e3c3052ea81d1834e192c426074b02ed3dca4e7676ce4ce48ba'],
            ['abc', '009769f3ab59bfd551d53a5f846b9984c59b97d6842b20a2c565baa167945e3d026a3755b6345df8ec7e6acb6868ae6d'],
        ])
            assert.equal((await encodeToCurve(Buffer.from(message), dst)).x.toString(16).padStart(96, '0'), x);
    },

    async hashing_agrees_with_nobles_own() {
        const { encodeToCurve } = await curve('bls12381.js');
        const { bls12_381 } = await import('@noble/curves/bls12-381.js');
        for (let i = 0; i < 64; i++) {
            const message = crypto.getRandomValues(new Uint8Array(32));
            const ours = await encodeToCurve(message, DST);
            const theirs = bls12_381.G1.encodeToCurve(message, { DST }).toAffine();
            assert.deepEqual([ours.x, ours.y], [theirs.x, theirs.y]);
        }
    },

    async the_isogeny_agrees_with_nobles_own_everywhere() {
        const { mapToCurve } = await curve('bls12381.js');
        const { bls12_381 } = await import('@noble/curves/bls12-381.js');
        for (const u of [0n, 1n, 2n, 12345678901234567890n]) {
            const theirs = bls12_381.G1.mapToCurve(u).toAffine();
            const { G1 } = await curve('bls12381.js');
            const point = G1.fromAffine(mapToCurve(u));
            const ours = point.multiplyUnsafe(0xd201000000010000n).add(point);
            assert.deepEqual([ours.x, ours.y], [theirs.x, theirs.y]);
        }
    },

    async the_right_pin_proves_and_a_wrong_one_does_not() {
        const { commit, makeToken, prove } = await ourSuite();
        const { G1 } = await curve('bls12381.js');
        const master = 0x1234567890abcdef1234567890abcdefn;
        const { h, secret } = await secretOf(master);
        for (const pin of ['7391', '0007', '0000', '99999999']) {
            const token = makeToken([secret], h, digits(pin));
            for (const [tried, good] of [[pin, true], ['5555', false]]) {
                const { x, U } = commit(h);
                const V = prove(x, '0'.repeat(94) + 'ab', token, h, digits(tried));
                const sum = G1.fromHex(U).add(h.multiply(0xabn)).multiply(master).add(G1.fromHex(V));
                assert.equal(sum.is0(), good, `${pin} ${tried}`);
            }
        }
    },

    async shares_and_time_permits_are_those_of_MIRACL() {
        const { makeToken, point } = await ourSuite();
        const vectors = JSON.parse(readFileSync(join(root, 'tests/unit/vectors/mpin.json'), 'utf8'))
            .filter((one) => one.permit && one.second_dta);
        assert.ok(vectors.length > 3);
        for (const { mpin_id: mpinId, master, client_secret: first, permit, second_dta: second } of vectors) {
            const t = await point(mpinId, permit.date);
            assert.equal(t.multiply(BigInt('0x' + master)).toHex(false), permit.permit);
            assert.equal(makeToken([first, second.client_share], await point(mpinId), digits('0000')),
                second.client_sum);
        }
    },

    async a_permit_is_part_of_the_proof() {
        const { commit, makeToken, point, prove } = await ourSuite();
        const { G1 } = await curve('bls12381.js');
        const master = 0x1234567890abcdef1234567890abcdefn;
        const { h, secret } = await secretOf(master);
        const token = makeToken([secret], h, digits('7391'));
        const days = [await point('7b7d', 20000), await point('7b7d', 20001)];
        for (const [i, day] of days.entries()) {
            const { x, UT } = commit(h, days[0]);
            const permit = day.multiply(master).toHex(false);
            const V = prove(x, '0'.repeat(94) + 'ab', token, h, digits('7391'), [permit]);
            const sum = G1.fromHex(UT).add(h.add(days[0]).multiply(0xabn)).multiply(master).add(G1.fromHex(V));
            assert.equal(sum.is0(), i === 0);
        }
    },

    async a_bad_secret_or_challenge_is_refused() {
        const { commit, makeToken, prove } = await ourSuite();
        const { h, secret } = await secretOf(77n);
        const pin = digits('7391');
        const order3 = '04' + '0'.repeat(96) + '0'.repeat(95) + '2'; // (0, 2): on the curve, order 3
        for (const bad of ['', secret.slice(2), secret.toUpperCase(), '06' + secret.slice(2),
            secret.slice(0, -2) + '00', order3, '04' + 'f'.repeat(192)])
            assert.throws(() => makeToken([bad], h, pin), undefined, bad);
        const token = makeToken([secret], h, pin);
        const order = '73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001'.padStart(96, '0');
        for (const y of ['', '0'.repeat(96), order, 'f'.repeat(96), '1'.repeat(95)])
            assert.throws(() => prove(commit(h).x, y, token, h, pin), undefined, y);
    },

    async weak_pins_are_those_of_the_list() {
        const { isWeak } = await curve('pin.js');
        for (const pin of ['0000', '1111', '1234', '0123', '6789', '9876', '4321', '2580', '1379', '1900', '1984', '2000',
            '2049', '1212', '1004', '6969', '55555', '345678', '87654321', '123123'])
            assert.ok(isWeak(digits(pin)), pin);
        for (const pin of ['7391', '1899', '2050', '1243', '5558', '19841', '0852', '7890', '3571'])
            assert.ok(!isWeak(digits(pin)), pin);
        let refused = 0;
        for (let pin = 0; pin < 10_000; pin++)
            refused += isWeak(digits(String(pin).padStart(4, '0')));
        assert.ok(refused < 200, `${refused} of 10,000 refused`);
    },

    async the_pad_is_at_most_22_kb_on_the_wire() {
        const sizes = ['mpin.js', 'mpin/worker.js'].map((name) => gzipSync(readFileSync(join(built, name)), { level: 9 }).length);
        const sum = sizes[0] + sizes[1];
        console.log(`# mpin.js ${sizes[0]} + worker.js ${sizes[1]} = ${sum} bytes gzip`);
        assert.ok(sum <= 22_000);
    },

    async pages_hold_no_script_or_style_of_their_own() {
        for (const name of files('pages', '.html')) {
            const never = name === 'pages/mail.html' ? /<script|\son\w+=|javascript:/i // a mail has its styles nowhere else
                : /<script(?![^>]* src=)|<style|style=|\son\w+=|javascript:/i;
            assert.doesNotMatch(text(name), never, name);
        }
        for (const name of [...files('pinpad', '.js'), ...files('pages', '.js')])
            assert.doesNotMatch(text(name), /innerHTML|outerHTML|insertAdjacent|\.style\b|eval\(|new Function/, name);
    },

    async types_hold() {
        execFileSync(join(root, 'node_modules/.bin/tsc'), ['--noEmit', '-p', root], { encoding: 'utf8' });
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
            console.error(String(failure.stdout ?? '').replace(/^/gm, '# ') + String(failure.stack).replace(/^/gm, '# '));
            process.exitCode = 1;
        }
    }
})();
