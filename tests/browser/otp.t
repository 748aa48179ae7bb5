// SPDX-License-Identifier: Apache-2.0
// A one-time code after the PIN (MPinIssueOTP): shown with its countdown, for an application that redeems it.
const assert = require('node:assert/strict');
const { alert, openProfile, run, screen, startSite, typePin } = require('./browser.js');
const { read } = require('./ear.js');

async function signedIn(t, name, options) {
    const page = await openProfile(t, options);
    await page.goto('/login');
    await page.locator('[data-to=pin]').click();
    await page.fill('#mp-name', name);
    await page.getByRole('button', { name: 'Continue' }).click();
    for (const name of ['choose-pin', 'confirm-pin']) {
        await screen(page, name);
        await typePin(page, '7391');
    }
    await screen(page, 'otp');
    return page;
}

const code = async (page) => (await page.locator('.mp-number [aria-hidden]').textContent()).replace(' ', '');

run({
    async a_code_is_shown_and_done_leads_on(t) {
        const page = await signedIn(t, 'otp1@example.org');
        const digits = await code(page);
        assert.match(digits, /^[0-9]{6}$/);
        assert.equal(await page.locator('.mp-number .mp-hidden').textContent(), [...digits].join(' '));
        assert.match(await page.locator('.mp-time').textContent(), /^Good for (1[012][0-9]|9[0-9]) s$/);
        await read(page, 'a code', 'heading "Your one-time code"', `: ${[...digits].join(' ')}`, 'button "Copy"', 'button "Done"');
        await page.getByRole('button', { name: 'Done' }).click();
        await page.waitForURL('**/');
    },

    async copy_puts_it_where_it_can_be_pasted(t) {
        const page = await signedIn(t, 'otp2@example.org', { permissions: ['clipboard-read', 'clipboard-write'] });
        await page.getByRole('button', { name: 'Copy' }).click();
        await page.getByRole('status').filter({ hasText: 'Copied.' }).waitFor();
        assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await code(page));
    },

    async a_code_that_is_over_says_so(t) {
        const page = await openProfile(t);
        await page.route('**/mpinAuthenticate', async (route) => {
            const response = await route.fetch();
            await route.fulfill({ response, json: { ...await response.json(), ttlSeconds: 1 } });
        });
        await page.goto('/login');
        await page.locator('[data-to=pin]').click();
        await page.fill('#mp-name', 'otp3@example.org');
        await page.getByRole('button', { name: 'Continue' }).click();
        for (const name of ['choose-pin', 'confirm-pin']) {
            await screen(page, name);
            await typePin(page, '7391');
        }
        await alert(page, 'This code is over.');
        await read(page, 'a code', 'alert: This code is over. Sign in again for another.', 'button "Done"');
        assert.equal(await page.locator('.mp-number').count(), 0);
        await page.getByRole('button', { name: 'Done' }).click();
        await page.waitForURL('**/');
    },
}, () => startSite(() => 'MPinIssueOTP On\n'));
