// SPDX-License-Identifier: Apache-2.0
// Ways back (docs/identity.md, "What each event does"): a locked PIN, a lost phone and a lost second step, where names are proven by a password, by a mail, and by
// nobody. Each is walked on pages, from the trouble to being signed in again.
const { port } = require('../lib/ports.cjs');
const { existsSync, mkdtempSync, readFileSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const assert = require('node:assert/strict');
const { code } = require('./authenticator.js');
const { choosePin, openProfile, run, screen, signInByPassword, signOut, startSite, typePin } = require('./browser.js');
const { phones } = require('./phones.js');
const { PYTHON, ready, startProgram, until } = require('./program.js');

const byMail = `http://localhost:${port + 1}`; // by a name, which passkeys want
const folder = mkdtempSync(join(tmpdir(), 'mpin-moves-'));
const mailbox = join(folder, 'mailbox');

async function start() {
    const smtp = startProgram(PYTHON, [join(__dirname, '../smtp/server.py'), `${port + 2}`, mailbox]);
    await ready(smtp, port + 2);
    const site = await startSite((demo) => `MPinMaxFailures 1
MPinThrottle address=100000/60s account=100000/60s
MPinTOTP "M-Pin demo"
<Location /vault>
    AuthType MPin
    MPinSecondFactor totp
    Require valid-user
</Location>
Listen 127.0.0.1:${port + 1}
<VirtualHost 127.0.0.1:${port + 1}>
    MPinEngine On
    MPinPublicURL ${byMail}
    MPinCookieName by-mail
    MPinStore "lmdb:${demo}/demo/store-mail"
    MPinRegister mail
    MPinRegisterAllow domain example.org
    MPinMail smtp://127.0.0.1:${port + 2}
    MPinMailFrom wiki@example.org
    MPinSecondFactorEnrol On
    <Location /either>
        AuthType MPin
        MPinSecondFactor any
        Require valid-user
    </Location>
</VirtualHost>
`);
    return { ...site, async stop() { await site.stop(); smtp.kill('SIGTERM'); rmSync(folder, { recursive: true }); } };
}

const home = (page) => page.waitForURL(({ pathname }) => pathname === '/account');
const told = (page, text) => page.getByRole('status').filter({ hasText: text }).waitFor();
const device = (page, name) => page.locator('#devices .thing').filter({ hasText: name });

async function byPassword(page, site) {
    await page.waitForSelector('.mp-screen', { state: 'attached' });
    if (await page.locator('#password-way').isHidden())
        await page.getByRole('button', { name: 'Other ways' }).click();
    await signInByPassword(page, site);
    await screen(page, 'offer');
}

/** john's device with a PIN. */
async function johns(t, open) {
    const page = await open(t);
    await page.goto('/login?return=/account');
    await byPassword(page, t.site);
    await page.getByRole('button', { name: 'Set up PIN' }).click();
    await choosePin(page, '7391');
    await home(page);
    return page;
}

/** What there is of john's goes at the end. */
async function clear(page) {
    for (;;) {
        await page.goto('/account');
        const there = page.locator('#devices .thing').filter({ hasNot: page.getByText('This device', { exact: true }) }).first();
        if (!await there.count())
            break;
        await there.locator('summary').click();
        await there.getByRole('button', { name: /^Remove / }).click();
        await told(page, 'Removed.');
    }
}

const mails = () => existsSync(mailbox)
    ? readFileSync(mailbox, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line)) : [];

/** Opens the newest link to set up a PIN, in another browser. */
async function followMail(t, page, before) {
    await screen(page, 'mail');
    const mail = await until('a mail', () => mails().filter(({ subject }) => subject.startsWith('Set up'))[before]);
    const reader = await openProfile(t);
    await reader.goto(mail.text.match(/http:\/\/\S+\/mpinActivate\?t=[0-9a-f]+/)[0]);
    await reader.fill('#number', await page.textContent('.mp-number'));
    await reader.getByRole('button', { name: 'Yes, go on' }).click();
    await reader.getByRole('heading', { name: 'Done.' }).waitFor();
}

const links = () => mails().filter(({ subject }) => subject.startsWith('Set up')).length;

/** A device of a name that is proven by a mail. */
async function mailed(t, open, name) {
    const page = await open(t, { baseURL: byMail });
    const before = links();
    await page.goto('/login?return=/account');
    await page.waitForSelector('.mp-screen', { state: 'attached' });
    await page.locator('[data-to=pin]').click();
    await page.fill('#mp-name', name);
    await page.getByRole('button', { name: 'Continue' }).click();
    await followMail(t, page, before);
    await choosePin(page, '7391');
    await home(page);
    return page;
}

