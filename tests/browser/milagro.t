// SPDX-License-Identifier: Apache-2.0
// The pad on a Milagro server of old (tests/milagro), in a page of the application's own origin: as in Milagro's
// tutorial, the RPS is another origin and lets everybody in, without cookies.
const { port } = require('../lib/ports.cjs');
const assert = require('node:assert/strict');
const { join } = require('node:path');
const { alert, build, choosePin, openProfile, run, screen, typePin } = require('./browser.js');

const clock = { ahead: 0 };

async function start() {
    const [{ startMilagro }, { page, startRpa }] =
        [await import('../milagro/rps.mjs'), await import('../milagro/rpa.mjs')];
    const url = `http://127.0.0.1:${port + 3}`;
    const rps = await startMilagro({ port, rpa: url, clock: () => Date.now() + clock.ahead });
    const rpa = await startRpa({
        port: port + 3, rps: rps.url, files: join(build, 'htdocs'),
        page: () => ({
            html: page('/mpin.js'),
            options: `clientSettingsURL: '${rps.url}/rps/clientSettings', onError: note('error'),
                onAccountDisabled: note('disabled'), successLoginURL: '/protected'`,
        }),
    });
    return { url, rps, rpa, stop: () => Promise.all([rps.stop(), rpa.stop()]) };
}

/** The requests that a page makes from now on: [method, path, JSON]. */
function requests(page) {
    const all = [];
    page.on('request', (request) => all.push([request.method(), new URL(request.url()).pathname, request.postDataJSON(), request]));
    return all;
}

const inside = (page) => page.waitForURL('**/protected');

async function enrol(t, page, name) {
    await page.goto('/');
    await page.fill('#mp-name', name);
    await page.getByRole('button', { name: 'Continue' }).click();
    await choosePin(page, '7391');
    await inside(page);
}

async function signIn(page, pin = '7391') {
    await page.goto('/');
    await typePin(page, pin);
}

const records = (page) => page.evaluate(() => new Promise((resolve) => {
    indexedDB.open('mpin').onsuccess = ({ target }) =>
        target.result.transaction('identities').objectStore('identities').getAll().onsuccess =
            ({ target: { result } }) => resolve(result.map(({ user, state, sealed, permit }) =>
                ({ user, state, sealed: sealed.byteLength, permit })));
}));

