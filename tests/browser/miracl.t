// SPDX-License-Identifier: Apache-2.0
// conf/miracl.conf as it is shipped: log in with MIRACL by a certified OpenID provider in its place, who is there, refresh,
// log out, and every answer that is spoiled.
const assert = require('node:assert/strict');
const { generateKeyPairSync } = require('node:crypto');
const { openProfile, run } = require('./browser.js');
const { heading, isIn, laterThanOnce, path, say, signOutThere, startOpenIDSite, told, url } = require('./openid_site.js');
const { check } = require('./pictures.js');

const start = () => startOpenIDSite({ file: 'miracl.conf', name: 'miracl', callback: '/login', people: ['anna', 'ben', 'carl'] });

const here = (page) => page.waitForURL((at) => at.origin === url && !/^\/(trusted|login\/with)/.test(at.pathname) && !/state=/.test(at.search));

/** The provider's answer, which the browser has not taken to the site yet. */
async function answerOf(page, name) {
    const { request } = page.context();
    const said = await request.post(page.url(), { form: { name }, maxRedirects: 0 });
    const done = await request.get(new URL(said.headers().location, page.url()).href, { maxRedirects: 0 });
    return done.headers().location;
}

async function come(page, name) {
    await page.goto('/login');
    await page.getByRole('link', { name: 'Log in with MIRACL' }).click();
    await say(page, name);
    await here(page);
}

const isNobody = async (page) => assert.ok(!await isIn(page), 'nobody is signed in');

/** The page that a spoiled answer ends on, and that the next try does. */
async function failed(page, t) {
    assert.equal(await heading(page), 'Login failed!');
    assert.equal(await page.locator('.flash.danger').count(), 1);
    await isNobody(page);
    Object.assign(t.site.op, { spoil: null, userinfo: 0, once: null });
    await page.getByRole('link', { name: 'Try again' }).click();
}

/** The provider may ask again who it is. */
async function inAtLast(page) {
    await page.waitForURL((at) => /^\/interaction/.test(at.pathname) || at.pathname === '/login' && !at.search);
    if (path(page) !== '/login')
        await say(page, 'anna');
    await here(page);
    assert.deepEqual(await told(page), ['anna@example.org', 'anna'], 'the next try does, as the provider knows them');
}

const spoiledToken = (spoil) => async function spoiled(t) {
    const page = await openProfile(t);
    await page.goto('/login/with/miracl');
    t.site.op.spoil = spoil;
    await say(page, 'anna');
    await page.getByText('Login failed!').waitFor();
    await failed(page, t);
    await inAtLast(page);
};

