// SPDX-License-Identifier: Apache-2.0
// Trusted logins as people meet them: buttons beside the other ways, one that stands alone, one that is gone to at once, a
// failure and another try, a sign-out; light and dark, in small windows, without script.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { choosePin, openProfile, run, screen, signOut, startSite, typePin } = require('./browser.js');
const { check } = require('./pictures.js');

const modules = execFileSync('apxs', ['-q', 'LIBEXECDIR'], { encoding: 'utf8' }).trim();
const BASIC = { username: 'anna', password: 'anna-secret' };
const NORA = { username: 'nora', password: 'nora-secret' };
const MALLORY = { username: 'mallory', password: 'mallory-secret' };

const guarded = (folder, path) => `
<Location ${path}>
    SetHandler mpin-trusted-login
    AuthType Basic
    AuthName "Company"
    AuthBasicProvider file
    AuthUserFile "${folder}/company-users"
    Require valid-user
</Location>`;

const start = () => startSite((folder) => {
    for (const [options, { username, password }] of /** @type {const} */ ([['-bcB', BASIC], ['-bB', NORA], ['-bB', MALLORY]]))
        execFileSync('htpasswd', [options, '-C', '4', join(folder, 'company-users'), username, password], { stdio: 'ignore' });
    writeFileSync(join(folder, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><circle cx="10" cy="10" r="9" fill="#2457d6"/></svg>');
    return `
<IfModule !auth_basic_module>
LoadModule auth_basic_module ${modules}/mod_auth_basic.so
</IfModule>
MPinTitle "Zoo & wiki"
MPinTrustedLogin corp /trusted/corp Basic "Company & friends" icon=/mpin/icon.svg
MPinTrustedLogin school /trusted/school Basic "A school with a name that is rather long for a button" auto
${guarded(folder, '/trusted/corp')}
${guarded(folder, '/trusted/school')}
<Location /school-only>
    AuthType MPin
    MPinLoginMethods school
    Require valid-user
</Location>
<Location /both>
    AuthType MPin
    MPinLoginMethods corp school
    Require valid-user
</Location>`;
});

const heading = (page) => page.locator('main h1').filter({ visible: true }).first().innerText();

run({
    async buttons_stand_beside_the_other_ways(t) {
        const page = await openProfile(t, { httpCredentials: BASIC });
        await page.goto('/login?return=/protected');
        await page.getByRole('link', { name: 'Company & friends' }).waitFor();
        assert.deepEqual(await page.locator('.trusted a').allInnerTexts().then((all) => all.map((one) => one.trim())),
            ['Company & friends', 'A school with a name that is rather long for a button']);
        await check(page, 'trusted-beside');
        await page.getByRole('link', { name: 'Company & friends' }).focus();
        await page.keyboard.press('Enter');
        await page.waitForURL('**/login?offer=1*');
        assert.match(await page.locator('.flash.success').innerText(), /Successfully logged in!/);
        await page.getByRole('button', { name: /Not now|Not on this device/ }).first().waitFor();
        await check(page, 'trusted-offer');
        await page.goto('/protected');
        assert.equal(new URL(page.url()).pathname, '/protected');
    },

    async they_may_stand_alone(t) {
        const page = await openProfile(t, { httpCredentials: BASIC });
        await page.goto('/both');
        assert.equal(await heading(page), 'Sign in to Zoo & wiki');
        assert.equal(await page.locator('mpin-pad, input[type=password]').count(), 0);
        await check(page, 'trusted-alone');
    },

    async one_that_is_the_only_way_is_gone_to_at_once_but_in_no_circle(t) {
        const page = await openProfile(t, { httpCredentials: BASIC });
        await page.goto('/school-only');
        await page.waitForURL('**/login?offer=1*');
        await page.goto('/school-only');
        assert.equal(new URL(page.url()).pathname, '/school-only');
        await page.goto('/logout');
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.getByText('You are still signed in at A school').waitFor();
        await check(page, 'trusted-out');
        assert.equal(await page.locator('a[data-onward]').count(), 0, 'what is to be done is not led away from');
        await page.goto('/school-only');
        await page.getByRole('link', { name: 'A school' }).waitFor();
        assert.equal(new URL(page.url()).pathname, '/login', 'who has left may choose');
    },

    async a_link_of_another_site_leads_on_where_there_is_one_way_only(t) {
        const page = await openProfile(t, { httpCredentials: BASIC });
        await page.route('http://elsewhere.example/**', (route) => route.fulfill({ contentType: 'text/html', body: `<title>x</title><a href="${t.site.url}/school-only?a=1">x</a>` }));
        await page.goto('http://elsewhere.example/');
        await page.click('a');
        await page.waitForURL('**/login?offer=1*');
        assert.match(decodeURIComponent(page.url()), /return=\/school-only\?a=1/);
        await page.goto('/school-only');
        assert.equal(new URL(page.url()).pathname, '/school-only');
    },

    async a_pin_that_is_set_up_after_it_does_without_it(t) {
        const page = await openProfile(t, { httpCredentials: BASIC });
        const asked = [];
        page.on('request', (request) => request.url().includes('/trusted/') && asked.push(request.url()));
        await page.goto('/protected?a=1');
        await page.getByRole('link', { name: 'Company & friends' }).click();
        await screen(page, 'offer');
        await page.getByRole('button', { name: 'Set up PIN' }).click();
        await choosePin(page, '7391');
        await page.waitForURL('**/protected?a=1');
        await signOut(page);
        asked.length = 0;
        await page.goto('/protected?b=2');
        await screen(page, 'enter');
        await typePin(page, '7390');
        await page.getByRole('alert').filter({ hasText: 'That PIN isn\'t right.' }).waitFor();
        await typePin(page, '7391');
        await page.waitForURL('**/protected?b=2');
        assert.match(await page.content(), /corp:anna/);
        assert.deepEqual(asked, [], 'the company was not asked');
        t.problems.splice(0, t.problems.length, ...t.problems.filter((one) => !/401/.test(one)));
    },

    async two_tabs_end_in_one_sign_in_and_no_dead_end(t) {
        const one = await openProfile(t, { httpCredentials: BASIC });
        const two = await one.context().newPage();
        await Promise.all([one.goto('/both?tab=1'), two.goto('/both?tab=2')]);
        await Promise.all([one, two].map((page) => page.getByRole('link', { name: 'Company & friends' }).click()));
        const led = (url) => /offer=1|trusted/.test(url.href) || url.pathname === '/'; // who is in already is led on
        await Promise.all([one, two].map((page) => page.waitForURL(led)));
        for (const page of [one, two]) {
            if (await heading(page) === 'Login failed!')
                await page.getByRole('link', { name: 'Try again' }).click();
            await page.waitForURL(({ href, pathname }) => href.includes('offer=1') || pathname === '/');
            await page.goto('/both');
            assert.equal(new URL(page.url()).pathname, '/both', 'both are in');
        }
        t.problems.splice(0, t.problems.length, ...t.problems.filter((one) => !/403/.test(one)));
    },

    async a_failure_says_so_and_has_another_try(t) {
        const page = await openProfile(t, { httpCredentials: BASIC });
        await page.goto('/trusted/corp');
        assert.equal(await heading(page), 'Login failed!');
        await check(page, 'trusted-failed');
        await page.getByRole('link', { name: 'Try again' }).click();
        await page.waitForURL('**/login?offer=1*');
    },

    async what_the_other_module_refuses_is_a_page_of_ours(t) {
        const page = await openProfile(t, { httpCredentials: { username: 'anna', password: 'wrong' } });
        await page.goto('/login/with/corp?return=/protected').catch(() => {});
        assert.equal(await heading(page), 'Login failed!');
        await page.getByRole('link', { name: 'Sign in another way' }).click();
        await page.waitForURL('**/login?return=*');
        t.problems.splice(0, t.problems.length, ...t.problems.filter((one) => !/401/.test(one)));
    },

    // Four ways to have a browser give, or keep, what stands before the host in a stranger's link.
    async a_strangers_link_with_a_password_in_it_signs_nobody_in(t) {
        const page = await openProfile(t);
        const host = `${MALLORY.username}:${MALLORY.password}@${new URL(t.site.url).host}`; // with what stands before it
        await page.route('http://evil.example/**', (route) => route.fulfill({ contentType: 'text/html',
            body: `<title>x</title><a href="http://${host}${decodeURIComponent(new URL(route.request().url()).search.slice(1))}">x</a>` }));
        const led = async (path) => {
            await page.goto(`http://evil.example/?${encodeURIComponent(path)}`);
            await page.click('a');
            await page.waitForURL((url) => url.host !== 'evil.example');
        };
        const asked = async (begin) => {
            const refused = page.waitForResponse((response) => response.url().includes('/trusted/corp?'));
            const left = page.waitForEvent('framenavigated', (frame) => frame.url().startsWith('chrome-error:'));
            await begin().catch(() => {});
            assert.equal((await refused).status(), 401, 'the browser has nothing to show');
            await left;
        };
        const press = () => asked(() => page.getByRole('link', { name: 'Company & friends' }).click({ noWaitAfter: true }));
        const nobody = async () => {
            await page.goto('/protected');
            assert.equal(new URL(page.url()).pathname, '/login', 'nobody is in');
        };
        await page.goto('/login');
        await press();
        await led('/trusted/corp'); // while it waits
        assert.equal(await heading(page), 'Login failed!');
        await nobody();
        await led('/trusted/corp/below');
        await led('/login/with/corp');
        await nobody();
        await press(); // with what the browser has kept
        await led('/login');
        await press(); // from a page at such an address
        await asked(() => page.goto(`http://${host}/login/with/corp`)); // as out of a mail
        await nobody();
        await page.context().setHTTPCredentials(NORA);
        await page.getByRole('link', { name: 'Company & friends' }).click();
        await page.waitForURL('**/login?offer=1*');
        await page.goto('/protected');
        assert.match(await page.content(), /corp:nora/);
        await led('/account');
        await page.getByRole('button', { name: 'Add A school' }).click();
        await page.getByRole('heading', { name: 'Is that you?' }).waitFor();
        assert.equal(await page.locator('dl.told dd').first().innerText(), NORA.username, 'nor is the stranger added to an account');
        await led('/account');
        const back = page.waitForResponse((response) => response.url().includes('/trusted/corp?refresh=1'));
        await page.evaluate(() => {
            const form = document.body.appendChild(document.createElement('form'));
            Object.assign(form, { method: 'post', action: '/refresh' }).submit();
        });
        await back;
        await page.waitForURL('**/account');
        await page.goto('/protected');
        assert.match(await page.content(), /corp:nora/, 'nor asked for in their place');
        t.problems.splice(0, t.problems.length, ...t.problems.filter((one) => !/40[13]/.test(one)));
    },

    async all_of_it_works_without_script(t) {
        const page = await openProfile(t, { httpCredentials: BASIC, javaScriptEnabled: false });
        await page.goto('/both');
        await page.getByRole('link', { name: 'Company & friends' }).click();
        await page.waitForURL('**/login?offer=1*');
        await page.goto('/both');
        assert.equal(new URL(page.url()).pathname, '/both');
    },
}, start);
