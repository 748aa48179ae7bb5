// SPDX-License-Identifier: Apache-2.0
// Behind mod_security with the Core Rule Set at its defaults (paranoia level 1, SecRuleEngine On) everything works, and no
// rule has anything to say of it: what the pad and the pages send are GET and POST, JSON and forms.
const assert = require('node:assert/strict');
const { code } = require('./authenticator.js');
const { choosePin, openProfile, run, screen, signInByPassword, typePin } = require('./browser.js');
const { button, desktops, match, phones, scan, showCode, tapPin } = require('./phones.js');
const { hits, linkOf, start } = require('./crs_site.js');
const { plugIn } = require('./whole_site.js');

const inside = (page) => page.waitForURL(({ pathname }) => pathname.startsWith('/protected'));

/** A page that sends GET and POST only. */
async function modest(t, open = openProfile) {
    const page = await open(t);
    page.on('request', (request) => /^(GET|POST)$/.test(request.method())
        || t.problems.push(`${request.method()} ${request.url()}`));
    page.on('response', (response) => response.status() >= 500 && t.problems.push(`${response.status()} ${response.url()}`));
    return page;
}

async function setUp(t, page, user = t.site.user) {
    await page.goto('/protected/');
    await signInByPassword(page, { ...t.site, user });
    await screen(page, 'offer');
    await page.getByRole('button', { name: 'Set up PIN' }).click();
    await choosePin(page, '7391');
    await inside(page);
}

async function signOutByForm(page) {
    await page.goto('/logout');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/');
    await page.goto('/login?return=/protected/');
    await screen(page, 'enter');
}

