// SPDX-License-Identifier: Apache-2.0
// This module in front of an old Milagro server, by conf/milagro-rps.conf: registration, login, permits, phones, with
// the original's client mathematics.
const { port } = require('../lib/ports.cjs');
const assert = require('node:assert/strict');
const { connect } = require('node:net');
const { resolve } = require('node:path');
const { Browser } = require('./cookies.js');

const build = resolve(process.env.BUILD || resolve(__dirname, '../../build'));
const url = `http://127.0.0.1:${port}`;

class Visitor extends Browser {
    constructor() { super(url); }

    settings() { return this.ask('/rps/clientSettings'); }
    redeem(mpinResponse) { return this.ask('/mpinAuthenticate', 'POST', { mpinResponse }); }
    async isIn() { return (await this.ask('/protected/', 'GET', undefined, { Accept: 'text/html' })).status === 200; }

    async password(name, password) {
        const { text } = await this.ask('/login', 'GET', undefined, { Accept: 'text/html' });
        const csrf = /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
        return this.ask('/login', 'POST', String(new URLSearchParams({ username: name, password, csrf })),
            { 'Content-Type': 'application/x-www-form-urlencoded', Accept: 'text/html' });
    }
}

/** Its settings with whole addresses, as the client of tests/milagro wants them. */
async function settingsOf(browser) {
    const { json } = await browser.settings();
    return Object.fromEntries(Object.entries(json).map(([name, value]) =>
        [name, /(?:URL|Url)$/.test(name) && value ? new URL(value, url).href : value]));
}

