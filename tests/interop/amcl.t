// SPDX-License-Identifier: Apache-2.0
// MIRACL's own M-Pin (npm package amcl-js, curve BLS12381) registers and signs in against the running module, as a
// client of somebody else's would: no passId, no cookies but those that it was given, its secret and time permits in
// two shares from two addresses.
//
// The site is the demo of `make run` on a port of ours with a fresh store. BUILD names the build folder.
const { port } = require('../lib/ports.cjs');
const { execFileSync } = require('node:child_process');
const { createHash, randomBytes } = require('node:crypto');
const { chmodSync, mkdtempSync, rmSync, symlinkSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { CTX } = require('amcl-js');

const root = resolve(__dirname, '../..');
const build = resolve(root, process.env.BUILD || 'build');
const origin = `http://127.0.0.1:${port}`;

// ---- MIRACL's mathematics ----------------------------------------------------------------------

const ctx = new CTX('BLS12381');
const { MPIN } = ctx;
const DST = 'BLS12381G1_XMD:SHA-256_SSWU_NU_MPIN';
const rng = new ctx.RAND();
rng.clean();
rng.seed(100, [...randomBytes(100)]);

const toHex = (bytes) => Buffer.from(bytes).toString('hex');
const fromHex = (text) => [...Buffer.from(text, 'hex')];

function must(code) {
    if (code !== 0)
        throw new Error(`amcl-js: ${code}`);
}

/** H(ID) of an mpinId. */
function identityPoint(mpinId) {
    const hash = createHash('sha256').update(Buffer.from(mpinId, 'hex')).digest();
    const point = [];
    MPIN.ENCODE_TO_CURVE(MPIN.asciitobytes(DST), [...hash], point);
    return point;
}

/** The sum of two points of G1. */
function addPoints(one, other) {
    const sum = ctx.ECP.fromBytes(fromHex(one));
    sum.add(ctx.ECP.fromBytes(fromHex(other)));
    sum.affine();
    const bytes = [];
    sum.toBytes(bytes, false);
    return bytes;
}

// ---- the protocol ------------------------------------------------------------------------------

const cookies = new Map();

async function ask(method, path, body) {
    const answer = await fetch(origin + path, {
        method,
        headers: {
            Accept: 'application/json',
            Cookie: [...cookies].map((pair) => pair.join('=')).join('; '),
            ...(body ? { 'Content-Type': 'application/json', Origin: origin } : {}),
        },
        body: body && JSON.stringify(body),
        redirect: 'manual',
    });
    // Node 18 joins the lines by ", "; none of ours holds a date.
    for (const line of (answer.headers.get('set-cookie') ?? '').split(', ').filter(Boolean)) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
        cookies.set(name, value);
    }
    const text = await answer.text();
    return { status: answer.status, text, json: text.startsWith('{') ? JSON.parse(text) : {} };
}

/** Registers a free name; the token is what a device keeps. */
async function register(settings, userId, pin) {
    const { json: { mpinId, regOTT } } = await ask('PUT', settings.registerURL, { userId, mobile: 0 });
    const { json: { clientSecretShare, params } } = await ask('GET', `${settings.signatureURL}/${mpinId}?regOTT=${regOTT}`);
    const { json: { clientSecret } } = await ask('GET', `${settings.certivoxURL}clientSecret?${params}`);
    const token = addPoints(clientSecretShare, clientSecret);
    must(MPIN.EXTRACT_PIN(identityPoint(mpinId), pin, token));
    return { mpinId, token };
}

/** The status of a sign-in. */
async function signIn(settings, { mpinId, token }, pin) {
    const x = [], secret = [], u = [];
    must(MPIN.CLIENT_1(identityPoint(mpinId), rng, x, pin, token, secret, u));
    const first = await ask('POST', `${settings.mpinAuthServerURL}/pass1`, { mpin_id: mpinId, U: toHex(u), UT: '', pass: 1 });
    must(MPIN.CLIENT_2(x, fromHex(first.json.y), secret));
    const second = await ask('POST', `${settings.mpinAuthServerURL}/pass2`,
        { mpin_id: mpinId, V: toHex(secret), WID: '0', OTP: 0, pass: 2 });
    return ask('POST', settings.authenticateURL, { mpinResponse: { authOTT: second.json.authOTT } });
}

// ---- the test ----------------------------------------------------------------------------------

let count = 0, failed = 0;
function is(got, expected, name) {
    const ok = got === expected;
    console.log(`${ok ? 'ok' : 'not ok'} ${++count} - ${name}`);
    if (!ok) {
        failed++;
        console.log(`#      got: ${got}\n# expected: ${expected}`);
    }
}

async function story() {
    const { json: settings } = await ask('GET', '/rps/clientSettings');
    is(settings.suite, 'BLS12381-MPIN-NU', 'the suite is MIRACL\'s');

    for (const pin of [1234, 0, 9999, 7]) {
        const device = await register(settings, `amcl-${pin}@example.org`, pin);
        is((await signIn(settings, device, pin)).status, 200, `PIN ${pin} signs in`);
        const page = await ask('GET', '/protected');
        is(/logged in as ([^<]*?)\.?</.exec(page.text)?.[1], `amcl-${pin}@example.org`, 'and the page knows who');
    }

    const device = await register(settings, 'amcl@example.org', 4711);
    for (const [pin, status] of [[4710, 401], [4711, 200], [1, 401], [2, 401], [3, 410], [4711, 410]])
        is((await signIn(settings, device, pin)).status, status, `PIN ${pin}: ${status}`);
}

async function main() {
    const folder = mkdtempSync('/var/tmp/mpin-interop-');
    chmodSync(folder, 0o755);
    symlinkSync(join(build, 'mod_auth_mpin.so'), join(folder, 'mod_auth_mpin.so'));
    const demo = (word) => execFileSync(join(root, 'tools/demo'), [word],
        { env: { ...process.env, BUILD: folder, PORT: String(port), TLS: '', HOST: '' }, stdio: ['ignore', 'ignore', 'inherit'] });
    demo('start');
    try {
        await story();
    } catch (error) {
        console.log(`Bail out! ${error.stack}`);
        failed++;
    } finally {
        demo('stop');
        rmSync(folder, { recursive: true, force: true });
    }
    console.log(`1..${count}`);
    process.exitCode = failed ? 1 : 0;
}

main();
