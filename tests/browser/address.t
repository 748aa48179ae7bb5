// SPDX-License-Identifier: Apache-2.0
// A page at another address than the site's own leads there, and no refusal that only the site's people can mend blames the
// account.
const assert = require('node:assert/strict');
const { enrol, openProfile, run, screen, signInByPassword, typePin } = require('./browser.js');

const loggedInAs = (page, name) => page.getByText(`You are logged in as ${name}`).waitFor();
const elsewhere = (t) => t.site.url.replace('127.0.0.1', 'localhost');

run({
    async a_page_at_another_address_leads_to_the_sites_own(t) {
        const page = await openProfile(t, { baseURL: elsewhere(t) });
        await page.goto('/protected/deep?page=2');
        await page.waitForURL((url) => url.origin === t.site.url && url.pathname === '/login');
        await signInByPassword(page, t.site);
        await page.getByRole('link', { name: 'Not now' }).click();
        await page.waitForURL(`${t.site.url}/protected/deep?page=2`);
        await loggedInAs(page, t.site.user);
    },

    async something_that_leads_back_makes_no_loop(t) {
        const page = await openProfile(t, { baseURL: elsewhere(t) });
        let led = 0;
        await page.route(`${t.site.url}/login*`, (route) => {
            led++;
            return route.fulfill({ status: 302, headers: { Location: route.request().url().replace('127.0.0.1', 'localhost') } });
        });
        await page.goto('/login?return=/protected');
        const link = page.locator('.address a');
        await link.waitFor();
        assert.equal(led, 1);
        assert.equal(await link.getAttribute('href'), `${t.site.url}/login?return=%2fprotected`);
        assert.equal(await page.locator('form').filter({ visible: true }).count(), 0, 'nothing can be typed');
    },

    async without_script_there_is_a_link(t) {
        const page = await openProfile(t, { baseURL: elsewhere(t), javaScriptEnabled: false });
        await page.goto('/protected');
        await page.getByText(`This site's address is ${t.site.url}`).waitFor();
        await page.getByRole('link', { name: 'Go on there' }).click();
        await signInByPassword(page, t.site);
        await page.getByRole('link', { name: 'Continue' }).click();
        await page.waitForURL(`${t.site.url}/protected`);
    },

    async at_its_own_address_nothing_is_said(t) {
        const page = await openProfile(t);
        await page.goto('/login');
        await page.locator('#username').waitFor();
        assert.equal(await page.locator('.address').filter({ visible: true }).count(), 0);
    },

    async the_pad_names_the_address_and_blames_no_account(t) {
        const page = await openProfile(t);
        await page.goto('/login');
        await page.locator('[data-to=pin]').click();
        await page.fill('#mp-name', 'nobody');
        await page.route('**/rps/register', (route) => route.fulfill({ status: 403, json: { code: 'origin_refused',
            id: 'MPIN0025', message: '' } }));
        await page.getByRole('button', { name: 'Continue' }).click();
        await screen(page, 'address');
        await page.locator('mpin-pad').getByText(`This site's address is ${t.site.url}`).waitFor();
    },

    async something_in_front_that_refuses_blames_no_account(t) {
        const page = await openProfile(t);
        await page.goto('/login');
        await page.locator('[data-to=pin]').click();
        await page.fill('#mp-name', 'nobody');
        await page.route('**/rps/register', (route) => route.fulfill({ status: 403, body: '<h1>Forbidden</h1>' }));
        await page.getByRole('button', { name: 'Continue' }).click();
        await page.getByRole('alert').filter({ hasText: 'Code 403' }).waitFor();
    },

    async a_device_whose_way_is_closed_says_so_and_is_set_up_again(t) {
        const page = await openProfile(t);
        await enrol(page, 'otto', '7391');
        await page.goto('/login');
        await page.route('**/mpinAuthenticate', (route) => route.fulfill({ status: 403, json: { code: 'way_closed',
            id: 'MPIN0051', message: '' } }));
        await typePin(page, '7391');
        await screen(page, 'outdated');
        await page.getByText('set up in a way that this site no longer takes').waitFor();
        await page.getByRole('button', { name: 'Set up again' }).waitFor();
    },
});
