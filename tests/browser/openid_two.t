// SPDX-License-Identifier: Apache-2.0
// Two OpenID providers on one site, as docs/trusted.md sets them up: whose people are whose, and one of them down.
const { port } = require('../lib/ports.cjs');
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { chmodSync, mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { OpenID } = require('../lib/openid.cjs');
const { openProfile, run } = require('./browser.js');
const { client, heading, say, signOutThere, startOpenIDSite, url } = require('./openid_site.js');
const { check } = require('./pictures.js');

const CALLBACK = '/trusted/callback';
const issuers = { one: `http://localhost:${port + 1}`, two: `http://127.0.0.3:${port + 2}` };

const place = (name, more = '', discover = (line) => line, at = name) => `
MPinTrustedLogin ${at} /trusted/${at} openid-connect "Provider ${at}" email=OIDC_CLAIM_email sid=OIDC_CLAIM_sid callback=${CALLBACK}${more}
<Location /trusted/${at}>
    SetHandler mpin-trusted-login
    AuthType openid-connect
    AuthzSendForbiddenOnFailure On
    ${discover(`OIDCDiscoverURL ${url}${CALLBACK}?iss=${encodeURIComponent(issuers[name])}`)}
    OIDCUnAutzAction auth
    <RequireAll>
        Require claim iss:${issuers[name]}
        Require valid-user
    </RequireAll>
</Location>`;

/** The shipped file, with two providers in the place of one, and our module before the other. */
const edit = (text) => text
    .replace(/^(LoadModule auth_openidc_module .*\n)(LoadModule auth_mpin_module .*\n)/m, '$2$1')
    .replace(/^(Include|OIDCProviderMetadataURL|MPinTrustedLogin|MPinTrustedMaxAge|OIDCPKCEMethod) .*\n/mg, '')
    .replace(/^<Location \/trusted\/company[^]*?^<\/Location>\n/mg, '')
    .replace(/^OIDCRedirectURI .*/m, `OIDCRedirectURI ${url}${CALLBACK}\nInclude openid.secret\nOIDCMetadataDir "${/^ServerRoot "(.*)"/m.exec(text)[1]}/metadata"`)
    .replace(/^MPinRegister .*/m, 'MPinRegister signed-in')
    + place('one') + place('two', ' as-local=email:example.org') + place('two', '', () => '', 'chosen') + place('two', '', undefined, 'three') + `
<Location ${CALLBACK}>
    AuthType openid-connect
    Require valid-user
</Location>
ErrorDocument 404 default
<Location /protected/two>
    MPinLoginMethods two
</Location>`;

/** Each provider's file, and the client's at it. */
function writeMetadata(folder) {
    const there = join(folder, 'metadata');
    mkdirSync(there);
    for (const issuer of Object.values(issuers)) {
        const name = join(there, encodeURIComponent(issuer.replace(/^http:\/\//, '')));
        writeFileSync(`${name}.client`, JSON.stringify({ client_id: 'wiki', client_secret: client('wiki', '/').client_secret }));
        writeFileSync(`${name}.provider`, JSON.stringify({
            issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token`, userinfo_endpoint: `${issuer}/me`, jwks_uri: `${issuer}/jwks`,
            end_session_endpoint: `${issuer}/session/end`, backchannel_logout_supported: true, response_types_supported: ['code'],
            token_endpoint_auth_methods_supported: ['client_secret_basic'] }));
        writeFileSync(`${name}.conf`, JSON.stringify({ scope: 'openid email', response_type: 'code' }));
    }
    chmodSync(there, 0o700);
    if (process.getuid() === 0)
        execFileSync('chown', ['-R', 'www-data', there]);
}

async function start() {
    const two = await OpenID.start(port + 2, [client('wiki', CALLBACK)], {}, '127.0.0.3');
    const site = await startOpenIDSite({
        file: 'examples/openid.conf', name: 'openid', callback: CALLBACK,
        edit: (text) => { writeMetadata(/^ServerRoot "(.*)"/m.exec(text)[1]); return edit(text); },
    });
    const { stop } = site;
    for (const op of [site.op, two])
        op.people.anna = { email: 'anna@example.org', email_verified: true };
    return Object.assign(site, { two, stop: async () => { await stop.call(site); await two.stop(); } });
}

const whois = async (page) => {
    await page.goto('/login');
    return heading(page);
};

async function come(page, name) {
    await page.goto(`/login/with/${name}`);
    await page.waitForURL(`${issuers[name]}/interaction/*`);
    await say(page, 'anna');
    await page.waitForURL('**/login?offer=1*');
}

run({
    async people_of_one_provider_are_nobody_of_the_other(t) {
        const page = await openProfile(t);
        await come(page, 'one');
        assert.match(await whois(page), /one:anna/);
        await page.context().clearCookies({ name: 'mpin' });
        await page.goto('/login/with/two');
        await page.waitForURL(`${issuers.two}/interaction/*`); // whatever session of the module's there is
        await say(page, 'anna');
        await page.waitForURL('**/login?offer=1*');
        assert.match(await whois(page), /as anna@example\.org/, 'as-local, by a verified address of its domain');
        await page.goto('/login/with/one');
        await page.waitForURL('**/login?offer=1*');
        assert.match(await whois(page), /one:anna/, 'and back');
    },

    async who_is_refused_and_asked_anew_is_not_signed_in_meanwhile(t) {
        const page = await openProfile(t);
        await come(page, 'one');
        assert.match(await whois(page), /one:anna/);
        await page.goto('/login/with/chosen');
        assert.match(await whois(page), /one:anna/, 'the module has shown its page of providers, and let somebody in for that');
        await page.context().clearCookies({ name: 'mpin' });
        await page.goto('/login/with/chosen');
        await page.goto('/protected/');
        assert.equal(new URL(page.url()).pathname, '/login');
    },

    async a_logout_at_either_ends_what_came_of_it(t) {
        for (const [name, op] of [['one', t.site.op], ['two', t.site.two]]) {
            const page = await openProfile(t);
            await come(page, name);
            await signOutThere(page, op.issuer);
        }
    },

    async the_same_person_by_two_of_them_is_one_account_once_it_is_linked(t) {
        t.site.two.people.bea = { email: 'bea@example.org', email_verified: true };
        const page = await openProfile(t);
        await come(page, 'one');
        await page.goto('/account');
        await check(page, 'logins');
        await page.getByRole('button', { name: 'Add Provider three' }).focus();
        await page.keyboard.press('Enter');
        await page.waitForURL(`${issuers.two}/interaction/*`);
        await say(page, 'bea');
        await page.getByRole('heading', { name: 'Is that you?' }).waitFor();
        assert.match(await page.locator('main').innerText(), /Provider three says [^]*bea[^]*your account one:anna/);
        await page.reload();
        await check(page, 'login-question');
        await page.getByRole('button', { name: 'Yes, add it' }).click();
        await page.getByText('Done: you can sign in with it from now on.').waitFor();
        await page.goBack();
        await page.reload();
        assert.match(await page.locator('main').innerText(), /Nothing waits to be added/, 'the question comes once');
        t.problems.splice(0, t.problems.length, ...t.problems.filter((one) => !/403/.test(one)));

        const other = await openProfile(t);
        const visit = async () => {
            await other.goto('/login/with/three');
            await other.waitForURL(`${issuers.two}/interaction/*`);
            await say(other, 'bea');
            await other.waitForURL('**/login?offer=1*');
        };
        await visit();
        assert.match(await whois(other), /one:anna/, 'bea of the one is anna of the other');
        await signOutThere(other, issuers.two);
        await page.goto('/protected/');
        assert.equal(new URL(page.url()).pathname, '/protected/', 'what began by the other login goes on');

        await page.goto('/account');
        await page.getByRole('button', { name: 'Remove Provider three' }).click();
        await page.getByText('Removed. You have been signed out everywhere else.').waitFor();
        await visit();
        assert.match(await whois(other), /three:bea/, 'and is somebody else once it is removed');
    },

    async who_brings_a_provider_of_their_own_is_nobody_here(t) {
        const own = await OpenID.start(port + 3, [client('wiki', CALLBACK)], { features: { registration: { enabled: true }, devInteractions: { enabled: false } } }, '127.0.0.4');
        own.answers['/reg'] = client('wiki', CALLBACK);
        own.people.anna = { email: 'anna@example.org', email_verified: true };
        const context = (await openProfile(t)).context();
        for (const name of ['chosen', 'one', 'two']) {
            const page = await context.newPage(); // the one before may be on its way still
            await page.goto('/login/with/chosen'); // where the module asks for the provider
            const token = await page.locator('input[name=x_csrf]').getAttribute('value');
            await context.request.get(`${url}/login/with/${name}`, { maxRedirects: 0 });
            await page.goto(`${CALLBACK}?x_csrf=${token}&iss=${encodeURIComponent(own.issuer)}&target_link_uri=${encodeURIComponent(`${url}/trusted/${name}`)}`);
            if (page.url().startsWith(own.issuer)) {
                await say(page, 'anna');
                await page.waitForURL((at) => !at.href.startsWith(own.issuer));
            }
            const answer = await context.request.get(`${url}/protected/`, { maxRedirects: 0, headers: { Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate' } });
            assert.equal(answer.status(), 302, name);
        }
        assert.ok(own.since(0, '/token').length, 'mod_auth_openidc has taken its word');
        await own.stop();
    },

    async a_provider_that_is_down_leaves_the_other(t) {
        await t.site.two.stop();
        const page = await openProfile(t);
        await come(page, 'one');
        const stranger = await openProfile(t);
        await stranger.goto('/login');
        assert.equal(await stranger.locator('.trusted a').count(), 4);
        await stranger.goto(`${CALLBACK}?iss=${encodeURIComponent('http://localhost:1')}&target_link_uri=${url}/trusted/one`);
        assert.equal(await stranger.locator('main h1').innerText(), 'Login failed!', 'an issuer that nobody knows');
        t.site.two.stop = async () => {};
    },
}, start);