run({
    async a_button_leads_to_miracl_and_back(t) {
        const page = await openProfile(t);
        await page.goto('/login?prerollid=an+id%26x');
        const button = page.getByRole('link', { name: 'Log in with MIRACL' });
        const authURL = await button.getAttribute('data-authurl');
        assert.equal(authURL, `${url}/login/with/miracl?prerollid=an%20id%26x`);
        assert.equal(await button.getAttribute('data-element'), await button.getAttribute('id'));
        assert.equal(await page.locator('mpin-pad, input').count(), 0, 'it stands alone');
        await check(page, 'miracl-login');
        const mark = t.site.op.asked.length;
        await button.click();
        await say(page, 'anna');
        await here(page);
        const asked = new URLSearchParams(t.site.op.since(mark, '/auth')[0].split('?')[1]);
        assert.equal(asked.get('prerollid'), 'an id&x', 'prerollid goes on');
        assert.equal(asked.get('scope'), 'openid email');
        assert.equal(asked.get('redirect_uri'), `${url}/login`);
        assert.ok(asked.get('state'));
        assert.equal(path(page), '/login');
        assert.equal(await page.locator('.flash.success').innerText(), 'Successfully logged in!');
        assert.deepEqual(await told(page), ['anna@example.org', 'anna']);
        await check(page, 'miracl-in');
        await page.goto('/login');
        assert.equal(await page.locator('.flash').count(), 0, 'once');
        await page.goto('/protected/');
        assert.equal(await page.locator('h1').innerText(), 'inside');
    },

    async a_script_may_take_the_button_over(t) {
        const page = await openProfile(t);
        await page.goto('/login');
        await page.evaluate(() => { location.href = document.querySelector('[data-authurl]').dataset.authurl; });
        await say(page, 'anna');
        await here(page);
        assert.deepEqual(await told(page), ['anna@example.org', 'anna']);
    },

    async refresh_is_one_userinfo_call_and_no_authorization(t) {
        const page = await openProfile(t);
        await come(page, 'ben');
        await laterThanOnce();
        t.site.op.people.ben.email = 'benjamin@example.org';
        const mark = t.site.op.asked.length;
        await page.getByRole('button', { name: 'Refresh' }).click();
        await page.getByText('benjamin@example.org').waitFor();
        assert.deepEqual(t.site.op.asked.slice(mark), ['GET /me']);
        assert.equal(await page.locator('.flash').count(), 0, 'it is no sign-in');
    },

    async a_refusal_of_refresh_ends_both_sessions_with_a_text(t) {
        const page = await openProfile(t);
        await come(page, 'carl');
        await laterThanOnce();
        t.site.op.userinfo = 401;
        await page.getByRole('button', { name: 'Refresh' }).click();
        await page.waitForURL('**/session/end*');
        await page.getByRole('button', { name: 'Sign out here' }).click();
        await page.waitForURL(`${url}/login`);
        assert.match(await page.locator('.flash.danger').innerText(), /does not confirm who you are any more/);
        await check(page, 'miracl-no-more');
        await isNobody(page);
        t.site.op.userinfo = 0;
        await page.goto('/login');
        assert.equal(await page.locator('.flash').count(), 0, 'it is told once');
        await page.getByRole('link', { name: 'Log in with MIRACL' }).click();
        await say(page, 'carl');
        await here(page);
        assert.deepEqual(await told(page), ['carl@example.org', 'carl'], 'and they come in again');
    },

    async a_sign_out_is_one_here_and_there(t) {
        const page = await openProfile(t);
        await come(page, 'anna');
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.waitForURL('**/logout?out=1*');
        assert.equal(await page.locator('.flash.info').innerText(), 'User logged out!');
        await isNobody(page);
        await page.getByRole('link', { name: 'Continue' }).click();
        await page.getByRole('button', { name: 'Sign out here' }).click();
        await page.waitForURL(`${url}/login`);
        assert.equal(await page.locator('.flash').count(), 0, 'it is told once');
        await page.getByRole('link', { name: 'Log in with MIRACL' }).click();
        await page.waitForURL('**/interaction/*');
    },

    async provider_logout_ends_the_session_here(t) {
        const page = await openProfile(t);
        await come(page, 'anna');
        const other = await openProfile(t);
        await come(other, 'anna');
        await signOutThere(page, t.site.op.issuer);
        await other.goto('/protected/');
        assert.equal(path(other), '/protected/', 'one of the same person that began elsewhere goes on');
    },

    async forged_logout_tokens_end_nothing(t) {
        const page = await openProfile(t);
        const { op } = t.site;
        let sid;
        op.spoil = (claims) => { ({ sid } = claims); };
        await come(page, 'anna');
        op.spoil = null;
        assert.ok(sid);
        const claims = { iss: op.issuer, aud: 'wiki', iat: Math.floor(Date.now() / 1000), jti: 'a jti', sub: 'anna', sid, events: { 'http://schemas.openid.net/event/backchannel-logout': {} } };
        const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
        const token = (change = {}, key = op.key, header = { alg: 'RS256', kid: 'one' }) =>
            `${part(header)}.${part({ ...claims, ...change })}.${key ? require('node:crypto').createSign('RSA-SHA256').update(`${part(header)}.${part({ ...claims, ...change })}`).sign(key).toString('base64url') : ''}`;
        const send = (query, body, headers = {}) => fetch(`${url}${query}`, { method: 'POST', redirect: 'manual', headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers }, body });
        const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
        const back = '/login?logout=backchannel';
        const forged = token({}, stranger);
        for (const [what, query, body] of [
            ['of another key', back, `logout_token=${forged}`],
            ['of none', back, `logout_token=${token({}, null, { alg: 'none' })}`],
            ['of another issuer', back, `logout_token=${token({ iss: 'http://localhost:1' })}`],
            ['for another client', back, `logout_token=${token({ aud: 'other' })}`],
            ['with a nonce', back, `logout_token=${token({ nonce: 'x' })}`],
            ['without its event', back, `logout_token=${token({ events: {} })}`],
            ['two of them', back, `logout_token=${forged}&logout_token=${forged}`],
            ['where another sign-out is meant', '/login?logout=get&logout=backchannel', `logout_token=${forged}`],
            ['where another sign-out is meant', '/login?logout=backchannel&logout=get', `logout_token=${forged}`],
            ['where the logout comes last', '/login?x=1&logout=backchannel', `logout_token=${forged}`],
            ['at the place itself', '/trusted/miracl?logout=backchannel', `logout_token=${forged}`],
            ['at a page of ours', '/login/with/miracl?logout=backchannel', `logout_token=${forged}`],
        ]) {
            await send(query, body);
            await page.goto('/protected/');
            assert.equal(path(page), '/protected/', `a token ${what} ends nothing`);
        }
        assert.equal((await send(back, `logout_token=${token()}`)).status, 200);
        await page.goto('/protected/');
        assert.equal(path(page), '/login', 'the provider\'s own does');
    },

    async a_logout_of_a_user_ends_all_of_theirs(t) {
        const pages = [await openProfile(t), await openProfile(t)];
        for (const page of pages)
            await come(page, 'ben');
        const answer = await fetch(`${url}/login?logout=backchannel`, { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: `logout_token=${t.site.op.logoutToken({ sub: 'ben' })}` });
        assert.equal(answer.status, 200);
        for (const page of pages) {
            await page.goto('/protected/');
            assert.equal(path(page), '/login');
        }
    },

    async who_says_no_there_is_nobody_here(t) {
        const page = await openProfile(t);
        await page.goto('/protected/');
        await page.getByRole('link', { name: 'Log in with MIRACL' }).click();
        await page.getByRole('button', { name: 'Cancel' }).click();
        await page.getByText('Login failed!').waitFor();
        await check(page, 'miracl-failed');
        await failed(page, t);
        await say(page, 'anna');
        await page.waitForURL('**/protected/');
    },

    async an_error_there_is_a_page_here(t) {
        const page = await openProfile(t);
        await page.goto('/login/with/miracl');
        t.site.op.once = 'temporarily_unavailable';
        await say(page, 'anna');
        await page.getByText('Login failed!').waitFor();
        await failed(page, t);
        await page.waitForURL('**/interaction/*');
    },

    async another_state_is_refused(t) {
        const page = await openProfile(t);
        await page.goto('/login/with/miracl');
        await page.goto((await answerOf(page, 'anna')).replace(/state=[^&]*/, 'state=another'));
        await page.getByText('Login failed!').waitFor();
        await failed(page, t);
        await here(page);
    },

    async an_answer_to_another_browser_is_refused(t) {
        const evil = await openProfile(t);
        await evil.goto('/login/with/miracl');
        const answer = await answerOf(evil, 'ben');
        for (const begun of [false, true]) {
            const page = await openProfile(t);
            if (begun)
                await page.goto('/login/with/miracl');
            await page.goto(answer);
            assert.equal(await heading(page), 'Login failed!');
            await isNobody(page);
        }
    },

    async an_answer_that_comes_too_late_is_refused(t) {
        const page = await openProfile(t);
        await page.goto('/login/with/miracl');
        await page.waitForURL('**/interaction/*');
        await page.context().clearCookies({ domain: '127.0.0.1' }); // as when they have expired
        await say(page, 'anna');
        await page.getByText('Login failed!').waitFor();
        await failed(page, t);
        await here(page);
    },

    another_nonce_is_refused: spoiledToken((claims) => { claims.nonce = 'another'; }),
    an_id_token_that_has_expired_is_refused: spoiledToken((claims) => { claims.exp = claims.iat = Math.floor(Date.now() / 1000) - 7200; }),
    an_id_token_for_another_client_is_refused: spoiledToken((claims) => { claims.aud = 'other'; }),
    an_id_token_of_another_issuer_is_refused: spoiledToken((claims) => { claims.iss = 'http://localhost:1'; }),
    an_id_token_of_another_user_than_userinfo_is_refused: spoiledToken((claims) => { claims.sub = 'ben'; }),
    an_id_token_of_nobody_is_refused: spoiledToken((claims) => { delete claims.sub; }),

    async an_id_token_of_another_key_is_refused(t) {
        const page = await openProfile(t);
        const { op } = t.site;
        const own = op.key;
        await page.goto('/login/with/miracl');
        op.key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
        op.spoil = () => {};
        await say(page, 'anna');
        await page.getByText('Login failed!').waitFor();
        op.key = own;
        await failed(page, t);
        await here(page);
    },

    async missing_claims_are_refused(t) {
        const page = await openProfile(t);
        t.site.op.people.anna = {};
        await page.goto('/login/with/miracl');
        await say(page, 'anna');
        await page.getByText('Login failed!').waitFor();
        t.site.op.people.anna = { email: 'anna@example.org', email_verified: true };
        await failed(page, t);
        await inAtLast(page);
    },

    async somebody_else_is_asked_again(t) {
        const page = await openProfile(t);
        await come(page, 'anna');
        await page.getByRole('link', { name: 'Sign in as somebody else' }).click();
        await page.getByRole('link', { name: 'Log in with MIRACL' }).click();
        await say(page, 'ben');
        await here(page);
        assert.equal((await told(page))[1], 'ben');
    },

    async a_provider_that_is_down_is_a_page(t) {
        await t.site.end();
        t.site.log();
        await t.site.op.stop();
        await t.site.begin();
        const page = await openProfile(t);
        await page.goto('/login');
        await page.getByRole('link', { name: 'Log in with MIRACL' }).click();
        await page.getByText('Login failed!').waitFor();
        assert.match(await page.locator('main').innerText(), /Log in with MIRACL did not sign you in/);
        assert.equal(await page.getByRole('link', { name: 'Try again' }).count(), 1);
        await isNobody(page);
    },
}, start);