run({
    async nobody_is_in_whom_the_rules_do_not_look_at(t) {
        // By no page, which would ask for its icon in the middle of another test.
        const answer = await fetch(t.site.url + '/?id=1%27%20or%20%271%27=%271%27--%20');
        assert.equal(answer.status, 403, 'the rules are at work');
        assert.ok(hits().some((hit) => /SQL/.test(hit)));
    },

    async crs_lets_password_pin_and_sign_out_through(t) {
        const before = hits().length;
        const page = await modest(t);
        await setUp(t, page);
        await signOutByForm(page);
        await typePin(page, '1112');
        await page.getByRole('alert').filter({ hasText: 'tries left' }).waitFor();
        await typePin(page, '7391');
        await inside(page);
        await signOutByForm(page);
        assert.deepEqual(hits().slice(before), []);
    },

    async crs_lets_a_forgotten_pin_be_set_anew(t) {
        const before = hits().length;
        const page = await modest(t);
        await setUp(t, page);
        await signOutByForm(page);
        await page.getByRole('button', { name: 'Forgot PIN?' }).click();
        await page.fill('#password', t.site.password);
        await page.getByRole('button', { name: 'Sign in', exact: true }).click();
        await choosePin(page, '2846');
        await inside(page);
        assert.deepEqual(hits().slice(before), []);
    },

    async crs_lets_a_phone_sign_a_computer_in(t) {
        const before = hits().length;
        const phone = await modest(t, phones);
        await setUp(t, phone);
        const desktop = await modest(t, desktops);
        const code = await showCode(desktop, '/protected/');
        await scan(phone, code);
        await button(phone, await match(desktop)).tap();
        await tapPin(phone, '7391');
        await inside(desktop);
        assert.deepEqual(hits().slice(before), []);
    },

    async crs_takes_sealed_cookies_whatever_they_look_like(t) {
        const before = hits().length;
        for (let i = 0; i < 200; i++) {
            const login = await fetch(t.site.url + '/login');
            const cookie = login.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ');
            assert.match(cookie, /^mpin-login=/);
            const again = await fetch(t.site.url + '/rps/clientSettings', { headers: { Cookie: cookie, Accept: '*/*' } });
            assert.equal(again.status, 200);
        }
        assert.deepEqual(hits().slice(before), []);
    },

    async crs_lets_a_mailbox_prove_a_name(t) {
        const before = hits().length;
        const page = await modest(t), reader = await modest(t);
        await page.goto('/login?return=/protected/');
        await page.waitForSelector('.mp-screen', { state: 'attached' });
        await page.locator('[data-to=pin]').click();
        await page.fill('#mp-name', 'anna@example.org');
        await page.getByRole('button', { name: 'Continue' }).click();
        await screen(page, 'mail');
        await reader.goto(await linkOf('anna@example.org'));
        await reader.fill('#number', await page.textContent('.mp-number'));
        await reader.getByRole('button', { name: 'Yes, go on' }).click();
        await reader.getByRole('heading', { name: 'Done.' }).waitFor();
        await choosePin(page, '7391');
        await inside(page);
        assert.deepEqual(hits().slice(before), []);
    },
    async crs_lets_each_form_of_the_account_and_each_step_through(t) {
        const before = hits().length;
        const page = await modest(t);
        const press = (name, place = page) => place.getByRole('button', { name, exact: true }).click();
        const told = (text) => page.getByRole('status').filter({ hasText: text }).waitFor();
        const sent = () => /\d{6}/.exec(t.site.webhook.messages.at(-1).text)[0];
        await plugIn(page);
        await setUp(t, page, 'kim');
        await page.goto('/account');
        await page.locator('#devices summary').first().click();
        await page.getByLabel('Name of this device').fill('Kim\'s laptop – “küche” 📱');
        await press('Rename Chrome on Linux');
        await told('new name');
        await press('Add a passkey');
        await told('your passkey is ready');
        await page.locator('summary').filter({ hasText: 'Rename' }).click();
        await page.getByLabel('Name of Passkey').fill('Mum\'s (red) key; the old one');
        await press('Rename Passkey');
        await told('new name');
        await page.getByLabel('A name for it').fill('Kim\'s phone');
        await press('Add an authenticator app', page.locator('form[action$="/account/totp"]'));
        const secret = await page.textContent('#totp-secret');
        await page.fill('#code', await code(secret));
        await press('Continue');
        await told('second step is ready');
        await page.fill('#phone', '+49 (170) 123-4567');
        await press('Add a phone number', page.locator('form[action$="/account/sms"]'));
        await page.getByLabel('Six digits').waitFor();
        await page.fill('#code', sent());
        await press('Continue');
        await told('second step is ready');
        await page.locator('summary').filter({ hasText: 'Add a phone number' }).click();
        await page.fill('#workos-phone', '+1 202 555 0143');
        await press('Add a phone number', page.locator('details[open]'));
        await page.getByLabel('Six digits').waitFor();
        await page.goto('/account');
        await press('Make recovery codes');
        const codes = await page.locator('#codes code').allInnerTexts();
        await page.getByRole('link', { name: 'I have kept them' }).click();
        await press('Sign out everywhere else');
        await told('signed out everywhere else');

        const other = await modest(t);
        await other.goto('/protected/vault/');
        await signInByPassword(other, { ...t.site, user: 'kim' });
        await other.getByRole('link', { name: 'Not now' }).click();
        await other.getByRole('heading', { name: 'One more step' }).waitFor();
        await other.fill('#code', '123456');
        await press('Continue', other);
        await other.getByText('That code isn\'t right').waitFor();
        await other.getByRole('link', { name: 'Use a recovery code' }).click();
        await other.getByLabel('Recovery code').fill(codes[0]);
        await press('Continue', other);
        await other.waitForURL('**/protected/vault/');

        await page.reload();
        await page.getByRole('button', { name: /^Sign out Chrome on Linux/ }).click();
        await told('signed out');
        for (const name of ['Remove Kim\'s phone', 'Remove +49 … 567', 'Remove Mum\'s (red) key; the old one']) {
            await press(name);
            await page.getByRole('button', { name, exact: true }).waitFor({ state: 'detached' });
            await told('Removed.');
        }
        await page.locator('#devices summary').first().click();
        await press('Remove Kim\'s laptop – “küche” 📱');
        await page.getByText('You have been signed out.').waitFor();
        assert.deepEqual(hits().slice(before), []);
    },
}, start);
