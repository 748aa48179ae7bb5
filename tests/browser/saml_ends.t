// SPDX-License-Identifier: Apache-2.0
// What comes after a sign-in by SAML, and what goes wrong on the way, over HTTP/2: two tabs, a second step, news of a user,
// encrypted names and assertions, a server that forgets. Nobody stands before a closed door.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { run } = require('./browser.js');
const { code } = require('./authenticator.js');
const { check } = require('./pictures.js');
const { mellonAt } = require('../lib/samlidp.cjs');
const { comeIn, endpoints, entity, failed, forgiveRefusals, loads, secure, showWho, signOutThere, startSaml, until, url, who } = require('./saml_site.js');

const more = () => `${loads('headers', 'http2')}
Protocols h2 http/1.1
<Location /members>
    Header always set X-Who "expr=%{REMOTE_USER}|%{reqenv:MPIN_EMAIL}|%{reqenv:MPIN_AMR}"
    Header always set X-At "expr=%{reqenv:MPIN_AUTH_TIME}"
</Location>
<Location /twice>
    AuthType MPin
    MPinSecondFactor totp
    Require valid-user
</Location>
MPinTOTP Wiki
MPinSecondFactorEnrol On`;

const start = () => startSaml({ more });

/** What the provider knows of us, with options of SimpleSAMLphp's. */
const known = (t, options = {}) => t.site.provider.know({ [entity]: mellonAt(endpoints, t.site.cert, options) });

/** POST /refresh from a page of the site, until it has led to such an address. */
async function refresh(page, leads = `${url}/`) {
    await page.goto('/');
    const there = page.waitForNavigation({ url: leads });
    await page.evaluate(() => {
        const form = Object.assign(document.createElement('form'), { method: 'post', action: '/refresh' });
        document.body.append(form);
        form.submit();
    });
    await there;
}

