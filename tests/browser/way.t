// SPDX-License-Identifier: Apache-2.0
// The way back in a browser: the very place that was wanted, with its #fragment, whatever the way to sign in.
const { port } = require('../lib/ports.cjs');
const assert = require('node:assert/strict');
const { mkdirSync, mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { chromium } = require('playwright-core');
const { choosePin, enrol, openProfile, run, screen, signInByPassword, signOut, startSite, typePin } = require('./browser.js');
const { aPhone, button, desktops, match, scan, showCode, tapPin } = require('./phones.js');

const strict = `http://127.0.0.1:${port + 1}`; // cookies of SameSite=Strict
const plain = `http://127.0.0.1:${port + 2}`; // passwords only
const afar = `http://localhost:${port + 3}`; // another site, to which `plain` may lead back

const start = () => startSite((folder) => [[strict, 'MPinCookieSameSite Strict', 1],
    [plain, `MPinPath rps off\nMPinReturnHosts localhost:${port + 3}`, 2]].map(([url, more, i]) => `
Listen 127.0.0.1:${port + i}
<VirtualHost 127.0.0.1:${port + i}>
    MPinEngine On
    MPinPublicURL ${url}
    MPinCookieName site${i}
    MPinStore "lmdb:${folder}/demo/store-${i}"
    MPinPasswordProvider file
    MPinRegister signed-in
    ${more}
    <Location /login>
        AuthUserFile "${folder}/demo/users"
    </Location>
    <Location /protected>
        AuthType MPin
        Require valid-user
    </Location>
    <Location /protected/in-place>
        MPinUnauthenticated 401
        ErrorDocument 401 /login
    </Location>
</VirtualHost>
`).join('') + `
<Location /protected/in-place>
    MPinUnauthenticated 401
    ErrorDocument 401 /login
</Location>
<Location /protected/nobodys>
    Require user nobody
</Location>
<Location /protected/pins>
    MPinLoginMethods pin
</Location>
<Location /protected/led>
    MPinUnauthenticated redirect:/welcome
</Location>
Redirect temp /welcome /login
`);

const PLACE = '/protected/deep?page=2&filter%5Ba%5D=b+c%20d#part-%C3%A9=1&x';
const at = async (page, path) => {
    await page.waitForURL((url) => url.pathname.startsWith('/protected'));
    const href = await page.evaluate(() => location.href);
    assert.ok(href === new URL(path, page.url()).href, `${href.slice(0, 200)} … ${href.slice(-40)} is not ${path.slice(0, 200)} … ${path.slice(-40)}`);
};
const notNow = (page) => page.getByRole('link', { name: 'Not now' }).click();

/** A browser whose user has switched cookies off. */
async function withoutCookies(t) {
    const folder = mkdtempSync(join(tmpdir(), 'mpin-no-cookies-'));
    mkdirSync(join(folder, 'Default'));
    writeFileSync(join(folder, 'Default/Preferences'),
        JSON.stringify({ profile: { default_content_setting_values: { cookies: 2 } } }));
    const context = await chromium.launchPersistentContext(folder, { executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
        args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-sync'] });
    process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
    t.contexts.push(context);
    return context.pages()[0];
}

/** A page that holds nothing but a link, on a site of its own. */
async function follow(page, target) {
    await page.route('http://localhost/link', (route) =>
        route.fulfill({ contentType: 'text/html', body: `<a href="${target}">there</a>` }));
    await page.goto('http://localhost/link');
    await page.getByText('there').click();
}

run({
    async a_fragment_is_kept_by_password_and_the_offer(t) {
        const page = await openProfile(t);
        await page.goto(PLACE);
        await signInByPassword(page, t.site);
        await screen(page, 'offer');
        await notNow(page);
        await at(page, PLACE);

        await signOut(page);
        await page.reload(); // the same address once more would load nothing
        await signInByPassword(page, { ...t.site, password: 'wrong' });
        await page.getByRole('alert').filter({ hasText: /password/i }).waitFor();
        await signInByPassword(page, t.site);
        await page.getByRole('button', { name: 'Set up PIN' }).click();
        await choosePin(page, '7391');
        await at(page, PLACE);
    },

    async a_fragment_is_kept_by_pin(t) {
        const page = await openProfile(t);
        await enrol(page, 'pia', '7391');
        await page.goto(PLACE);
        await typePin(page, '7391');
        await at(page, PLACE);
    },

    async a_fragment_is_kept_by_phone(t) {
        const { phone } = await aPhone(t);
        const desktop = await desktops(t);
        const code = await showCode(desktop, PLACE);
        await scan(phone, code);
        await button(phone, await match(desktop)).tap();
        await tapPin(phone, '7391');
        await at(desktop, PLACE);
    },

    async a_fragment_is_kept_where_there_are_passwords_only(t) {
        const page = await openProfile(t, { baseURL: plain });
        await page.goto(PLACE);
        await signInByPassword(page, t.site);
        await at(page, PLACE);
    },

    async a_fragment_is_kept_where_the_login_page_stands_in_the_places_own_address(t) {
        const place = '/protected/in-place?x=1#part';
        const page = await openProfile(t);
        await enrol(page, 'paul', '7391');
        await page.goto(place);
        await typePin(page, '7391');
        await page.getByText('You are logged in as paul').waitFor();
        await at(page, place);
        await signOut(page);
        const other = await openProfile(t);
        await other.goto(place);
        await signInByPassword(other, t.site);
        await notNow(other);
        await at(other, place);
    },

    async a_fragment_is_kept_by_who_is_signed_in_and_becomes_somebody_else(t) {
        const page = await openProfile(t);
        await page.goto('/login');
        await signInByPassword(page, t.site);
        await notNow(page);
        await page.goto('/login?return=/protected/deep#part');
        await page.getByRole('link', { name: 'Continue' }).click();
        await at(page, '/protected/deep#part');
        await page.goto('/login?return=/protected/deep#part');
        await page.getByRole('link', { name: 'Sign in as somebody else' }).click();
        await signInByPassword(page, t.site);
        await notNow(page);
        await at(page, '/protected/deep#part');
    },

    async a_page_of_another_account_says_whose_it_is_and_leads_to_another(t) {
        const page = await openProfile(t);
        await page.goto('/protected/nobodys#part');
        await signInByPassword(page, t.site);
        await notNow(page);
        await page.getByText(`signed in as ${t.site.user}`).waitFor();
        await page.getByRole('link', { name: 'Sign in as somebody else' }).click();
        await page.waitForURL('**/login?return=%2fprotected%2fnobodys&switch=1#part');
        assert.equal(await page.inputValue('#username'), '');
    },

    async a_place_of_four_kilobytes_is_kept_with_its_fragment(t) {
        const place = `/protected/deep?q=${'%C3%A4+b&c='.repeat(400)}#part`;
        const page = await openProfile(t);
        await page.goto(place);
        await signInByPassword(page, t.site);
        await notNow(page);
        await at(page, place);
        await signOut(page);
        const other = await openProfile(t);
        await enrol(other, 'petra', '7391');
        await other.goto(place);
        await typePin(other, '7391');
        await at(other, place);
    },

    async a_wrong_password_and_a_reload_lose_neither_place_nor_fragment(t) {
        const long = `/protected/deep?${'a=1&'.repeat(1000)}`, longer = `/protected/deep?${'a=%C3%A9+b;c//&'.repeat(300)}`;
        for (const place of ['/protected/deep?x=1#part&a=b', `${long}#part`, `${longer}#a=/b?c`]) {
            const page = await openProfile(t);
            await page.goto(place);
            await signInByPassword(page, { ...t.site, password: 'wrong' });
            await page.getByRole('alert').filter({ hasText: /password/i }).waitFor();
            await page.reload();
            await page.getByRole('alert').filter({ hasText: /password/i }).waitFor({ state: 'detached' });
            await signInByPassword(page, { ...t.site, password: 'wrong' });
            await page.getByRole('alert').filter({ hasText: /password/i }).waitFor();
            await signInByPassword(page, t.site);
            await notNow(page);
            await at(page, place);
        }
    },

    async a_page_of_our_own_that_leads_to_the_login_keeps_the_place(t) {
        const page = await openProfile(t);
        await page.goto('/protected/led?x=1&y#part');
        await page.waitForURL(/\/login\?to=/);
        await signInByPassword(page, t.site);
        await notNow(page);
        await at(page, '/protected/led?x=1&y#part');
    },

    async a_place_that_begins_with_two_slashes_is_reached(t) {
        const page = await openProfile(t);
        await page.goto(`${t.site.url}//protected/deep?x#part`);
        await signInByPassword(page, t.site);
        await notNow(page);
        await page.waitForURL(`${t.site.url}//protected/deep?x#part`);
    },

    async a_place_that_is_too_long_is_said_to_be(t) {
        const page = await openProfile(t);
        await page.goto(`/protected/deep?q=${'x'.repeat(8150)}`);
        await page.getByText('too long an address').waitFor();
        await signInByPassword(page, t.site);
        await screen(page, 'offer');
    },

    async thirty_tabs_each_lead_to_their_own_place(t) {
        const first = await openProfile(t);
        const tabs = [first];
        while (tabs.length < 30)
            tabs.push(await first.context().newPage());
        for (const [i, tab] of tabs.entries()) // every second one at once with the one before
            await (i % 2 ? Promise.all([tab, tabs[i - 1]].map((one, j) => one.goto(`/protected/deep?tab=${i - j}#${i - j}`))) : 0);
        for (const [i, tab] of tabs.entries()) {
            if (![0, 1, 14, 28, 29].includes(i))
                continue;
            await signOut(first);
            await tab.reload(); // the browser has forgotten what it had
            await signInByPassword(tab, t.site);
            await notNow(tab);
            await at(tab, `/protected/deep?tab=${i}#${i}`);
        }
        for (const i of [2, 13, 27]) { // signed in meanwhile, in another tab
            await signInByPassword(tabs[i], t.site);
            await notNow(tabs[i]);
            await at(tabs[i], `/protected/deep?tab=${i}#${i}`);
        }
    },

    async two_tabs_at_once_without_a_cookie_both_lead_on(t) {
        const one = await openProfile(t);
        const two = await one.context().newPage();
        await Promise.all([one.goto('/protected/deep?one'), two.goto('/protected/deep?two')]);
        for (const [page, name] of [[one, 'one'], [two, 'two']]) {
            await signInByPassword(page, t.site);
            await notNow(page);
            await at(page, `/protected/deep?${name}`);
        }
    },

    async back_and_forward_lead_to_the_place_and_to_no_used_form(t) {
        const page = await openProfile(t);
        await page.goto('/');
        await page.goto('/protected/deep#part');
        await signInByPassword(page, t.site);
        await notNow(page);
        await at(page, '/protected/deep#part');
        await page.goBack();
        await page.waitForLoadState();
        await page.goForward();
        await page.waitForLoadState();
        for (let i = 0; i < 4 && new URL(page.url()).pathname !== '/'; i++) {
            await page.goBack();
            await page.waitForLoadState();
            assert.equal(await page.locator('#password').count(), 0, `no form at ${page.url()}`);
        }
        await page.goto('/protected/deep#part');
        await at(page, '/protected/deep#part');
    },

    async a_form_that_met_the_login_leads_to_its_page(t) {
        const page = await openProfile(t);
        await page.route('**/editor?id=7', (route) => route.fulfill({ contentType: 'text/html',
            body: '<form method="post" action="/protected/save?x=1"><button>Save</button></form>' }));
        await page.goto('/editor?id=7');
        await page.getByRole('button', { name: 'Save' }).click();
        await page.getByText('was not saved').waitFor();
        await signInByPassword(page, t.site);
        await notNow(page);
        await page.waitForURL('**/editor?id=7');
        await page.getByRole('button', { name: 'Save' }).waitFor();
    },

    async a_form_that_met_the_login_is_not_sent_again_by_a_reload(t) {
        const page = await openProfile(t);
        for (const action of ['/protected/save', '/protected/pins/save']) { // the second one's page has the pad alone
            await page.route('**/editor', (route) => route.fulfill({ contentType: 'text/html',
                body: `<form method="post" action="${action}"><button>Save</button></form>` }));
            await page.goto('/editor');
            await page.getByRole('button', { name: 'Save' }).click();
            await page.getByText('was not saved').waitFor();
            const answer = await page.reload();
            assert.equal(answer.request().method(), 'GET', action);
            await page.getByText('was not saved').waitFor();
            assert.match(page.url(), /\/login\?lost=1&return=%2feditor/);
            await page.unroute('**/editor');
        }
    },

    async somebody_else_is_not_asked_for_the_pin_of_who_is_signed_in(t) {
        const page = await openProfile(t);
        await enrol(page, 'otto', '7391');
        await page.goto('/protected/nobodys');
        await typePin(page, '7391');
        await page.getByRole('link', { name: 'Sign in as somebody else' }).click();
        await page.locator('#username').waitFor();
        await page.locator('[data-to=pin]').click();
        await screen(page, 'choose');
        await page.getByRole('button', { name: 'otto' }).waitFor();
    },

    async without_cookies_the_page_says_so_at_once_and_the_form_does(t) {
        const page = await withoutCookies(t);
        await page.goto(`${t.site.url}/login?return=/protected/deep%3Fx`);
        await page.getByText('sent no cookie back').waitFor();
        await signInByPassword(page, t.site);
        await page.getByRole('heading', { name: 'Please switch cookies on' }).waitFor();
        const again = page.getByRole('link', { name: 'Try again' });
        assert.equal(await again.getAttribute('href'), '/login?return=%2fprotected%2fdeep%3fx');
        await again.click();
        await page.getByText('sent no cookie back').waitFor();
    },

    async with_cookies_the_page_says_nothing_of_them(t) {
        const page = await openProfile(t);
        await page.goto('/login');
        await page.locator('#username').waitFor();
        assert.equal(await page.locator('.cookies-off').isVisible(), false);
    },

    async a_link_from_another_site_ends_at_the_form_then_at_the_page_with_strict_cookies(t) {
        const page = await openProfile(t, { baseURL: strict });
        await follow(page, `${strict}/protected/deep?x=1#part`);
        await page.locator('#username').waitFor();
        await signInByPassword(page, t.site);
        await notNow(page);
        await at(page, '/protected/deep?x=1#part');
        await follow(page, `${strict}/protected/deep?x=2#part`);
        await at(page, '/protected/deep?x=2#part');
        await follow(page, `${strict}/login?return=/protected/deep%3Fx=3#part`);
        await at(page, '/protected/deep?x=3#part');
    },

    async a_place_on_another_host_is_reached_by_the_form(t) {
        const page = await openProfile(t, { baseURL: plain });
        await page.route(`${afar}/wiki?page=1`, (route) => route.fulfill({ contentType: 'text/html', body: 'the wiki' }));
        await page.goto(`/login?to=${afar}/wiki?page=1#part`);
        await signInByPassword(page, t.site);
        await page.getByText('the wiki').waitFor();
        assert.equal(page.url(), `${afar}/wiki?page=1#part`);
    },
}, start);
