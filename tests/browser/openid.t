// SPDX-License-Identifier: Apache-2.0
// conf/examples/openid.conf as it is shipped, by a certified provider: steps that were shown there, once more by going there
// again, what others say who they are, and mod_auth_openidc loaded after us, with includes and HTTP/2 beside it.
const assert = require('node:assert/strict');
const { execFile } = require('node:child_process');
const { mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { promisify } = require('node:util');
const { openProfile, run } = require('./browser.js');
const { PAGE, path, say, startOpenIDSite, url } = require('./openid_site.js');
const { loads } = require('./shipped.js');

/** Ours first, and what stands beside it. */
function edit(text) {
    const [ours] = /^LoadModule auth_mpin_module .*\n/m.exec(text);
    return text.replace(ours, '').replace(/^LoadModule auth_openidc_module/m, `${ours}$&`)
        .replace(/^MPinTrustedLogin company .*/m, '$& counts=OIDC_CLAIM_amr:otp=totp counts=OIDC_CLAIM_acr:urn:a=gold=sms pass=lang');
}

const MORE = `${loads('include', 'mime', 'http2', 'env', 'headers')}Protocols h2c http/1.1
TypesConfig /dev/null
MPinTOTP Wiki
MPinPassHeaders X-Claim=claim:OIDC_CLAIM_sub
<Directory %/www/html>
    Options +Includes
    AddOutputFilter INCLUDES .shtml
</Directory>
<Location /step>
    AuthType MPin
    MPinSecondFactor totp
    Require valid-user
</Location>
<Location /fresh>
    AuthType MPin
    MPinReauthAfter 30s
    Require valid-user
</Location>
<Location /theirs>
    AuthType openid-connect
    Require valid-user
    ErrorDocument 404 /trusted/company
    FallbackResource disabled
</Location>
<Location /theirs/else>
    FallbackResource /trusted/company
</Location>
<Location /whoami>
    AuthType MPin
    Require valid-user
</Location>
Alias /options "%/www/html"
<Location /options>
    AuthType openid-connect
    Require valid-user
</Location>`;

const start = async () => {
    const site = await startOpenIDSite({
        file: 'examples/openid.conf', name: 'openid', callback: '/trusted/company/callback', people: ['anna', 'ben'],
        edit: (text) => edit(text) + MORE.replaceAll('%', /^ServerRoot "(.*)"/m.exec(text)[1]),
    });
    const folder = join(site.folder, 'www/html');
    for (const name of ['step', 'fresh', 'theirs', 'whoami'])
        mkdirSync(join(folder, name));
    for (const name of ['step', 'fresh'])
        writeFileSync(join(folder, name, 'index.html'), `<!DOCTYPE html><html lang="en"><title>${name}</title><h1>${name}</h1>`);
    writeFileSync(join(folder, 'theirs/page.shtml'), 'around <!--#include virtual="/protected/index.html" --> and <!--#include virtual="/trusted/company" -->');
    writeFileSync(join(folder, 'whoami/page.shtml'), '<!--#echo var="REMOTE_USER" -->|<!--#echo var="MPIN_EMAIL" -->|<!--#echo var="MPIN_AMR" -->|<!--#echo var="HTTP_X_CLAIM" -->|<!--#echo var="MPIN_AUTH_TIME" -->');
    return site;
};

/** Says who they are, and is back. */
async function sayThere(page, name) {
    await say(page, name);
    await page.waitForURL((at) => at.origin === url && !/^\/(trusted|login\/with)/.test(at.pathname));
}

async function come(page, name, shown = {}, site = undefined) {
    Object.assign(site.op, { shown });
    await page.goto('/login/with/company');
    await sayThere(page, name);
    site.op.shown = {};
}

const whoami = async (page) => (await (await page.context().request.get(`${url}/whoami/page.shtml`, { headers: PAGE, maxRedirects: 0 })).text()).split('|');

run({
    async a_company_login_offers_a_pin_and_opens_the_page(t) {
        const page = await openProfile(t);
        await page.goto('/protected/');
        await page.getByRole('link', { name: 'Company login' }).click();
        await sayThere(page, 'anna');
        assert.match(page.url(), /offer=1/);
        await page.goto('/protected/');
        assert.equal(await page.locator('h1').innerText(), 'inside');
        assert.deepEqual((await whoami(page)).slice(0, 4), ['company:anna', 'anna@example.org', 'trusted', 'anna']);
    },

    async acr_and_amr_count_by_the_list_only(t) {
        for (const [shown, opens, amr] of [
            [{ amr: ['pwd'] }, false, 'trusted'],
            [{ amr: ['pwd', 'mfa', 'hwk'] }, false, 'trusted'],
            [{ amr: ['otpx', 'xotp', 'OTP'] }, false, 'trusted'],
            [{ acr: 'otp' }, false, 'trusted'],
            [{ acr: 'urn:a=gold' }, false, 'mfa sms trusted'],
            [{ amr: ['pwd', 'otp'] }, true, 'mfa otp trusted'],
        ]) {
            const page = await openProfile(t);
            await come(page, 'anna', shown, t.site);
            assert.equal((await whoami(page))[2], amr, JSON.stringify(shown));
            await page.goto('/step/');
            assert.equal(path(page) === '/step/', opens, JSON.stringify(shown));
        }
    },

    async a_fresh_proof_is_asked_of_the_provider(t) {
        const page = await openProfile(t);
        t.site.op.spoil = (claims) => { claims.auth_time -= 600; };
        await come(page, 'anna', {}, t.site);
        t.site.op.spoil = null;
        const before = Number((await whoami(page))[4]);
        assert.ok(before < Date.now() / 1000 - 500, 'a proof is as old as the provider says');
        const mark = t.site.op.asked.length;
        await page.goto('/fresh/');
        assert.equal(path(page), '/login');
        await page.getByRole('link', { name: 'Company login' }).click();
        await page.waitForURL('**/interaction/*');
        assert.match(t.site.op.since(mark, '/auth')[0], /[?&]prompt=login(&|$)/);
        await sayThere(page, 'anna');
        await page.goto('/fresh/');
        assert.equal(path(page), '/fresh/');
    },

    async somebody_else_who_steps_up_is_somebody_else(t) {
        const page = await openProfile(t);
        await come(page, 'anna', { amr: ['otp'] }, t.site);
        await page.goto('/login/with/company');
        await sayThere(page, 'ben');
        assert.deepEqual((await whoami(page)).slice(0, 3), ['company:ben', 'ben@example.org', 'trusted']);
    },

    async what_clients_say_is_nothing(t) {
        const page = await openProfile(t, { extraHTTPHeaders: {} });
        const { request } = page.context();
        const lies = { ...PAGE, 'OIDC_CLAIM_sub': 'root', 'OIDC-CLAIM-sub': 'root', 'OIDC_CLAIM_email': 'root@example.org', 'X-Claim': 'root', 'Remote-User': 'root', 'OIDC_CLAIM_amr': 'otp' };
        await page.route(`${url}/**`, (route) => route.continue({ headers: { ...route.request().headers(), ...lies } }));
        await come(page, 'anna', {}, t.site);
        assert.deepEqual((await whoami(page)).slice(0, 4), ['company:anna', 'anna@example.org', 'trusted', 'anna']);
        const stranger = await openProfile(t);
        for (const method of ['GET', 'POST', 'OPTIONS', 'HEAD', 'PUT'])
            for (const place of ['/trusted/company', '/trusted/company?anew=1', '/trusted/company/callback', '/trusted/company/callback?info=json', '/trusted/company/callback?jwks=rsa', '/trusted/company/callback?revoke_session=x']) {
                await stranger.context().request.fetch(url + place, { method, headers: lies, maxRedirects: 0 });
                assert.equal((await stranger.context().request.get(`${url}/protected/`, { headers: PAGE, maxRedirects: 0 })).status(), 302, `${method} ${place}`);
            }
        assert.ok(request);
    },

    async openidc_alone_signs_nobody_in_here(t) {
        const page = await openProfile(t);
        await page.goto('/theirs/page.shtml');
        await page.waitForURL('**/interaction/*');
        await page.fill('input[name=name]', 'anna');
        await page.getByRole('button', { name: 'Sign in' }).click();
        await page.waitForURL('**/theirs/page.shtml');
        const text = await page.locator('body').innerText();
        assert.match(text, /around/);
        assert.doesNotMatch(text, /inside|Login failed|signed in/, 'its page includes none of ours');
        await page.goto('/trusted/company');
        assert.equal(await page.locator('main h1').innerText(), 'Login failed!', 'nobody awaits it');
        await page.goto('/protected/');
        assert.equal(path(page), '/login');
        await page.getByRole('link', { name: 'Company login' }).click();
        await page.waitForURL('**/login?offer=1*');
        await page.goto('/theirs/page.shtml');
        const all = await page.locator('body').innerText();
        assert.match(all, /around[^]*inside/, `with a session the include is there: ${all}`);
        assert.doesNotMatch(await page.locator('body').innerText(), /Login failed/);
    },

    async http2_is_no_other_way(t) {
        const page = await openProfile(t);
        await come(page, 'anna', {}, t.site);
        const cookies = (await page.context().cookies(url)).map(({ name, value }) => `${name}=${value}`).join('; ');
        const curl = async (place, ...more) => // not waited for at a stand: the provider is in this process
            (await promisify(execFile)('curl', ['-s', '-i', '--max-time', '20', '--http2-prior-knowledge', '-H', 'Accept: text/html', ...more, url + place])).stdout;
        assert.match(await curl('/protected/', '-H', `Cookie: ${cookies}`), /^HTTP\/2 200[\s\S]*inside/);
        assert.match(await curl('/protected/'), /^HTTP\/2 302/);
        assert.match(await curl('/trusted/company'), /^HTTP\/2 302[\s\S]*\/auth\?/i);
        assert.match(await curl('/trusted/company/callback?code=x&state=y'), /^HTTP\/2 400[\s\S]*Login failed!/);
        assert.doesNotMatch(await curl('/theirs/page.shtml', '-H', `Cookie: ${cookies.replace(/mpin=[^;]*/g, '')}`), /inside/);
    },

    async httpd_leads_nobody_in_by_itself_and_no_browser_ahead(t) {
        const page = await openProfile(t);
        await come(page, 'anna', {}, t.site);
        await page.context().clearCookies({ name: '__Host-mpin' });
        const curl = async (place, ...more) => (await promisify(execFile)('curl', ['-s', '-i', '--max-time', '20', '-H', 'Accept: text/html', ...more, url + place])).stdout;
        const theirs = (await page.context().cookies(url)).filter(({ name }) => name.startsWith('mod_auth')).map(({ name, value }) => `${name}=${value}`).join('; ');
        assert.notEqual(theirs, '', 'mod_auth_openidc has a session');
        const begun = async () => /set-cookie: (\S*mpin-login=[^;]*)/i.exec(await curl('/login/with/company'))[1];
        for (const protocol of ['--http1.1', '--http2-prior-knowledge'])
            for (const [place, ...more] of [['/theirs/none'], ['/theirs/else/x'], ['/theirs/page.shtml'],
                ['/trusted/company', '-H', 'Sec-Purpose: prefetch'], ['/trusted/company', '-H', 'Purpose: prefetch'], ['/trusted/company', '-I'], ['/trusted/company', '-X', 'POST', '-d', '']]) {
                const answer = await curl(place, protocol, '-b', `${theirs}; ${await begun()}`, ...more);
                assert.match(answer, place.endsWith('.shtml') ? /^HTTP\S+ 200[^]*around/ : /^HTTP\S+ [45]0/, `${protocol} ${place} ${more}`);
                assert.doesNotMatch(answer, /set-cookie: \S*mpin=[^;]/i, `${protocol} ${place} ${more} signs nobody in`);
            }
        assert.match(await curl('/trusted/company', '-b', `${theirs}; ${await begun()}`), /^HTTP\S+ 303[^]*set-cookie: \S*mpin=[^;]/i, 'opened as a page it does');
    },

    async a_session_that_has_ended_there_begins_once_more_at_refresh(t) {
        const page = await openProfile(t);
        await come(page, 'anna', {}, t.site);
        await page.context().clearCookies({ name: 'mod_auth_openidc_session' });
        await page.goto('/login');
        await page.getByRole('button', { name: 'Refresh' }).click();
        await page.waitForURL(`${url}/login`);
        await page.getByText('anna@example.org').waitFor();
        assert.equal((await whoami(page))[0], 'company:anna');
    },

    async codes_are_in_no_log_of_ours(t) {
        assert.doesNotMatch(t.site.log().split('\n').filter((line) => /MPIN\d{4}/.test(line)).map((line) => line.replace(/, referer: .*/, '')).join('\n'), /code=/);
    },
}, start);