/** A request byte by byte: fetch would tidy its path. */
const raw = (path, method = 'POST', headers = '') => new Promise((done, fail) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n`
        + `Connection: close\r\nContent-Type: application/json\r\n${headers}Content-Length: 2\r\n\r\n{}`));
    socket.on('data', (data) => text += data).on('end', () => done(text)).on('error', fail);
});

const handleOf = (mpinId) => require('node:crypto').createHash('sha256').update(Buffer.from(mpinId, 'hex')).digest('hex').slice(0, 12);

const TESTS = {
    async its_settings_are_ours({ site }) {
        const { json, headers } = await new Visitor().settings();
        assert.match(headers.get('cache-control'), /^no-store/);
        for (const [name, value] of Object.entries(json)) {
            if (/(?:URL|Url)$/.test(name) && name !== 'certivoxURL')
                assert.match(value, /^\/(?:rps|dta|mpinAuthenticate|login|logout)/, name);
        }
        assert.equal(json.appID, site.rps.appId);
        assert.deepEqual([json.certivoxURL, json.pinLength, json.suite, json.requestOTP], [`http://127.0.0.1:${port + 3}/`, 4, undefined, false]);
        assert.deepEqual(json.registration, ['signed-in', 'open']);
    },

    async a_free_name_registers_and_signs_in({ client }) {
        const browser = new Visitor();
        const settings = await settingsOf(browser);
        const anna = await client.register(settings, 'anna@example.org', 1234);
        const proof = await client.passes(settings, anna, 1234);
        const answer = await browser.redeem(proof);
        assert.deepEqual([answer.status, answer.json], [200, { user: 'anna@example.org', location: '/' }]);
        assert.ok(await browser.isIn());
        assert.equal((await browser.redeem(proof)).status, 408);
        await assert.rejects(client.register(settings, 'anna@example.org', 1), /403/); // the name is taken
    },

    async three_wrong_pins_are_410({ client }) {
        const browser = new Visitor();
        const settings = await settingsOf(browser);
        const bob = await client.register(settings, 'bob@example.org', 1234);
        const seen = [];
        for (const pin of [1, 1234, 2, 3, 4, 1234])
            seen.push((await browser.redeem(await client.passes(settings, bob, pin))).status);
        assert.deepEqual(seen, [401, 200, 401, 401, 410, 410]);
    },

    async who_is_signed_in_registers_their_very_name({ client }) {
        const browser = new Visitor();
        await assert.rejects(client.register(await settingsOf(browser), 'john', 1234, 0).then(() => { throw new Error('200'); }),
            /200|403/); // free until its owner has been here; then not
        await browser.password('john', 'john-secret');
        const { json } = await browser.settings();
        assert.equal(json.signedIn.user, 'john');
        const userData = json.signedIn.userData;
        const settings = await settingsOf(browser);
        const put = async (userId, data) => (await browser.ask('/rps/user', 'PUT', { userId, mobile: 0, userData: data })).status;
        assert.equal(await put('john', ''), 403);
        assert.equal(await put('jane@example.org', userData), 200); // free, by being first
        assert.equal(await put('john', userData.slice(0, -2) + 'AA'), 403);
        const { json: registration } = await browser.ask('/rps/user', 'PUT', { userId: 'john', mobile: 0, userData });
        assert.equal(registration.active, true);
        const device = await client.finish(settings, registration, 4321);
        const other = new Visitor();
        await other.settings();
        assert.equal((await other.redeem(await client.passes(settings, device, 4321))).status, 200);
        assert.ok(await other.isIn());

        // Signed out, what was given earlier proves nothing any more.
        await browser.ask('/logout', 'POST', 'x=1', { 'Content-Type': 'application/x-www-form-urlencoded' });
        assert.equal(await put('john', userData), 403);
    },

    async only_what_clients_ask_reaches_the_rps({ client }) {
        const settings = await settingsOf(new Visitor());
        const carol = await client.register(settings, 'carol@example.org', 1234);
        const { authOTT } = await client.passes(settings, carol, 1234);
        for (const path of ['/authenticate', '/loginResult', '/status', `/user/${carol.mpinId}`, '/rps/../authenticate',
            '/rps/user/../../authenticate', '/rps/user/..%2f..%2fauthenticate', '/rps/user/%2e%2e/%2e%2e/authenticate',
            '//authenticate', '/rps/pass1/../../authenticate', '/rps/user/;/../../../authenticate',
            '/rps/user%2f..%2f..%2fauthenticate', '/rps/loginResult', '/rps/status', '/rps/user/x/y', '/rps/pass1/x',
            '/rps/clientSettings/x', '/dta/serverSecret', '/dta/../serverSecret', '/dta/timePermits', '/dta/status/x']) {
            const answer = await raw(path);
            assert.match(answer, /^HTTP\/1.1 [34]\d\d /, path);
            assert.doesNotMatch(answer, /version|Expired authentication|service_name|INVALID DATA/, path);
        }
        const browser = new Visitor();
        await browser.settings();
        assert.equal((await browser.redeem({ authOTT, pass: 2 })).status, 200, 'nobody has used it up');
    },

    async other_origins_have_no_business_here() {
        const answer = await raw('/rps/pass1', 'POST', 'Origin: http://evil.example\r\n');
        assert.match(answer, /^HTTP\/1.1 403 /);
        assert.doesNotMatch(answer, /access-control/i);
    },

    async only_the_rps_asks_who_may_register() {
        const mpinId = Buffer.from('{"userID":"eve"}').toString('hex');
        const body = { userId: 'eve', mpinId, mobile: 0, activateKey: '', expireTime: '', resend: false, deviceName: '', userData: '' };
        for (const headers of [{ Origin: url }, { 'X-Forwarded-For': '127.0.0.1' }, { Forwarded: 'for=1' }, { 'Sec-Fetch-Site': 'same-origin' }]) {
            const post = await fetch(`${url}/mpinVerify`, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } });
            assert.equal(post.status, 403);
            assert.equal((await post.json()).code, 'rps_only');
            assert.equal((await fetch(`${url}/mpinPermitUser?mpin_id=${mpinId}`, { headers })).status, 403);
        }
        const verify = async (change) => {
            const answer = await fetch(`${url}/mpinVerify`, { method: 'POST', body: JSON.stringify({ ...body, ...change }) });
            return [answer.status, await answer.json()];
        };
        assert.deepEqual(await verify({}), [200, { forceActivate: true }]);
        assert.equal((await verify({ userId: 'john' }))[0], 400);
        assert.equal((await verify({ mpinId: 'zz' }))[0], 400);
        assert.equal((await verify({ mpinId: undefined }))[0], 400);
        assert.equal((await fetch(`${url}/mpinPermitUser`)).status, 400);
        assert.equal((await fetch(`${url}/mpinPermitUser?mpin_id=${mpinId}`)).status, 200);
    },

    async a_phone_signs_a_desktop_in_and_out({ client }) {
        const desktop = new Visitor(), phone = new Visitor();
        const settings = await settingsOf(phone);
        const dora = await client.register(settings, 'dora@example.org', 1234, 1);
        await desktop.settings();
        const { json: { webOTT, accessNumber } } = await desktop.ask('/rps/getAccessNumber', 'POST', '');
        const proof = await client.passes(settings, dora, 1234, accessNumber);
        const waiting = phone.ask('/rps/authenticate', 'POST', { mpinResponse: proof });
        let seen;
        do
            ({ json: seen } = await desktop.ask('/rps/access', 'POST', { webOTT }));
        while (seen.status !== 'authenticate');
        assert.equal((await desktop.redeem({ authOTT: seen.authOTT })).status, 200);
        assert.ok(await desktop.isIn());
        const { status, json } = await waiting;
        assert.deepEqual([status, json.logoutURL, json.logoutData.userId], [200, '/logout', 'dora@example.org']);

        const done = await phone.ask(json.logoutURL, 'POST', json.logoutData);
        assert.deepEqual([done.status, done.text], [200, '']);
        assert.ok(!await desktop.isIn());
        const forged = await phone.ask(json.logoutURL, 'POST', { ...json.logoutData, sessionToken: 'x' });
        assert.equal(forged.status, 403);
    },

    async logs_name_no_identity_and_no_authOTT({ site, client }) {
        const settings = await settingsOf(new Visitor());
        const { mpinId } = await client.register(settings, 'fay@example.org', 1234);
        assert.ok(!site.log().includes(mpinId));
        assert.ok(site.audit().includes(`"identity":"${handleOf(mpinId)}"`));
        assert.ok(!site.audit().includes(mpinId));
        assert.doesNotMatch(site.log(), /:(?:error|crit|alert|emerg)\]/);
    },
};

async function main() {
    const { startFront } = await import('../milagro/front.mjs');
    const client = await import('../milagro/client.mjs');
    const site = await startFront({ port, build });
    const names = Object.keys(TESTS).filter((name) => name.includes(process.env.ONLY ?? ''));
    console.log(`1..${names.length}`);
    try {
        for (const [i, name] of names.entries()) {
            let failure;
            try {
                await TESTS[name]({ site, client });
            } catch (error) {
                failure = error;
                process.exitCode = 1;
            }
            console.log(`${failure ? 'not ok' : 'ok'} ${i + 1} - ${name.replace(/_/g, ' ')}`);
            if (failure)
                console.error(String(failure.stack).replace(/^/gm, '# '));
        }
        if (process.exitCode)
            console.error(site.log().replace(/^/gm, '# '));
    } finally {
        await site.stop();
    }
}

main();
