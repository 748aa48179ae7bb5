// SPDX-License-Identifier: Apache-2.0
// /account as people see it: with nothing yet and with everything, before and after a proof, by keyboard, without script.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { join } = require('node:path');
const { code } = require('./authenticator.js');
const { build, choosePin, openProfile, run, screen, signInByPassword, signOut, startSite, typePin } = require('./browser.js');
const { check } = require('./pictures.js');
const { phones } = require('./phones.js');

const start = () => startSite(() => 'MPinTOTP "M-Pin demo"\nMPinThrottle address=100000/60s account=100000/60s\nMPinMaxFailures 1\n');
const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15';

const section = (page, title) => page.locator('section.own').filter({ has: page.getByRole('heading', { name: title }) });
const things = (page, title) => section(page, title).locator('.what').allInnerTexts();
const told = (page, text) => page.getByRole('status').filter({ hasText: text }).waitFor();
const DEVICES = 'Devices with a PIN', SESSIONS = 'Where you\'re signed in', STEPS = 'Second steps';

const home = (page) => page.waitForURL(({ pathname }) => pathname === '/account');

/** Signed in by password; no PIN is set up. */
async function byPassword(t, options) {
    const page = await openProfile(t, options);
    await page.goto('/login');
    await page.waitForSelector('.mp-screen', { state: 'attached' });
    await signInByPassword(page, t.site);
    await screen(page, 'offer');
    await page.goto('/account');
    return page;
}

/** The same with a PIN. */
async function withPin(t, pin = '7391', open = openProfile, options = {}) {
    const page = await open(t, options);
    await page.goto('/login?return=/account');
    await page.waitForSelector('.mp-screen', { state: 'attached' });
    await signInByPassword(page, t.site);
    await screen(page, 'offer');
    await page.getByRole('button', { name: 'Set up PIN' }).click();
    await choosePin(page, pin);
    await home(page);
    return page;
}

/** The session goes, and what the browser is known by stays. */
async function signOutOnly(page) {
    const cookies = await page.context().cookies();
    await page.context().clearCookies();
    await page.context().addCookies(cookies.filter(({ name }) => name.includes('known')));
}

/** Everything that john has goes: each test begins with nothing. */
async function leaveNothing(page) {
    for (;;) {
        await page.goto('/account');
        const devices = section(page, DEVICES).locator('.thing');
        const others = devices.filter({ hasNot: page.locator('.badge:not(.bad)') }); // with its own it is signed out
        const next = await others.count() ? others.first() : devices.first();
        if (!await next.count())
            return;
        await next.locator('summary').click();
        await next.getByRole('button', { name: /^Remove / }).click();
        await page.waitForURL(({ pathname }) => !pathname.startsWith('/account/'));
        if (!page.url().includes('/account'))
            return;
    }
}

async function addApp(page, name = '') {
    await page.getByLabel('A name for it').fill(name);
    await page.getByRole('button', { name: 'Add an authenticator app' }).click();
    const secret = await page.textContent('#totp-secret');
    await page.fill('#code', await code(secret));
    await page.getByRole('button', { name: 'Continue' }).click();
    await told(page, 'second step is ready');
}

/** What a camera reads off the screen. */
async function scan(page) {
    const png = join(build, 'account-qr.png');
    await page.locator('.qr').screenshot({ path: png });
    return execFileSync('zbarimg', ['-q', '--raw', png], { encoding: 'utf8' }).trim();
}

