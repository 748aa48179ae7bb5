// SPDX-License-Identifier: Apache-2.0
// Our login page and pad in front of an old Milagro server, by conf/milagro-rps.conf: a PIN set up, used, mistyped, and
// the server gone.
const { port } = require('../lib/ports.cjs');
const assert = require('node:assert/strict');
const { alert, build, choosePin, openProfile, run, screen, signInByPassword, signOut, typePin } = require('./browser.js');
const { until } = require('./program.js');

async function start() {
    const { startFront } = await import('../milagro/front.mjs');
    return startFront({ port, build });
}

const inside = (page) => page.getByText('protected', { exact: true }).waitFor();

async function setUpByPassword(t, page) {
    await page.goto('/protected/');
    await signInByPassword(page, t.site);
    await screen(page, 'offer');
    await page.getByRole('button', { name: 'Set up PIN' }).click();
    await choosePin(page, '7391');
    await inside(page);
}

run({
    async who_has_signed_in_by_password_sets_up_a_pin_at_the_old_server(t) {
        const page = await openProfile(t);
        const sent = [];
        page.on('request', (request) => sent.push(request));
        await setUpByPassword(t, page);
        const { userData, userId } = sent.find((request) => request.method() === 'PUT').postDataJSON();
        assert.equal(userId, 'john');
        assert.match(userData, /^[\w-]{100,}$/);

        await signOut(page);
        await page.goto('/protected/?again'); // the browser may still have the page as it was
        await screen(page, 'enter');
        await typePin(page, '7391');
        await inside(page);
        const elsewhere = sent.map((request) => new URL(request.url())).filter(({ origin }) => origin !== t.site.url);
        assert.deepEqual([...new Set(elsewhere.map(({ origin, pathname }) => origin + pathname))],
            [`http://127.0.0.1:${port + 3}/clientSecret`, `http://127.0.0.1:${port + 3}/timePermit`], 'all else is one site');
    },

    async a_free_name_registers(t) {
        const page = await openProfile(t);
        await page.goto('/login');
        await page.locator('[data-to=pin]').click();
        await page.fill('#mp-name', 'wanda@example.org');
        await page.getByRole('button', { name: 'Continue' }).click();
        await choosePin(page, '7391');
        await page.waitForURL('**/');
        await page.goto('/protected/');
        await inside(page);
    },

    async wrong_pins_are_the_old_servers_to_count(t) {
        const page = await openProfile(t);
        await setUpByPassword(t, page);
        await signOut(page);
        await page.goto('/login');
        await screen(page, 'enter');
        for (const pin of ['7392', '7393']) {
            await typePin(page, pin);
            await alert(page, 'That PIN isn\'t right.');
        }
        await typePin(page, '7394');
        await screen(page, 'locked');
    },

    async a_server_that_is_gone_is_said_and_nothing_is_lost(t) {
        const page = await openProfile(t);
        await setUpByPassword(t, page);
        await signOut(page);
        await t.site.rps.stop();
        // Each of httpd's children keeps the settings for ten seconds: whoever meets one of those is still shown the pad.
        await until('the page that says so', async () => {
            await page.goto('/login');
            await page.waitForSelector('.mp-screen-enter, .mp-screen-offline');
            return page.locator('.mp-screen-offline').isVisible();
        });
        await page.getByText('Nothing is lost. Try again in a moment.').waitFor();
        await page.getByRole('button', { name: 'Try again' }).waitFor();
    },
}, start);
