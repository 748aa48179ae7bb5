// SPDX-License-Identifier: Apache-2.0
// conf/examples/openid.conf with https, site and provider, by certificates of an authority of its own; and the provider's answer
// in a form (response_mode form_post), as docs/trusted.md sets both up.
const assert = require('node:assert/strict');
const { openProfile, run } = require('./browser.js');
const { isIn, say, signOutThere, startOpenIDSite } = require('./openid_site.js');

process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; // the provider, which is in this process, calls the site

const CALLBACK = '/trusted/company/callback';
const byForm = (text) => text.replace(/^OIDCCookieSameSite On/m, 'OIDCCookieSameSite Off\nOIDCResponseMode form_post');

const start = () => startOpenIDSite({ file: 'examples/openid.conf', name: 'openid', callback: CALLBACK, edit: byForm, people: ['anna', 'ben'], tls: true });

const open = (t) => openProfile(t, { ignoreHTTPSErrors: true });

async function come(page, name) {
    await page.goto('/login/with/company');
    await say(page, name);
}

/** What the provider's form would post, as the browser has not posted it yet. */
async function formOf(page, name) {
    const { request } = page.context();
    const said = await request.post(page.url(), { form: { name }, maxRedirects: 0 });
    const html = await (await request.get(new URL(said.headers().location, page.url()).href, { maxRedirects: 0 })).text();
    return Object.fromEntries([...html.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, key, value]) => [key, value]));
}

/** A page of another site that posts this form to the callback. */
async function post(page, site, form) {
    await page.goto(`${site.op.issuer}/.well-known/openid-configuration`);
    await page.evaluate(([action, fields]) => {
        const sent = document.body.appendChild(Object.assign(document.createElement('form'), { method: 'post', action }));
        for (const [name, value] of Object.entries(fields))
            sent.appendChild(Object.assign(document.createElement('input'), { name, value }));
        sent.submit();
    }, [site.url + CALLBACK, form]);
    await page.waitForURL(`${site.url}/**`);
}

const isNobody = async (page, t) => assert.ok(!await isIn(page, t.site.url), 'nobody is signed in');

run({
    async an_answer_in_a_form_signs_in_by_tls(t) {
        const page = await open(t);
        await page.goto('/protected/');
        const mark = t.site.op.asked.length;
        await page.getByRole('link', { name: 'Company login' }).click();
        await say(page, 'anna');
        await page.waitForURL('**/login?offer=1*');
        const asked = new URLSearchParams(t.site.op.since(mark, '/auth')[0].split('?')[1]);
        assert.equal(asked.get('response_mode'), 'form_post');
        assert.equal(asked.get('redirect_uri'), t.site.url + CALLBACK);
        await page.goto('/protected/');
        assert.equal(await page.locator('h1').innerText(), 'inside');
        for (const { name, secure, httpOnly } of await page.context().cookies(t.site.url))
            assert.ok(secure && httpOnly, `${name} is for https alone, and no script's`);
    },

    async a_no_in_a_form_is_a_page_with_another_try(t) {
        const page = await open(t);
        await page.goto('/login/with/company');
        await page.getByRole('button', { name: 'Cancel' }).click();
        await page.getByText('Login failed!').waitFor();
        await isNobody(page, t);
        await page.getByRole('link', { name: 'Try again' }).click();
        await say(page, 'anna');
        await page.waitForURL('**/login?offer=1*');
    },

    async a_spoiled_form_signs_nobody_in(t) {
        for (const spoil of [
            (form) => ({ ...form, state: 'another' }), ({ code }) => ({ code }), ({ state }) => ({ state }), (form) => ({ ...form, code: 'another' }),
            (form) => ({ ...form, iss: 'https://localhost:1' }), () => ({}), () => ({ x: 'y' }), ({ state }) => ({ state, error: 'server_error' }),
        ]) {
            const page = await open(t);
            await page.goto('/login/with/company');
            await page.waitForURL('**/interaction/*');
            await post(page, t.site, spoil(await formOf(page, 'anna')));
            assert.equal(await page.locator('h1').innerText(), 'Login failed!', String(spoil));
            assert.equal(await page.getByRole('link', { name: 'Try again' }).count(), 1);
            await isNobody(page, t);
        }
    },

    async another_browsers_form_signs_nobody_in(t) {
        const evil = await open(t);
        await evil.goto('/login/with/company');
        await evil.waitForURL('**/interaction/*');
        const form = await formOf(evil, 'ben');
        const page = await open(t);
        await page.goto('/login/with/company');
        await page.waitForURL('**/interaction/*');
        await post(page, t.site, form);
        assert.equal(await page.locator('h1').innerText(), 'Login failed!');
        await isNobody(page, t);
    },

    async sign_outs_go_both_ways_by_tls(t) {
        const page = await open(t);
        await come(page, 'ben');
        await page.waitForURL('**/login?offer=1*');
        await signOutThere(page, t.site.op.issuer);
        await come(page, 'ben');
        await page.waitForURL('**/login?offer=1*');
        await page.goto('/logout');
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.getByRole('link', { name: 'Continue' }).click();
        await page.getByRole('button', { name: 'Sign out here' }).click();
        await page.waitForURL(`${t.site.url}/`);
        await isNobody(page, t);
    },
}, start);
