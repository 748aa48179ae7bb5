// SPDX-License-Identifier: Apache-2.0
// Every state that people meet: pictures in four windows, light and dark, under build/pictures/; nothing wider
// than its window, nothing smaller than a finger, and axe-core finds nothing.
const assert = require('node:assert/strict');
const { join } = require('node:path');
const { alert, enrol, findings, openProfile, run, screen, signInByPassword, typePin } = require('./browser.js');
const { check, pictures } = require('./pictures.js');

/** The relying party's answer to a right PIN, replaced by another. */
const answerWith = (page, status, body) => page.route('**/mpinAuthenticate', (route) => status
    ? route.fulfill({ status, json: { message: '', id: 'MPIN0042', ...body } }) : route.abort());

let names = 0;

/** A device with a PIN, at the login page. */
async function atThePad(t, options) {
    const page = await openProfile(t, options);
    const name = `anna${++names}@example.org`;
    await enrol(page, name, '7391');
    await page.goto('/login');
    await screen(page, 'enter');
    return { page, name };
}

async function refused(t, status, body) {
    const { page } = await atThePad(t);
    await answerWith(page, status, body);
    await typePin(page, '7391');
    return page;
}

run({
    async login_with_a_password(t) {
        const page = await openProfile(t);
        await page.goto('/login');
        await page.waitForSelector('.pin-usable');
        await check(page, 'login-new-device');
    },

    async login_after_a_wrong_password(t) {
        const page = await openProfile(t);
        await page.goto('/login');
        await signInByPassword(page, { user: 'john', password: 'wrong' });
        await alert(page, 'That name or password isn\'t right.');
        await check(page, 'login-wrong-password');
    },

    async login_without_script(t) {
        const page = await openProfile(t, { javaScriptEnabled: false });
        await page.goto('/login');
        await page.screenshot({ path: join(pictures, 'login-no-script-390-light.png') });
    },

    async the_offer_of_a_pin_and_its_set_up(t) {
        const page = await openProfile(t);
        await page.goto('/login');
        await signInByPassword(page, t.site);
        await screen(page, 'offer');
        await check(page, 'offer');
        await page.getByRole('button', { name: 'Set up PIN' }).click();
        await screen(page, 'choose-pin');
        await check(page, 'choose-pin');
        await typePin(page, '1234');
        await alert(page, 'Too easy');
        await check(page, 'choose-pin-weak');
        await typePin(page, '7391');
        await screen(page, 'confirm-pin');
        await check(page, 'confirm-pin');
        await typePin(page, '7392');
        await alert(page, 'Those differ');
        await check(page, 'choose-pin-differ');
    },

    async a_name_for_a_first_pin(t) {
        const page = await openProfile(t);
        await page.goto('/login');
        await page.locator('[data-to=pin]').click();
        await screen(page, 'add');
        await check(page, 'add');
        await page.fill('#mp-name', 'no good');
        await page.getByRole('button', { name: 'Continue' }).click();
        await alert(page, 'A name here has no “ ”.');
        await check(page, 'add-bad-name');
    },

    async the_pin_and_a_wrong_one(t) {
        const { page } = await atThePad(t);
        await check(page, 'enter');
        await page.keyboard.type('73');
        await check(page, 'enter-two-digits');
        await page.keyboard.press('Escape');
        await typePin(page, '0001');
        await alert(page, '2 tries left');
        await check(page, 'wrong-pin');
        await typePin(page, '0001');
        await alert(page, '1 try left');
        await check(page, 'wrong-pin-last-try');
        await typePin(page, '0001');
        await screen(page, 'locked');
        await check(page, 'locked');
    },

    async checking(t) {
        const { page } = await atThePad(t);
        await page.route('**/mpinAuthenticate', () => {});
        await typePin(page, '7391');
        await page.getByRole('status').filter({ hasText: 'Checking…' }).waitFor();
        assert.equal(await page.getAttribute('.mp-pad', 'aria-busy'), 'true');
        await check(page, 'checking');
    },

    async forbidden(t) {
        const page = await refused(t, 403, { code: 'not_allowed' });
        await alert(page, 'You can\'t sign in here with this account.');
        await check(page, 'forbidden');
    },

    async withdrawn(t) {
        const page = await refused(t, 403, { code: 'identity_revoked' });
        await screen(page, 'withdrawn');
        await page.getByText('This device\'s access was withdrawn.').waitFor();
        await check(page, 'withdrawn');
    },

    async too_slow(t) {
        const page = await refused(t, 408, { code: 'authott_unknown' });
        await alert(page, 'That took too long. Enter your PIN again.');
        await check(page, 'too-slow');
    },

    async too_many_tries_counts_down(t) {
        const page = await refused(t, 429, { code: 'throttled', retryAfter: 3 });
        await alert(page, /Too many tries\. Again in [1-3] s/);
        await check(page, 'throttled');
        await page.unroute('**/mpinAuthenticate');
        await typePin(page, '7391');
        await page.waitForURL('**/');
    },

    async out_of_reach_and_back(t) {
        const page = await refused(t, 0);
        await screen(page, 'offline');
        await page.getByText('Nothing is lost. Try again in a moment.').waitFor();
        await check(page, 'offline');
        await page.unroute('**/mpinAuthenticate');
        await page.getByRole('button', { name: 'Try again' }).click();
        await typePin(page, '7391');
        await page.waitForURL('**/');
    },

    async settings_out_of_reach(t) {
        const { page } = await atThePad(t);
        await page.route('**/clientSettings', (route) => route.fulfill({ status: 503 }));
        await page.reload();
        await screen(page, 'offline');
    },

    async trouble_has_a_code(t) {
        const page = await refused(t, 418, { code: 'odd' });
        await alert(page, 'Code MPIN0042');
        await check(page, 'trouble');
    },

    async many_identities(t) {
        const { page } = await atThePad(t);
        await enrol(page, 'a.person.with.a.very.long.name@department.example.org', '7391');
        await page.goto('/login');
        await screen(page, 'enter');
        await check(page, 'enter-long-name');
        await page.getByRole('button', { name: 'change' }).click();
        await screen(page, 'choose');
        await check(page, 'choose-identity');
        await page.getByRole('button', { name: 'Reset or remove a PIN' }).click();
        await screen(page, 'manage');
        await check(page, 'manage');
        await page.getByRole('button', { name: 'Remove' }).first().click();
        await screen(page, 'remove');
        await check(page, 'remove');
    },

    async a_forgotten_pin(t) {
        const { page } = await atThePad(t);
        await page.getByRole('button', { name: 'Forgot PIN?' }).click();
        await screen(page, 'reset-help');
        await check(page, 'forgot-pin-open-name');
        await page.getByRole('button', { name: 'Other ways' }).click();
        await page.locator('#username').waitFor();
    },

    async signed_in_and_signing_out(t) {
        const page = await openProfile(t);
        await page.goto('/login');
        await signInByPassword(page, t.site);
        await screen(page, 'offer');
        await page.goto('/login');
        await check(page, 'signed-in');
        await page.goto('/logout');
        await check(page, 'logout');
    },

    async an_error_page(t) {
        const page = await openProfile(t);
        await page.goto('/mpin/nothing-here');
        await check(page, 'error-404');
    },

    async other_languages(t) {
        for (const [locale, welcome] of [['de', 'Willkommen zurück'], ['fr', 'Bon retour'], ['es', 'Hola de nuevo']]) {
            const { page } = await atThePad(t);
            await page.setExtraHTTPHeaders({ 'Accept-Language': locale });
            await page.reload();
            await page.getByRole('heading', { name: welcome }).waitFor();
            await check(page, `enter-${locale}`);
        }
    },

    async without_https_there_is_no_pin(t) {
        const page = await openProfile(t);
        await page.addInitScript(() => Object.defineProperty(globalThis, 'isSecureContext', { value: false }));
        await page.goto('/login');
        await page.locator('.mp-screen-insecure').waitFor({ state: 'attached' });
        assert.equal(await page.locator('#password-way').isVisible(), true);
        assert.equal(await page.locator('[data-to=pin]').isVisible(), false);
        await page.evaluate(() => document.documentElement.dataset.way = 'pin');
        await check(page, 'insecure');
    },

    async a_browser_that_keeps_nothing_offers_the_password(t) {
        const page = await openProfile(t);
        await page.addInitScript(() => {
            IDBFactory.prototype.open = () => { throw new DOMException('denied', 'SecurityError'); };
        });
        await page.goto('/login');
        await page.locator('.mp-screen-storage').waitFor({ state: 'attached' });
        assert.equal(await page.locator('#password-way').isVisible(), true);
        await page.evaluate(() => document.documentElement.dataset.way = 'pin');
        await check(page, 'storage');
    },

    async a_device_that_was_cleared_shows_the_password_first(t) {
        const { page } = await atThePad(t);
        await page.evaluate(() => new Promise((resolve) => {
            indexedDB.open('mpin').onsuccess = ({ target }) => {
                target.result.transaction('identities', 'readwrite').objectStore('identities').clear().onsuccess = resolve;
            };
        }));
        await page.reload();
        await page.locator('#password-way').waitFor();
    },

    async eight_digits(t) {
        const page = await openProfile(t);
        await page.route('**/clientSettings', async (route) => {
            const response = await route.fetch();
            await route.fulfill({ response, json: { ...await response.json(), pinLength: 8 } });
        });
        await enrol(page, 'octavia', '73915648');
        await page.goto('/login');
        await screen(page, 'enter');
        await page.keyboard.type('7391564');
        await check(page, 'enter-eight-digits');
        await page.keyboard.type('8');
        await page.waitForURL('**/');
    },

    async what_is_wrong_would_be_seen(t) {
        const page = await openProfile(t);
        await page.goto('/login');
        await page.evaluate(() => {
            document.querySelector('#username').labels[0].remove();
            const script = document.createElement('script');
            script.textContent = 'window.inline = true';
            document.body.append(script);
        });
        assert.match(String(await findings(page)), /label/);
        assert.match(String(t.problems), /Content Security Policy/);
        t.problems.length = 0;
    },

    async forced_colours(t) {
        const { page } = await atThePad(t, { forcedColors: 'active' });
        await page.keyboard.type('73');
        await page.screenshot({ path: join(pictures, 'enter-forced-colours-390.png') });
    },
});
