// SPDX-License-Identifier: Apache-2.0
// An administrator's invitation as its guest sees it: the page in four windows and in the dark, by keyboard, without script,
// and once it is used up.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { join } = require('node:path');
const { build, choosePin, openProfile, run, startSite } = require('./browser.js');
const { apxs } = require('./program.js');
const { check } = require('./pictures.js');

let folder;
const start = () => startSite((made) => {
    folder = made;
    return 'MPinRegister signed-in open invite\n';
});

/** The link that mpinctl makes, beside the running server. */
const invite = (name) => JSON.parse(execFileSync(join(build, 'mpinctl'),
    ['--httpd', join(apxs('SBINDIR'), 'apache2'), '--config', join(folder, 'demo/httpd.conf'), 'invite', name, '--yes', '--json'], { encoding: 'utf8' })).link;

const invited = async (t, name, options) => {
    const page = await openProfile(t, options), link = invite(name);
    await page.goto(link);
    return { page, link };
};

run({
    async its_page_says_for_whom_it_is_and_axe_finds_nothing(t) {
        const { page } = await invited(t, 'anna@example.org');
        assert.equal(await page.locator('h1').innerText(), 'You are invited');
        assert.match(await page.locator('main').innerText(), /anna@example\.org/);
        await check(page, 'invited');
    },

    async by_keyboard_it_leads_to_a_pin_and_into_the_site(t) {
        const { page, link } = await invited(t, 'berta@example.org');
        await page.locator('button.primary').focus();
        await page.keyboard.press('Enter');
        await page.waitForURL('**/login**');
        await page.getByText('berta@example.org').first().waitFor();
        await page.getByRole('button', { name: 'Set up PIN' }).press('Enter');
        await choosePin(page, '7391');
        await page.waitForURL('**/');
        const later = await openProfile(t);
        await later.goto(link);
        await later.getByText('MPIN0078').waitFor();
        await check(later, 'invited-gone');
    },

    async it_needs_no_script(t) {
        const { page } = await invited(t, 'carl@example.org', { javaScriptEnabled: false });
        await page.locator('button.primary').click();
        await page.waitForURL('**/login**');
    },

    async every_language_has_it(t) {
        const titles = new Set();
        for (const locale of ['en', 'de', 'fr', 'es']) {
            const { page } = await invited(t, 'dora@example.org', { locale });
            assert.equal(await page.locator('html').getAttribute('lang'), locale);
            titles.add(await page.locator('h1').innerText());
        }
        assert.equal(titles.size, 4);
    },
}, start);