/** Somebody types wrong PINs until it is locked. */
async function lock(page) {
    await signOut(page);
    await page.goto('/login');
    await typePin(page, '0001');
    await screen(page, 'locked');
}

async function pinWorks(page, pin) {
    await page.goto('/login?return=/account');
    await typePin(page, pin);
    await home(page);
}

/** john in a browser of his own, signed in by password a moment ago. */
async function johnByPassword(t) {
    const page = await openProfile(t);
    await page.goto('/login');
    await byPassword(page, t.site);
    return page;
}

/** An app at /account; its secret. */
async function addApp(page, name) {
    await page.getByLabel('A name for it').fill(name);
    await page.getByRole('button', { name: 'Add an authenticator app' }).click();
    const secret = await page.textContent('#totp-secret') ?? '';
    await page.fill('#code', await code(secret));
    await page.getByRole('button', { name: 'Continue' }).click();
    await told(page, 'second step is ready');
    return secret;
}

async function removeApp(page, name) {
    await page.getByRole('button', { name: `Remove ${name}` }).click();
    await told(page, 'Removed.');
}

run({
    async a_locked_pin_is_unlocked_by_the_password_in_the_same_browser(t) {
        const page = await johns(t, openProfile);
        await lock(page);
        await byPassword(page, t.site);
        await page.goto('/account');
        await device(page, 'Locked').locator('summary').click();
        await page.getByRole('button', { name: 'Unlock Chrome on Linux' }).click();
        await told(page, 'Its PIN works again');
        await signOut(page);
        await pinWorks(page, '7391');
        await clear(page);
    },

    async a_locked_pin_is_set_up_again_after_the_password(t) {
        const page = await johns(t, openProfile);
        await lock(page);
        await page.getByRole('button', { name: 'Set up again' }).click();
        await signInByPassword(page, t.site);
        await choosePin(page, '8264');
        await page.waitForURL(({ pathname }) => pathname === '/');
        await signOut(page);
        await pinWorks(page, '8264');
        assert.equal(await page.locator('#devices .thing').filter({ hasText: 'Locked' }).count(), 0);
        await clear(page);
    },

    async a_lost_phone_is_removed_from_a_laptop_and_another_takes_its_place(t) {
        const laptop = await johns(t, openProfile), phone = await johns(t, phones);
        await laptop.reload();
        await device(laptop, 'Android').locator('summary').click();
        await laptop.getByRole('button', { name: 'Remove Chrome on Android' }).click();
        await told(laptop, 'sign out everywhere else, too');
        await laptop.getByRole('button', { name: 'Sign out everywhere else' }).click();
        await told(laptop, 'signed out everywhere else');
        await phone.goto('/account'); // the thief's
        await phone.waitForURL(({ pathname }) => pathname === '/login');
        await screen(phone, 'withdrawn');
        const next = await johns(t, phones);
        assert.match(await next.locator('#devices .thing').filter({ has: next.getByText('This device', { exact: true }) }).innerText(), /^Chrome on Android/);
        await clear(laptop);
    },

    async a_locked_phone_is_unlocked_from_another_device_where_a_mail_proves(t) {
        const laptop = await mailed(t, openProfile, 'anna@example.org'), phone = await mailed(t, phones, 'anna@example.org');
        await lock(phone);
        await laptop.reload();
        await device(laptop, 'Locked').locator('summary').click();
        await laptop.getByRole('button', { name: 'Unlock Chrome on Android' }).click();
        await told(laptop, 'Its PIN works again');
        await pinWorks(phone, '7391');
    },

    async a_locked_phone_alone_is_set_up_again_by_mail(t) {
        const phone = await mailed(t, phones, 'bea@example.org');
        await lock(phone);
        const before = links();
        await phone.getByRole('button', { name: 'Set up again' }).tap();
        await followMail(t, phone, before);
        await choosePin(phone, '8264');
        await phone.waitForURL(({ pathname }) => pathname === '/');
        await phone.goto('/account');
        assert.equal(await phone.locator('#devices .thing').count(), 1);
    },

    async a_lost_phone_is_replaced_by_mail_and_then_removed(t) {
        const lost = await mailed(t, phones, 'cleo@example.org'), next = await mailed(t, openProfile, 'cleo@example.org');
        await device(next, 'Android').locator('summary').click();
        await next.getByRole('button', { name: 'Remove Chrome on Android' }).click();
        await told(next, 'Removed.');
        await lost.goto('/login');
        await screen(lost, 'withdrawn');
        assert.ok(mails().some(({ subject, to }) => to[0] === 'cleo@example.org' && subject.includes('access was withdrawn'))
            || await until('the mail', () => mails().some(({ subject }) => subject.includes('access was withdrawn'))));
    },

    async a_device_that_came_by_mail_shows_the_second_step_once(t) {
        const first = await mailed(t, openProfile, 'emil@example.org');
        await first.goto('/either');
        await first.waitForURL('**/either'); // two factors, as there was nothing else
        await first.goto('/vault');
        await first.getByRole('button', { name: 'Set up an authenticator app' }).click();
        const secret = await first.textContent('#totp-secret') ?? '';
        await first.fill('#code', await code(secret));
        await first.keyboard.press('Enter');
        await first.waitForURL('**/vault');

        const next = await mailed(t, phones, 'emil@example.org'); // as whoever reads the mails could
        await next.goto('/either?a');
        await next.waitForURL('**/login/step?*');
        assert.equal(await next.getByText('Use your PIN').count(), 0);
        await next.fill('#code', await code(secret, 30));
        await next.keyboard.press('Enter');
        await next.waitForURL('**/either?a');
        await signOut(next);
        await next.goto('/login?return=/either');
        await typePin(next, '7391');
        await next.waitForURL('**/either');
    },

    async a_lost_app_without_recovery_codes_leads_to_somebody_to_ask(t) {
        const before = await johnByPassword(t);
        await before.goto('/account');
        await addApp(before, 'Lost phone');
        const page = await johnByPassword(t);
        await page.goto('/account');
        await page.getByRole('link', { name: 'Confirm that it\'s you' }).click();
        await page.getByText('Lost what you use here? Ask the people who run').waitFor();
        await removeApp(before, 'Lost phone');
    },

    async a_lost_app_is_replaced_by_a_recovery_code(t) {
        const before = await johnByPassword(t);
        await before.goto('/account');
        await addApp(before, 'Lost phone');
        await before.getByRole('button', { name: 'Make recovery codes' }).click();
        const codes = await before.locator('#codes code').allInnerTexts();

        const page = await johnByPassword(t);
        await page.goto('/vault');
        assert.equal(await page.getByText('Lost what you use here?').count(), 0); // there are codes
        await page.getByRole('link', { name: 'Use a recovery code' }).click();
        await page.getByLabel('Recovery code').fill(codes[0]);
        await page.getByRole('button', { name: 'Continue' }).click();
        await page.waitForURL('**/vault');
        await page.goto('/account'); // which takes the code as a proof
        await removeApp(page, 'Lost phone');
        const secret = await addApp(page, 'New phone');
        await before.goto('/account'); // the finder's
        await before.waitForURL(({ pathname }) => pathname === '/login');

        const next = await johnByPassword(t);
        await next.goto('/vault');
        await next.fill('#code', await code(secret, 30));
        await next.getByRole('button', { name: 'Continue' }).click();
        await next.waitForURL('**/vault');
        await next.goto('/account');
        await removeApp(next, 'New phone');
    },

    async a_passkey_is_told_by_a_mail_of_its_own(t) {
        const page = await mailed(t, openProfile, 'dora@example.org');
        const cdp = await page.context().newCDPSession(page);
        await cdp.send('WebAuthn.enable');
        await cdp.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', transport: 'internal',
            hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
        const subjects = () => mails().filter(({ to }) => to[0] === 'dora@example.org').map(({ subject }) => subject);
        await page.getByRole('button', { name: 'Add a passkey' }).click();
        await told(page, 'your passkey is ready');
        await until('the mail', () => subjects().some((subject) => subject.startsWith('A passkey was added')));
        await page.locator('section.own').filter({ has: page.getByRole('heading', { name: 'Passkeys' }) })
            .getByRole('button', { name: /^Remove / }).click();
        await told(page, 'Removed.');
        await until('the mail', () => subjects().some((subject) => subject.startsWith('A passkey was removed')));
        assert.deepEqual(subjects().filter((subject) => /second step/.test(subject)), []);
    },

    async a_locked_pin_of_an_open_name_leads_to_another_name(t) {
        const page = await openProfile(t);
        await page.goto('/login?return=/account');
        await page.waitForSelector('.mp-screen', { state: 'attached' });
        await page.locator('[data-to=pin]').click();
        await page.fill('#mp-name', 'otto');
        await page.getByRole('button', { name: 'Continue' }).click();
        await choosePin(page, '7391');
        await home(page);
        await lock(page);
        await page.getByRole('button', { name: 'Set up again' }).click();
        await page.getByText('This PIN can\'t be replaced').waitFor();
        await page.getByRole('button', { name: 'Set up a PIN for another name' }).click();
        await page.fill('#mp-name', 'otto2');
        await page.getByRole('button', { name: 'Continue' }).click();
        await choosePin(page, '7391');
        await page.waitForURL(({ pathname }) => pathname === '/');
    },
}, start);