async function signOut(page) {
    await page.goto('/logout');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${url}/`);
}

run({
    async in_two_tabs_the_second_says_who_is_here(t) {
        const page = await secure(t);
        const second = await page.context().newPage();
        await page.goto('/login/with/company');
        await second.goto('/login/with/company');
        await showWho(page, 'anna');
        await page.waitForURL('**/login?offer=1*');
        await showWho(second, 'anna');
        await second.getByText('You\'re signed in as company:anna.').waitFor();
        await check(second, 'saml-second-tab');
        await second.getByRole('link', { name: 'Continue' }).click();
        await second.waitForURL(`${url}/`);
        assert.match(await who(page), /^company:anna\|/);
        for (let i = 0; i < 2; i++) {
            await page.goto('/trusted/company'); // by "back", by a reload, or by the provider's list of applications
            assert.equal(page.url(), `${url}/`, 'who is here already is not refused');
        }
        forgiveRefusals(t);
    },

    async who_is_here_as_somebody_else_is_told(t) {
        const page = await secure(t);
        await comeIn(page);
        await page.context().clearCookies({ domain: '127.0.0.1' });
        await page.goto(`${t.site.provider.url}/saml2/idp/SSOService.php?spentityid=${encodeURIComponent(entity)}&RelayState=${encodeURIComponent(`${url}/trusted/company`)}`);
        await showWho(page, 'bob');
        await page.getByRole('heading', { name: 'Login failed!' }).waitFor();
        await page.getByText('You\'re signed in as company:anna.').waitFor();
        assert.match(await who(page), /^company:anna\|/);
        forgiveRefusals(t);
    },

    async news_are_what_the_provider_says_now_and_nobody_is_asked(t) {
        const page = await secure(t);
        await comeIn(page);
        const seen = (await page.request.get('/members/')).headers()['x-at'];
        known(t, { authproc: { 50: { class: 'core:AttributeAdd', 0: '%replace', mail: 'new@example.org' } } });
        await refresh(page);
        assert.equal(await who(page), 'company:anna|new@example.org|trusted');
        assert.equal((await page.request.get('/members/')).headers()['x-at'], seen, 'nobody has proven anything anew');
        known(t);
        const other = await secure(t);
        await comeIn(other);
        await refresh(other);
        await other.goto(signOutThere(t));
        await until('the end of a session of which there was news', async () => await who(other) === '');
        await page.context().clearCookies({ domain: '127.0.0.1' });
        await refresh(page, /loginuserpass/);
        assert.match(await who(page), /^company:anna\|/, 'who leaves there is here still');
        await showWho(page, 'bob');
        await page.getByText('Company login names somebody else by now, so you have been signed out here.').waitFor();
        await check(page, 'saml-somebody-else');
        await failed(t, page, 'news of somebody else');
    },

    async a_no_while_news_are_asked_is_a_page_and_no_dead_end(t) {
        const page = await secure(t);
        await comeIn(page);
        known(t, { authproc: { 50: { class: 'core:AttributeAdd', 0: 'no such option' } } });
        await refresh(page, /failed=1/);
        await page.getByText('Company login did not sign you in.').waitFor();
        await check(page, 'saml-no-news');
        await page.getByRole('link', { name: 'Continue' }).click();
        await page.waitForURL(`${url}/`);
        assert.match(await who(page), /^company:anna\|/);
        known(t);
        forgiveRefusals(t);
    },

    async a_second_step_is_set_up_asked_and_kept(t) {
        const page = await secure(t);
        await comeIn(page, 'bob', '/twice/');
        await page.goto('/twice/');
        await page.getByRole('heading', { name: 'A second step is needed here' }).waitFor();
        await page.getByRole('button', { name: 'Set up an authenticator app' }).click();
        const secret = await page.locator('#totp-secret').innerText();
        await page.fill('#code', await code(secret, -30));
        await page.keyboard.press('Enter');
        await page.waitForURL('**/twice/');
        assert.equal(await page.locator('h1').innerText(), 'inside twice');
        await refresh(page);
        assert.equal(await who(page), 'company:bob|bob@example.org|mfa otp trusted', 'a refresh takes no step back');
        await signOut(page);
        await comeIn(page, 'bob', '/twice/');
        await page.getByRole('link', { name: 'Not now' }).click();
        await page.getByRole('heading', { name: 'One more step' }).waitFor();
        await page.fill('#code', await code(secret));
        await page.keyboard.press('Enter');
        await page.waitForURL('**/twice/');
        assert.equal(await page.locator('h1').innerText(), 'inside twice');
        await page.goto('/account');
        await page.getByRole('heading', { name: 'Your account' }).waitFor();
    },

    async what_is_encrypted_signs_in_and_out_in_both_directions(t) {
        for (const options of [{ 'assertion.encryption': true }, { 'nameid.encryption': true }, { 'assertion.encryption': true, 'nameid.encryption': true }]) {
            const what = Object.keys(options).join(' and ');
            known(t, options);
            const page = await secure(t);
            await comeIn(page);
            assert.equal(await who(page), 'company:anna|anna@example.org|trusted', what);
            assert.ok(Date.now() / 1000 - Number((await page.request.get('/members/')).headers()['x-at']) < 60, `${what}: it is told when she was seen`);
            await page.goto(signOutThere(t));
            await until('the end of the session', async () => await who(page) === '');
            await comeIn(page);
            await signOut(page);
            assert.equal(await who(page), '', `${what}: signed out here`);
            await page.goto('/login/with/company');
            await page.waitForURL('**/loginuserpass.php**');
        }
        known(t);
        assert.doesNotMatch(t.site.errors(), /MPIN0933|exit signal/);
    },

    async a_sign_out_by_soap_over_http_2_ends_the_session(t) {
        const page = await secure(t);
        let answer = '';
        await page.route(`${endpoints}/postResponse`, (route) => {
            answer = Buffer.from(new URLSearchParams(route.request().postData()).get('SAMLResponse'), 'base64').toString();
            return route.continue();
        });
        await comeIn(page);
        const message = t.site.provider.logoutBySoap({ name: />([^<]+)<\/saml:NameID>/.exec(answer)[1], session: /SessionIndex="([^"]+)"/.exec(answer)[1],
            sp: entity, destination: `${endpoints}/logout` });
        assert.match(execFileSync('curl', ['-sk', '--http2', '-D', '-', '-H', 'Content-Type: text/xml', '--data-binary', '@-', `${endpoints}/logout`],
            { input: message, encoding: 'utf8' }), /^HTTP\/2 200.*LogoutResponse/s);
        assert.equal(await who(page), '');
    },

    async a_server_that_has_forgotten_its_sessions_signs_out_in_both_directions(t) {
        const page = await secure(t), other = await secure(t), half = await secure(t);
        await comeIn(page);
        await comeIn(other);
        await half.goto('/login/with/company');
        await t.site.end();
        await t.site.begin(t.site.text());
        assert.match(await who(page), /^company:anna\|/, 'ours go on');
        await page.goto(signOutThere(t));
        await until('the end of the session', async () => await who(page) === '');
        await signOut(other);
        assert.equal(await who(other), '');
        await showWho(half, 'anna');
        await half.waitForURL('**/login?offer=1*');
    },
}, start);
