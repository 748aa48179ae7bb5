// SPDX-License-Identifier: Apache-2.0
// Second steps as people take them: an app set up by its picture, a code, another way, recovery codes, a browser that is
// remembered; by keyboard, in small windows, in the dark, without script.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { code } = require('./authenticator.js');
const { alert, build, openProfile, run, signInByPassword, startSite } = require('./browser.js');
const { check } = require('./pictures.js');

const start = () => startSite(() => `
MPinTitle "Zoo & wiki"
MPinTOTP "Zoo & wiki"
MPinSecondFactorEnrol On
MPinRememberBrowser 30d
<Location /vault>
    AuthType MPin
    MPinSecondFactor totp
    Require valid-user
</Location>
<Location /either>
    AuthType MPin
    MPinSecondFactor any
    Require valid-user
</Location>
<Location /key>
    AuthType MPin
    MPinSecondFactor passkey
    Require valid-user
</Location>
`);

/** What the app of this test has, once it is set up, and codes that nobody has used. */
const kept = { secret: '', codes: /** @type {string[]} */ ([]) };

/** What a phone's camera reads. */
async function scan(page) {
    const picture = join(build, 'totp-qr.png');
    await page.locator('svg.qr').screenshot({ path: picture });
    return execFileSync('zbarimg', ['--raw', '-q', picture], { encoding: 'utf8' }).trim();
}

/** Signed in by password, at a place's page between. */
async function atPlace(t, place, options) {
    const page = await openProfile(t, options);
    await page.goto('/login');
    await signInByPassword(page, t.site);
    await page.waitForURL('**/login?offer=1*');
    await page.goto(place);
    return page;
}

const heading = (page) => page.locator('main h1').filter({ visible: true }).innerText();

/** Tab until this is focused, then Enter. */
async function pressByKeyboard(page, name) {
    const wanted = page.locator('main :is(button, a)').filter({ hasText: name }).first();
    for (let i = 0; i < 30 && !await wanted.evaluate((element) => element === document.activeElement); i++)
        await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
}