run({
    async a_name_a_pin_and_the_person_is_in_and_in_again(t) {
        const page = await openProfile(t);
        const sent = requests(page);
        await enrol(t, page, 'anna@example.org');
        await signIn(page);
        await inside(page);
        assert.deepEqual(t.site.rpa.redeemed.slice(-2).map(({ status, userId }) => [status, userId]),
            [[200, 'anna@example.org'], [200, 'anna@example.org']]);

        const [[, , first]] = sent.filter(([, path]) => path.endsWith('/pass1'));
        assert.deepEqual(Object.keys(first).sort(), ['U', 'UT', 'mpin_id', 'pass']);
        assert.match(first.U + first.UT, /^(04[0-9a-f]{128}){2}$/);
        const [[, , second]] = sent.filter(([, path]) => path.endsWith('/pass2'));
        assert.match(second.V, /^04[0-9a-f]{128}$/);
        assert.ok(!sent.some(([, path]) => path.endsWith('/mpin/worker.js')), 'one curve is loaded');
        // The second D-TA makes one share of a secret and, the same day, one of a permit.
        assert.equal(sent.filter(([, path]) => path === '/clientSecret').length, 1);
        assert.equal(sent.filter(([, path]) => path === '/timePermit').length, 1);
        assert.equal(sent.filter(([, path]) => path.startsWith('/timePermitsStorage/')).length, 1);
        assert.equal(sent.filter(([, path]) => path.startsWith('/rps/timePermit/')).length, 2);
    },

    async milagros_U_differs_across_loads_and_tries(t) {
        const page = await openProfile(t);
        const sent = requests(page);
        await enrol(t, page, 'ulla@example.org');
        for (let i = 0; i < 3; i++) {
            await signIn(page);
            await inside(page);
        }
        const drawn = sent.filter(([, path]) => path.endsWith('/pass1')).flatMap(([, , { U, UT }]) => [U, UT]);
        assert.ok(drawn.length >= 8);
        assert.equal(new Set(drawn).size, drawn.length);
    },

    async the_third_wrong_pin_locks_and_the_token_stays(t) {
        const page = await openProfile(t);
        await enrol(t, page, 'wanda@example.org');
        await signIn(page, '7392');
        await alert(page, 'That PIN isn\'t right.');
        await typePin(page, '7393');
        await page.waitForFunction(() => window.calls.length === 2);
        await typePin(page, '7394');
        await screen(page, 'locked');
        const [record] = await records(page);
        assert.deepEqual([record.user, record.state, record.sealed], ['wanda@example.org', 'locked', 130 + 16]);
        assert.deepEqual((await page.evaluate(() => window.calls)).at(-1), ['disabled', 'wanda@example.org']);
        await signIn(page);
        await screen(page, 'locked');
    },

    async who_is_locked_sets_up_again_on_the_applications_page(t) {
        const page = await openProfile(t);
        await enrol(t, page, 'lotta@example.org');
        await page.goto('/');
        for (const [told, pin] of ['7392', '7393', '7394'].entries()) {
            await typePin(page, pin);
            await page.waitForFunction((n) => window.calls.length > n, told);
        }
        await screen(page, 'locked');
        await page.getByRole('button', { name: 'Set up again' }).click();
        await choosePin(page, '8462');
        await inside(page);
        await signIn(page, '8462');
        await inside(page);
    },

    async tomorrow_wants_tomorrows_permit(t) {
        const page = await openProfile(t);
        await enrol(t, page, 'dora@example.org');
        const [{ permit: today }] = await records(page);
        clock.ahead = 86_400_000;
        try {
            await signIn(page);
            await inside(page);
            const [{ permit: tomorrow }] = await records(page);
            assert.equal(tomorrow.date, today.date + 1);
            assert.ok(!tomorrow.shares.some((share) => today.shares.includes(share)));
            clock.ahead = 0; // and a clock that was put right
            await signIn(page);
            await inside(page);
        } finally {
            clock.ahead = 0;
        }
    },

    async a_refused_permit_is_access_withdrawn(t) {
        const page = await openProfile(t);
        await enrol(t, page, 'rita@example.org');
        for (const status of [401, 403, 410]) {
            t.site.rpa.permits = status;
            await signIn(page);
            await screen(page, 'withdrawn');
        }
        t.site.rpa.permits = 200;
        await signIn(page);
        await inside(page);
        assert.equal((await records(page))[0].state, '');
    },

    async a_pass_1_that_the_server_forgot_is_too_long(t) {
        const page = await openProfile(t);
        await enrol(t, page, 'tilda@example.org');
        await page.route('**/rps/pass2', async (route) => {
            clock.ahead += 16_000;
            await route.continue();
        }, { times: 1 });
        await signIn(page);
        await alert(page, 'That took too long. Enter your PIN again.');
        await typePin(page, '7391');
        await inside(page);
    },

    async a_stored_share_is_taken_before_the_second_d_ta_is_asked(t) {
        const page = await openProfile(t);
        await enrol(t, page, 'stella@example.org');
        clock.ahead = 2 * 86_400_000;
        try {
            const sent = requests(page);
            // What the storage has is what the D-TA would have made.
            await page.route('**/timePermitsStorage/**', async (route) => {
                const [, , , , storageId] = new URL(route.request().url()).pathname.split('/');
                const { hmac } = await import('../milagro/bn254cx.mjs');
                const { timePermit } = await (await fetch(`http://127.0.0.1:${port + 2}/timePermit?hash_mpin_id=${storageId}`
                    + `&signature=${hmac(t.site.rps.appKey, storageId)}`)).json();
                await route.fulfill({ contentType: 'text/plain', body: timePermit, headers: { 'Access-Control-Allow-Origin': '*' } });
            });
            await signIn(page);
            await inside(page);
            assert.ok(!sent.some(([, path]) => path === '/timePermit'));
        } finally {
            clock.ahead = 0;
        }
    },

    async a_server_that_is_down_is_said_and_nothing_is_lost(t) {
        const page = await openProfile(t);
        await enrol(t, page, 'olga@example.org');
        const second = (url) => url.port === String(port + 2);
        clock.ahead = 3 * 86_400_000; // so that a share is wanted
        try {
            await page.route(second, (route) => route.abort());
            await signIn(page);
            await screen(page, 'offline');
            await page.unroute(second);
            await page.getByRole('button', { name: 'Try again' }).click();
            await typePin(page, '7391');
            await inside(page);
        } finally {
            clock.ahead = 0;
        }
    },

    async no_cookie_goes_to_the_d_ta(t) {
        const page = await openProfile(t);
        await page.context().addCookies([{ name: 'secret', value: 'of-the-page', url: t.site.url }]);
        const sent = requests(page);
        await enrol(t, page, 'carla@example.org');
        const there = sent.filter(([, , , request]) => new URL(request.url()).port !== String(port + 3));
        assert.ok(there.length > 6);
        const withCookies = await Promise.all(there.map(async ([, path, , request]) =>
            (await request.allHeaders()).cookie && path !== '/rps/clientSettings' && path));
        assert.deepEqual(withCookies.filter(Boolean), []);
    },
}, start);