run({
    async a_new_pin_is_chosen_from_the_account_and_the_old_one_ends(t) {
        const page = await withPin(t);
        await page.locator('summary').first().click();
        await page.getByRole('link', { name: 'Choose a new PIN' }).click();
        await choosePin(page, '8264');
        await home(page);
        assert.equal((await things(page, DEVICES)).length, 1); // it takes its predecessor's place
        await signOutOnly(page);
        await page.goto('/login');
        await typePin(page, '8264');
        await page.waitForURL('**/');
        await page.goto('/account'); // by a PIN alone: the password proves the name first
        await page.locator('summary').first().click();
        await page.getByRole('link', { name: 'Choose a new PIN' }).click();
        await signInByPassword(page, t.site);
        await choosePin(page, '7391');
        await home(page);
        await leaveNothing(page);
    },

    async the_qr_code_opens_the_site_on_a_phone_where_a_pin_is_set_up(t) {
        const page = await byPassword(t);
        await page.getByText('Add a phone or another device').click();
        const address = await scan(page);
        assert.equal(address, `${t.site.url}/login?return=%2faccount`);
        const phone = await phones(t);
        await phone.goto(address);
        await phone.waitForSelector('.mp-screen', { state: 'attached' });
        await signInByPassword(phone, t.site);
        await phone.getByRole('button', { name: 'Set up PIN' }).tap();
        await choosePin(phone, '7391');
        await home(phone);
        assert.match((await things(phone, DEVICES))[0], /^Chrome on Android This device/);
        await page.reload();
        assert.match((await things(page, DEVICES))[0], /^Chrome on Android(?! This)/);
        await leaveNothing(page);
    },

    async an_eleventh_device_leads_to_where_one_is_let_go(t) {
        const page = await byPassword(t);
        await page.evaluate(async () => {
            const ask = async (url, body) => (await fetch(url, {
                method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
            })).json();
            for (let i = 1; i <= 10; i++) {
                const made = await ask('/rps/register', { userId: 'john', mobile: 0, deviceName: `Laptop ${i}` });
                await ask(`/rps/signature/${made.mpinId}`, { regOTT: made.regOTT });
            }
        });
        await page.goto('/login?offer=1&return=/account');
        await page.getByRole('button', { name: 'Set up PIN' }).click();
        await page.getByText('Laptop 7 · Last used today').waitFor();
        await page.getByRole('link', { name: 'Remove one in your account' }).click();
        await home(page);
        assert.equal(new URL(page.url()).hash, '#devices');
        await page.getByText('Ten devices are as many as you may have').waitFor();
        const row = section(page, DEVICES).locator('.thing').filter({ hasText: 'Laptop 7' });
        await row.locator('summary').click();
        await row.getByRole('button', { name: 'Remove Laptop 7' }).click();
        await told(page, 'Removed.');
        await page.goto('/login?offer=1&return=/account');
        await page.getByRole('button', { name: 'Set up PIN' }).click();
        await choosePin(page, '7391');
        await home(page);
        assert.equal((await things(page, DEVICES)).length, 10);
        await leaveNothing(page);
    },

    async a_page_with_nothing_yet_says_what_to_do(t) {
        const page = await byPassword(t);
        await page.getByRole('button', { name: 'Sign out everywhere else' }).click();
        await told(page, 'signed out everywhere else');
        await page.goto('/account');
        assert.deepEqual(await page.locator('h1').allInnerTexts(), ['Your account']);
        await section(page, DEVICES).getByText('None yet. Add one').waitFor();
        await section(page, STEPS).getByText('None yet. Add one').waitFor();
        assert.deepEqual((await things(page, SESSIONS)).map((text) => text.split('\n')[0]), ['Chrome on Linux This browser']);
        await check(page, 'account-empty');
    },

    async a_page_with_all_of_it(t) {
        const here = await withPin(t);
        const phone = await withPin(t, '7391', phones);
        await signOut(phone);
        await phone.goto('/login');
        await typePin(phone, '0001');
        await screen(phone, 'locked');
        await byPassword(t, { userAgent: MAC });
        await here.goto('/account');
        await addApp(here, 'My phone');
        assert.match((await things(here, STEPS))[0], /^My phone\nAuthenticator app/);
        await byPassword(t, { userAgent: MAC });
        await here.goto('/account');
        const devices = await things(here, DEVICES);
        assert.match(devices[0], /Chrome on Linux This device/);
        assert.match(devices[1], /Chrome on Android Locked/);
        await section(here, SESSIONS).getByText('Safari on macOS').waitFor();
        await check(here, 'account-full');
        for (const summary of await here.locator('summary').all())
            await summary.click();
        await check(here, 'account-open');
    },

    async before_a_proof_there_is_one_button_and_no_form(t) {
        const page = await byPassword(t, { userAgent: MAC }); // john has a second step by now
        assert.equal(await page.locator('form[action^="/account"]').count(), 0);
        await check(page, 'account-unproven');
        await page.getByRole('link', { name: 'Confirm that it\'s you' }).click();
        await page.getByRole('heading', { name: 'One more step' }).waitFor();
    },

    async a_device_is_renamed_and_unlocked_by_keyboard_alone(t) {
        const page = await openProfile(t);
        await page.goto('/login?return=/account');
        await page.waitForSelector('.mp-screen', { state: 'attached' });
        await page.locator('[data-to=pin]').click();
        await page.fill('#mp-name', 'kim');
        await page.keyboard.press('Enter');
        await choosePin(page, '7391');
        await home(page);
        const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() || document.activeElement?.id);
        const tabTo = async (text) => {
            for (let i = 0; i < 30; i++) {
                await page.keyboard.press('Tab');
                if ((await focused())?.startsWith(text))
                    return;
            }
            assert.fail(`${text} is not reached`);
        };
        await tabTo('Change');
        const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth);
        assert.equal(ring, '3px');
        await page.keyboard.press('Enter');
        await tabTo('name-');
        await page.keyboard.press('ControlOrMeta+a');
        await page.keyboard.type('Kim\'s laptop');
        await page.keyboard.press('Enter');
        await told(page, 'new name');
        assert.match((await things(page, DEVICES))[0], /^Kim's laptop This device/);
    },

    async everything_works_without_script(t) {
        const pad = await openProfile(t);
        await pad.goto('/login?return=/account');
        await pad.waitForSelector('.mp-screen', { state: 'attached' });
        await pad.locator('[data-to=pin]').click();
        await pad.fill('#mp-name', 'nora');
        await pad.getByRole('button', { name: 'Continue' }).click();
        await choosePin(pad, '7391');
        await home(pad);
        const page = await openProfile(t, { javaScriptEnabled: false, storageState: await pad.context().storageState() });
        await page.goto('/account');
        await page.getByText('Change', { exact: false }).first().click();
        await page.getByLabel('Name of this device').fill('Old phone');
        await page.getByRole('button', { name: 'Rename' }).click();
        await told(page, 'new name');
        await page.getByRole('button', { name: 'Sign out everywhere else' }).click();
        await told(page, 'signed out everywhere else');
        await page.locator('summary').first().click();
        await page.getByRole('button', { name: 'Remove Old phone' }).click();
        await page.getByText('You have been signed out.').waitFor();
        await pad.goto('/login');
        await screen(pad, 'withdrawn');
    },

}, start);
