// SPDX-License-Identifier: Apache-2.0
// What becomes of people by conf/miracl.conf where their provider is in trouble, or httpd begins anew, while they are on their way;
// what mod_auth_openidc does beside its callback; and who has no script.
const assert = require('node:assert/strict');
const { connect } = require('node:net');
const { join } = require('node:path');
const { openProfile, run } = require('./browser.js');
const { PAGE, heading, isIn, laterThanOnce, say, startOpenIDSite, told, url } = require('./openid_site.js');
const { until, withoutStore } = require('./program.js');

const start = () => startOpenIDSite({ file: 'miracl.conf', name: 'miracl', callback: '/login', people: ['anna', 'ben'], more: 'MPinPassHeaders X-Flash=flash' });

async function come(page, name) {
    await page.goto('/login/with/miracl');
    await say(page, name);
    await page.waitForURL(`${url}/login`);
}

/** All that comes on the connection of one request. */
const allOf = (place) => new Promise((done) => {
    const { host, port } = new URL(url);
    let all = '';
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(`GET ${place} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/html\r\nConnection: close\r\n\r\n`));
    socket.on('data', (data) => all += data.toString('latin1')).on('end', () => done(all));
});

run({
    async a_page_of_openidcs_is_followed_by_nothing(_) {
        for (const query of ['logout=https://evil.example/', 'logout=x', 'logout=get', 'logout=img', 'logout=backchannel', 'target_link_uri=https://evil.example/', 'iss=x&target_link_uri=/', 'state=x&code=y']) {
            const all = await allOf(`/login?${query}`);
            const [head] = all.split('\r\n\r\n', 1);
            assert.equal(all.length, head.length + 4 + Number(/^Content-Length: (\d+)/im.exec(head)?.[1] ?? 0), `${query}: ${all}`);
        }
    },

    async a_provider_that_says_nothing_is_given_up(t) {
        const page = await openProfile(t);
        t.site.op.silent = '/token';
        await page.goto('/login/with/miracl');
        const begun = Date.now();
        await say(page, 'anna');
        await page.getByText('Login failed!').waitFor();
        const seconds = (Date.now() - begun) / 1000;
        assert.ok(seconds < 25, `it took ${seconds} s`);
        t.site.op.silent = null;
        await page.getByRole('link', { name: 'Try again' }).click();
        await page.waitForURL(`${url}/login`);
        assert.deepEqual(await told(page), ['anna@example.org', 'anna']);
    },

    async what_openidc_does_beside_its_callback_is_not_done_here(t) {
        const page = await openProfile(t);
        await come(page, 'anna');
        const { request } = page.context();
        for (const query of ['info=json', 'jwks=rsa', 'refresh=/', 'access_token=x&refresh=/', 'revoke_session=x', 'remove_at_cache=x', 'request_uri=x', 'session=check', 'iss=x', 'state=x', 'code=x', 'state=x&info=json',
            'xstate=x&code=y', 'STATE=x&CODE=y', 'logout'])
            for (const method of ['GET', 'POST', 'HEAD', 'OPTIONS']) {
                const answer = await request.fetch(`${url}/login?${query}`, { method, maxRedirects: 0, headers: PAGE });
                const text = await answer.text();
                assert.ok(method !== 'GET' || answer.status() === 200 && text.includes('signed in as miracl:anna'), `${method} ${query}: ${answer.status()}`);
                assert.doesNotMatch(text + JSON.stringify(answer.headers()), /id_token|access_token":|"keys"|mod_auth_openidc/, `${method} ${query}`);
            }
        for (const query of ['state=x&code=y&info=json', 'error=x&state=y&revoke_session=z', 'target_link_uri=https://evil.example/', `iss=${encodeURIComponent('http://localhost:1')}&target_link_uri=${encodeURIComponent(`${url}/trusted/miracl`)}`]) {
            await page.goto(`/login?${query}`);
            assert.equal(await heading(page), 'Login failed!', query);
        }
        for (const elsewhere of ['https://evil.example/', '//evil.example', '/%5Cevil.example'])
            assert.doesNotMatch((await request.get(`${url}/login?logout=${elsewhere}`, { maxRedirects: 0 })).headers().location ?? '', /evil/);
        assert.ok(await isIn(page), 'and the session here goes on');
    },

    async two_refreshes_at_once_end_nothing(t) {
        const page = await openProfile(t);
        await come(page, 'anna');
        const two = await page.context().newPage();
        await two.goto('/login');
        await Promise.all([page, two].map((one) => one.getByRole('button', { name: 'Refresh' }).click()));
        for (const one of [page, two]) {
            await one.waitForURL(`${url}/login`);
            assert.deepEqual(await told(one), ['anna@example.org', 'anna']);
        }
    },

    async who_is_somebody_else_there_by_now_is_out_at_refresh(t) {
        const page = await openProfile(t);
        await come(page, 'anna');
        await laterThanOnce();
        const { anna } = t.site.op.people;
        t.site.op.people.anna = { ...anna, sub: 'ben' };
        await page.getByRole('button', { name: 'Refresh' }).click();
        await page.waitForURL('**/session/end*');
        t.site.op.people.anna = anna;
        assert.ok(!await isIn(page));
    },

    async all_of_it_does_without_a_script(t) {
        const page = await openProfile(t, { javaScriptEnabled: false });
        await come(page, 'ben');
        await laterThanOnce();
        t.site.op.people.ben.email = 'benjamin@example.org';
        await page.getByRole('button', { name: 'Refresh' }).click();
        await page.getByRole('link', { name: 'Continue' }).click();
        await page.waitForURL(`${url}/login`);
        assert.deepEqual(await told(page), ['benjamin@example.org', 'ben']);
        await page.getByRole('button', { name: 'Sign out' }).click();
        assert.equal(await page.locator('.flash.info').innerText(), 'User logged out!');
        await page.getByRole('link', { name: 'Continue' }).click();
        await page.getByRole('button', { name: 'Sign out here' }).click();
        await page.waitForURL(`${url}/login`);
        assert.ok(!await isIn(page));
    },

    async a_provider_may_say_once_more_what_the_store_could_not_keep(t) {
        if (process.getuid() !== 0)
            return;
        const { op } = t.site;
        const page = await openProfile(t);
        let sid;
        op.spoil = (claims) => { ({ sid } = claims); };
        await come(page, 'ben');
        op.spoil = null;
        const logout = () => fetch(`${url}/login?logout=backchannel`, { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: `logout_token=${op.logoutToken({ sub: 'ben', sid })}` });
        await withoutStore(t.site.httpd, join(t.site.folder, 'state/mpin'), async () => {
            assert.equal((await logout()).status, 503);
            assert.equal((await page.context().request.get(`${url}/`, { headers: PAGE })).status(), 200, 'what is open to all stays so');
        });
        await until('the session to end', async () => (await logout()).status === 200 && !await isIn(page));
    },

    async a_sign_out_that_cannot_be_read_is_told_in_the_log(t) {
        const { op } = t.site;
        const page = await openProfile(t);
        let sid = '';
        op.spoil = (claims) => { ({ sid } = claims); };
        await come(page, 'ben');
        op.spoil = null;
        for (const spoiled of [(token) => `logout_token=${token}&more=${'x'.repeat(20000)}`, (token) => `logout_token=${token}&more=\0`, (token) => `logout_token=x.y.z&logout_token=${token}`]) {
            const before = t.site.log().length;
            const answer = await fetch(`${url}/login?logout=backchannel`, { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: spoiled(op.logoutToken({ sub: 'ben', sid })) });
            assert.equal(answer.status, 200, 'the other module takes it');
            assert.match(t.site.log().slice(before), /MPIN0920/);
            assert.ok(await isIn(page));
        }
    },

    async a_reload_of_httpd_loses_nobody_on_the_way(t) {
        const page = await openProfile(t);
        const reload = async () => {
            const before = t.site.log().length;
            t.site.httpd.kill('SIGUSR1');
            await until('httpd to begin anew', () => /resuming normal operations/.test(t.site.log().slice(before)));
        };
        await page.goto('/login/with/miracl');
        await page.waitForURL('**/interaction/*');
        await reload();
        await say(page, 'anna');
        await page.waitForURL(`${url}/login`);
        assert.deepEqual(await told(page), ['anna@example.org', 'anna']);
        await reload();
        await page.getByRole('button', { name: 'Refresh' }).click();
        await page.waitForURL(`${url}/login`);
        assert.deepEqual(await told(page), ['anna@example.org', 'anna'], 'the module has forgotten its session, the provider has not');
    },

    async a_provider_that_goes_down_meanwhile_leaves_a_text(t) {
        let page = await openProfile(t);
        await come(page, 'anna');
        await laterThanOnce();
        const other = await openProfile(t);
        await other.goto('/login/with/miracl');
        await other.waitForURL('**/interaction/*');
        const { request } = other.context();
        const said = await request.post(other.url(), { form: { name: 'ben' }, maxRedirects: 0 });
        const answer = (await request.get(new URL(said.headers().location, other.url()).href, { maxRedirects: 0 })).headers().location;
        await t.site.op.stop();
        await other.goto(answer);
        assert.equal(await heading(other), 'Login failed!', 'in the middle of a sign-in');
        assert.ok(!await isIn(other));
        assert.ok(await isIn(page), 'a session goes on');
        await page.getByRole('button', { name: 'Refresh' }).click();
        await until('the session to end', async () => !await isIn(page));
        await page.waitForURL(/session\/end|chrome-error/).catch((error) => assert.match(error.message, /ERR_CONNECTION_REFUSED/)); // the provider's page
        await page.close();
        page = await page.context().newPage();
        await page.goto('/login');
        assert.match(await page.locator('.flash.danger').innerText(), /does not confirm who you are any more/);
        t.problems.length = 0; // it cannot be reached
    },
}, start);