run({
    async who_has_none_sets_one_up_by_its_picture(t) {
        const page = await atPlace(t, '/vault');
        assert.equal(await heading(page), 'A second step is needed here');
        await check(page, 'steps-first');
        await pressByKeyboard(page, 'Set up an authenticator app');
        await page.getByRole('heading', { name: 'Add an authenticator app' }).waitFor(); // its address is that of the page before
        await check(page, 'steps-app');
        const uri = new URL(await scan(page));
        assert.equal(decodeURIComponent(uri.pathname).replace(/^\/*(totp\/)?/, ''), `Zoo & wiki:${t.site.user}`);
        assert.equal(uri.searchParams.get('issuer'), 'Zoo & wiki');
        assert.ok(!uri.href.includes('+'), uri.href);
        kept.secret = uri.searchParams.get('secret') ?? '';
        assert.equal((await page.locator('#totp-secret').innerText()).replaceAll(' ', ''), kept.secret);
        await page.fill('#code', '000000');
        await page.keyboard.press('Enter');
        await alert(page, 'That code isn\'t right.');
        await check(page, 'steps-app-wrong');
        await page.fill('#code', await code(kept.secret, -30));
        await page.keyboard.press('Enter');
        await page.waitForURL('**/vault');
    },

    async who_has_one_is_asked_for_it_and_may_be_remembered(t) {
        const page = await atPlace(t, '/vault?a=1');
        assert.equal(await heading(page), 'One more step');
        await check(page, 'steps-code');
        await page.keyboard.type('123 456');
        await page.keyboard.press('Enter');
        await alert(page, 'That code isn\'t right.');
        await check(page, 'steps-code-wrong');
        await page.fill('#code', await code(kept.secret));
        await page.keyboard.press('Tab');
        await page.keyboard.press('Space');
        assert.ok(await page.getByRole('checkbox', { name: 'Don\'t ask again in this browser for 30 days' }).isChecked());
        await check(page, 'steps-remember');
        await page.locator('#code').press('Enter');
        await page.waitForURL('**/vault?a=1');

        await page.goto('/account');
        await page.getByText('this browser').first().waitFor();
        await check(page, 'steps-account');
        await page.goto('/logout');
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.goto('/vault');
        await signInByPassword(page, t.site);
        await page.waitForURL('**/login?offer=1*');
        await page.goto('/vault');
        assert.equal(new URL(page.url()).pathname, '/vault', 'it is not asked again');
        await page.goto('/key');
        assert.equal(await heading(page), 'A second step is needed here');
        assert.equal(await page.getByRole('button', { name: 'Set up an authenticator app' }).count(), 0);
        await check(page, 'steps-none');
        await page.goto('/account');
        await page.getByText('Confirm that it\'s you').waitFor();
    },

    async recovery_codes_are_shown_kept_and_used(t) {
        const page = await atPlace(t, '/vault', { acceptDownloads: true });
        await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
        await page.fill('#code', await code(kept.secret, 30));
        await page.keyboard.press('Enter');
        await page.waitForURL('**/vault');
        await page.goto('/account');
        await pressByKeyboard(page, 'Make recovery codes');
        await page.waitForSelector('#codes');
        await check(page, 'steps-codes');
        kept.codes = await page.locator('#codes code').allInnerTexts();
        assert.equal(kept.codes.length, 10);
        const download = page.waitForEvent('download');
        await page.getByRole('link', { name: 'Download' }).click();
        const file = readFileSync(await (await download).path(), 'utf8').trim().split('\r\n');
        assert.deepEqual(file.slice(1), kept.codes);
        await page.getByRole('button', { name: 'Copy' }).click();
        await page.getByRole('status').filter({ hasText: 'Copied.' }).waitFor();
        assert.equal(await page.evaluate(() => navigator.clipboard.readText()), kept.codes.join('\n'));
        await page.emulateMedia({ media: 'print' });
        assert.ok(await page.locator('#codes').isVisible() && !await page.getByRole('link', { name: 'Download' }).isVisible());
        await page.emulateMedia({ media: 'screen' });
        await page.getByRole('link', { name: 'I have kept them' }).click();
        await page.getByText('10 of 10 are left').waitFor();

        const other = await atPlace(t, '/vault?b=2');
        await pressByKeyboard(other, 'Use a recovery code');
        await other.getByLabel('Recovery code').waitFor();
        await check(other, 'steps-recovery');
        await other.fill('#code', 'wrong');
        await other.keyboard.press('Enter');
        await alert(other, 'That recovery code isn\'t right, or it was used already.');
        await other.fill('#code', kept.codes[0].toUpperCase().replaceAll('-', ' '));
        await other.keyboard.press('Enter');
        await other.waitForURL('**/vault?b=2');
    },

    async all_of_it_works_without_script(t) {
        const page = await openProfile(t, { javaScriptEnabled: false, acceptDownloads: true });
        await page.goto('/vault');
        await signInByPassword(page, t.site);
        await page.goto('/vault');
        await page.getByRole('link', { name: 'Use a recovery code' }).click();
        await page.fill('#code', kept.codes[1]);
        await page.getByRole('button', { name: 'Continue' }).click();
        await page.waitForURL('**/vault');
        await page.goto('/account');
        await page.getByRole('button', { name: 'Make new ones' }).click();
        assert.equal(await page.locator('#codes code').count(), 10);
        assert.ok(!await page.getByRole('button', { name: 'Copy' }).isVisible());
        const download = page.waitForEvent('download');
        await page.getByRole('link', { name: 'Download' }).click();
        assert.ok(readFileSync(await (await download).path(), 'utf8').includes(await page.locator('#codes code').first().innerText()));
    },

    async too_many_wrong_codes_wait_and_say_how_long(t) {
        const page = await atPlace(t, '/vault');
        for (let i = 0; i < 6; i++) {
            await page.fill('#code', `00000${i}`);
            await page.locator('#code').press('Enter');
            await page.waitForLoadState();
            await page.locator('#form-error .alert').waitFor();
        }
        await alert(page, /Too many tries/);
        await check(page, 'steps-wait');
    },
}, start);
