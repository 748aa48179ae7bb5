// SPDX-License-Identifier: Apache-2.0
// What is slow or out of reach shows something within a second, then a text with a way on, and goes on by itself; and
// "back", "forward", "reload" and a second tab never lead into a form that has been used.
const assert = require('node:assert/strict');
const { alert, enrol, openProfile, run, screen, signInByPassword, signOut, typePin } = require('./browser.js');

/** A device that has a PIN, before its login page. */
async function device(t, name) {
    const page = await openProfile(t);
    await enrol(page, name, '7391');
    return page;
}

/** Requests that are not answered until they are let go. */
async function held(page, url) {
    let letGo;
    const until = new Promise((resolve) => letGo = resolve);
    await page.route(url, async (route) => {
        await until;
        await route.continue().catch(() => {});
    });
    return letGo;
}

/** The title that a page would be found by, and its heading. */
const heading = (page) => page.locator('h1:visible').first().innerText();

run({
    async a_slow_script_has_a_skeleton_then_a_way_on_then_the_pad(t) {
        const page = await device(t, 'skadi');
        const letGo = await held(page, '**/login-pad.js');
        await page.goto('/login', { waitUntil: 'commit' });
        await page.locator('.waiting > .text').waitFor({ timeout: 1_500 });
        assert.equal(await page.locator('.late').isVisible(), false);
        await page.locator('.late').getByRole('link', { name: 'Try again' }).waitFor({ timeout: 6_000 });
        letGo();
        await typePin(page, '7391');
        await page.waitForURL('**/');
    },

    async a_failed_script_shows_the_password_form(t) {
        const page = await device(t, 'freya');
        await page.route('**/login-pad.js', (route) => route.abort());
        await page.goto('/login');
        await page.locator('#username').waitFor();
        await page.fill('#username', t.site.user);
    },

    async a_failed_script_without_a_password_form_says_so_and_comes_back_with_the_network(t) {
        const page = await device(t, 'frida');
        await page.route('**/login', async (route) => {
            const response = await route.fetch({ maxRetries: 3 });
            await route.fulfill({ response, body: (await response.text()).replace('id="password-way"', 'hidden') });
        });
        await page.route('**/login-pad.js', (route) => route.abort(), { times: 1 });
        await page.goto('/login');
        await page.locator('.late').getByRole('link', { name: 'Try again' }).waitFor({ timeout: 2_000 });
        await page.evaluate(() => dispatchEvent(new Event('online')));
        await screen(page, 'enter');
    },

    async slow_settings_are_told_and_waited_for(t) {
        const page = await device(t, 'sigrun');
        const letGo = await held(page, '**/clientSettings');
        await page.goto('/login');
        await page.getByText('One moment…').first().waitFor({ timeout: 1_500 });
        await page.getByRole('heading', { name: 'This takes longer than usual' }).waitFor();
        await page.getByRole('button', { name: 'Try again' }).waitFor();
        letGo();
        await screen(page, 'enter');
    },

    async settings_out_of_reach_come_back_by_themselves(t) {
        const page = await device(t, 'runa');
        await page.route('**/clientSettings', (route) => route.abort());
        await page.goto('/login');
        await screen(page, 'offline');
        await page.unroute('**/clientSettings');
        await screen(page, 'enter');
        await typePin(page, '7391');
        await page.waitForURL('**/');
    },

    async the_network_that_returns_is_noticed_at_once(t) {
        const page = await device(t, 'nanna');
        await page.goto('/login');
        await screen(page, 'enter');
        await page.context().setOffline(true);
        await typePin(page, '7391');
        await screen(page, 'offline');
        await page.context().setOffline(false);
        await screen(page, 'enter');
        await typePin(page, '7391');
        await page.waitForURL('**/');
    },

    async a_slow_part_of_the_pad_shows_that_it_is_coming(t) {
        const page = await device(t, 'thora');
        await page.goto('/login');
        await screen(page, 'enter');
        const letGo = await held(page, '**/kept.js');
        await page.getByRole('button', { name: 'change' }).click();
        await page.locator('.mp-screen-loading').waitFor({ timeout: 1_500 });
        letGo();
        await screen(page, 'choose');
    },

    async a_database_that_hangs_is_given_up(t) {
        const page = await openProfile(t);
        await page.addInitScript(() => { IDBFactory.prototype.open = () => ({}); });
        await page.goto('/login');
        await page.locator('#username').waitFor(); // meanwhile
        await page.locator('.mp-screen-storage').waitFor({ state: 'attached' });
    },

    async reload_after_a_wrong_password_sends_nothing_again(t) {
        const page = await openProfile(t);
        await page.goto('/protected/deep');
        await signInByPassword(page, { ...t.site, password: 'wrong' });
        await alert(page, /./);
        const methods = [];
        page.on('request', (request) => request.isNavigationRequest() && methods.push(request.method()));
        await page.reload();
        await page.locator('#username').waitFor();
        assert.deepEqual(methods, ['GET']);
        assert.equal(await page.locator('.alert:visible').count(), 0);
        await signInByPassword(page, t.site);
        await page.getByRole('link', { name: 'Not now' }).click();
        await page.waitForURL('**/protected/deep');
    },

    async back_and_forward_never_lead_into_a_used_form(t) {
        const page = await openProfile(t);
        await page.goto('/');
        await page.goto('/protected/deep');
        await signInByPassword(page, { ...t.site, password: 'wrong' });
        await alert(page, /./);
        await signInByPassword(page, t.site);
        await page.getByRole('link', { name: 'Not now' }).click();
        await page.waitForURL('**/protected/deep');
        const methods = [];
        page.on('request', (request) => request.isNavigationRequest() && methods.push(request.method()));
        for (let steps = 0; steps < 6 && new URL(page.url()).pathname !== '/'; steps++) {
            await page.goBack();
            await page.locator('main, body').first().waitFor();
            assert.doesNotMatch(await page.content(), /ERR_[A-Z_]+/, 'the browser has to send nothing again');
            assert.equal(await page.locator('#password').isVisible().catch(() => false), false, `a form after ${steps + 1} steps back`);
        }
        for (let steps = 0; steps < 6 && !page.url().endsWith('/protected/deep'); steps++)
            await page.goForward();
        await page.waitForURL('**/protected/deep');
        assert.ok(!methods.includes('POST'));
    },

    async a_form_in_a_second_tab_still_leads_to_its_place(t) {
        const first = await openProfile(t);
        const second = await first.context().newPage();
        await first.goto('/protected/one');
        await second.goto('/protected/two');
        await signInByPassword(first, t.site);
        await first.getByRole('link', { name: 'Not now' }).click();
        await first.waitForURL('**/protected/one');
        await signInByPassword(second, t.site);
        await second.getByRole('link', { name: 'Not now' }).click();
        await second.waitForURL('**/protected/two');
    },

    async a_second_tab_that_is_reloaded_knows_who_is_signed_in(t) {
        const first = await device(t, 'svea');
        const second = await first.context().newPage();
        await second.goto('/protected/two');
        await screen(second, 'enter');
        await first.goto('/protected/one');
        await typePin(first, '7391');
        await first.waitForURL('**/protected/one');
        await second.reload();
        assert.match(await heading(second), /signed in as svea/);
        await second.getByRole('link', { name: 'Continue' }).click();
        await second.waitForURL('**/protected/two');
        await signOut(second);
    },
});
