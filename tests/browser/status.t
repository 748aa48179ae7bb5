// SPDX-License-Identifier: Apache-2.0
// The status page as an administrator sees it: well and not well, after locks, in every language, without script.
const assert = require('node:assert/strict');
const { readdirSync } = require('node:fs');
const { join } = require('node:path');
const { enrol, openProfile, run, signOut, startSite, typePin } = require('./browser.js');
const { check } = require('./pictures.js');

const start = () => startSite(() => `
MPinMaxFailures 1
MPinThrottle address=100000/60s account=100000/60s
MPinMail smtp://127.0.0.1:9
MPinMailFrom wiki@example.org
<Location /how>
    SetHandler mpin-status
    Require all granted
</Location>
`);

const LANGUAGES = readdirSync(join(__dirname, '../../htdocs/texts')).map((name) => name.slice(0, -5));

const status = async (t, options) => {
    const page = await openProfile(t, options);
    await page.goto('/how');
    return page;
};
const tile = (page, name) => page.locator('.tiles li').filter({ has: page.getByRole('heading', { name }) }).locator('b').first().innerText();

run({
    async the_first_line_says_how_things_are_in_every_language(t) {
        for (const locale of LANGUAGES) {
            const verdict = require(`../../htdocs/texts/${locale}.json`).status.well;
            const page = await status(t, { locale });
            assert.equal(await page.locator('h1').innerText(), verdict);
            assert.equal(await page.title(), `${verdict} · ${(await page.title()).split(' · ')[1]}`);
            assert.equal(await page.locator('html').getAttribute('lang'), locale);
        }
    },

    async locks_and_numbers_are_seen_and_axe_finds_nothing(t) {
        const before = Number(await tile(await status(t), 'Locks'));
        for (const name of ['maria', 'jan']) {
            const page = await openProfile(t);
            await enrol(page, `${name}@example.org`, '7391');
            await signOut(page);
            await page.goto('/login');
            await typePin(page, '8264');
            await page.getByText('is locked').first().waitFor();
        }
        const page = await status(t);
        assert.equal(Number(await tile(page, 'Locks')), before + 2);
        assert.ok(Number(await tile(page, 'Sign-ins')) >= 2);
        assert.ok(Number(await tile(page, 'Requests')) >= 10);
        assert.deepEqual((await page.locator('section li span').allInnerTexts()).slice(0, 2), ['j***@example.org', 'm***@example.org']);
        assert.doesNotMatch(await page.content(), /maria|jan@/);
        await check(page, 'status');
    },

    async it_needs_no_script(t) {
        const page = await status(t, { javaScriptEnabled: false });
        assert.equal(await page.locator('h1').innerText(), 'All well');
        assert.equal(await page.locator('script').count(), 0);
        await page.getByRole('link', { name: 'JSON' }).click();
        assert.match(await page.locator('body').innerText(), /"state": ?"well"/);
        await page.goBack();
        await page.getByRole('link', { name: 'Prometheus' }).click();
        assert.match(await page.locator('body').innerText(), /mpin_locks_total \d/);
    },

    async by_keyboard_every_link_is_reached(t) {
        const page = await status(t);
        await page.keyboard.press('Tab');
        assert.equal(await page.evaluate(() => document.activeElement.textContent), 'JSON');
        await page.keyboard.press('Tab');
        assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Prometheus');
    },
}, start);
