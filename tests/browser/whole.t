// SPDX-License-Identifier: Apache-2.0
// All of /account on one page, where names are proven by the password, by a mail, and by nobody: each change has one line in the
// audit log and one mail; and what happens to forms when the account changes under them.
const assert = require('node:assert/strict');
const { code } = require('./authenticator.js');
const { choosePin, openProfile, run, screen, signInByPassword } = require('./browser.js');
const { check } = require('./pictures.js');
const { phones } = require('./phones.js');
const { PASSWORD, plugIn, startWhole, until, urls } = require('./whole_site.js');

const JOHN = 'john@example.org';
const PEOPLE = [JOHN, 'kim@example.org', 'lea@example.org', 'max@example.org', 'nora@example.org'];
const told = (page, text) => page.getByRole('status').filter({ hasText: text }).waitFor();
const home = (page) => page.waitForURL(({ pathname }) => pathname === '/account');
const press = (page, name) => page.getByRole('button', { name, exact: true }).click();
const sentCode = ({ site }) => /\d{6}/.exec(site.webhook.messages.at(-1).text)[0];
const section = (page, title) => page.locator('section.own').filter({ has: page.getByRole('heading', { name: title, exact: true }) });

/** Signed in by password, at the account; no PIN is set up. */
async function byPassword(t, user, open = openProfile) {
    const page = await open(t, { baseURL: urls['signed-in'] });
    await page.goto('/login');
    await page.waitForSelector('.mp-screen', { state: 'attached' });
    await signInByPassword(page, { user, password: PASSWORD });
    await screen(page, 'offer');
    await page.goto('/account');
    return page;
}

/** A device with a PIN, at the account, in each kind of site. */
const DEVICE = {
    async 'signed-in'(t, page) {
        await page.goto('/login?return=/account');
        await page.waitForSelector('.mp-screen', { state: 'attached' });
        await signInByPassword(page, { user: JOHN, password: PASSWORD });
        await screen(page, 'offer');
        await press(page, 'Set up PIN');
        return JOHN;
    },
    async open(t, page) {
        await page.goto('/login?return=/account');
        await page.fill('#mp-name', 'olga@example.org');
        await press(page, 'Continue');
        return 'olga@example.org';
    },
    async mail(t, page) {
        await page.goto('/login?return=/account');
        await page.fill('#mp-name', 'mia@example.org');
        await press(page, 'Continue');
        await screen(page, 'mail');
        const mail = await until('a mail', () => t.site.mails('mia@example.org')[0]);
        const reader = await openProfile(t);
        await reader.goto(mail.text.match(/http:\/\/\S+\/mpinActivate\?t=[0-9a-f]+/)[0]);
        await reader.fill('#number', await page.textContent('.mp-number'));
        await press(reader, 'Yes, go on');
        await reader.getByRole('heading', { name: 'Done.' }).waitFor();
        return 'mia@example.org';
    },
};

/** One line of the audit log and at most one mail come of a change. */
function ledger(t, kind, name) {
    const events = () => t.site.audit(kind).filter(({ user }) => user === name).map(({ event }) => event);
    const subjects = () => t.site.mails(name).map(({ subject }) => subject);
    const wanted = [];
    let before = [events().length, subjects().length];
    return {
        async one(event, subject, change) {
            await change();
            assert.deepEqual(events().slice(before[0]), [event]);
            if (subject)
                await until(`the mail "${subject}"`, () => subjects().length > before[1]);
            wanted.push(...subject ? [subject] : []);
            before = [events().length, subjects().length];
        },
        /** Each mail came once, and no other. */
        end: (from) => assert.deepEqual(subjects().slice(from), wanted),
        mails: () => subjects().length,
    };
}

async function everything(t, kind) {
    const page = await openProfile(t, { baseURL: urls[kind] });
    await plugIn(page);
    const name = await DEVICE[kind](t, page);
    await choosePin(page, '7391');
    await home(page);
    await until('the mail of the device', () => t.site.mails(name).some(({ subject }) => subject.startsWith('A device was added')));
    const book = ledger(t, kind, name);
    const from = book.mails();
    await book.one('identity_renamed', '', async () => {
        await page.locator('#devices summary').first().click();
        await page.getByLabel('Name of this device').fill('<b>Ünï</b> 📱 العربية');
        await press(page, 'Rename Chrome on Linux');
        await told(page, 'new name');
    });
    assert.equal(await page.locator('#devices b').count(), 0);
    await book.one('passkey_added', 'A passkey was added at Wiki', async () => {
        await press(page, 'Add a passkey');
        await told(page, 'your passkey is ready');
    });
    await book.one('passkey_renamed', '', async () => {
        await page.locator('summary').filter({ hasText: 'Rename' }).click();
        await page.getByLabel('Name of Passkey').fill('Schlüssel');
        await press(page, 'Rename Passkey');
        await told(page, 'new name');
    });
    await book.one('factor_added', 'A second step was added at Wiki', async () => {
        await page.getByLabel('A name for it').fill('An app');
        await page.locator('form[action$="/account/totp"] button').click();
        await page.fill('#code', await code(await page.textContent('#totp-secret')));
        await press(page, 'Continue');
        await told(page, 'second step is ready');
    });
    await book.one('factor_added', 'A second step was added at Wiki', async () => {
        await page.fill('#phone', `+49 170 123450${kind.length}`);
        await page.locator('form[action$="/account/sms"] button').click();
        await page.getByLabel('Six digits').waitFor();
        await page.fill('#code', sentCode(t));
        await press(page, 'Continue');
        await told(page, 'second step is ready');
    });
    await book.one('recovery_codes_made', 'New recovery codes at Wiki', async () => {
        await press(page, 'Make recovery codes');
        await page.locator('#codes').waitFor();
    });
    await page.reload(); // a form that was sent is not sent twice
    await page.getByText('This page was open too long').waitFor();
    await page.goto('/account');
    await section(page, 'Recovery codes').getByText('10 of 10 are left.').waitFor();
    await check(page, `whole-${kind}`);
    await book.one('signed_out_elsewhere', 'Signed out everywhere else at Wiki', async () => {
        await press(page, 'Sign out everywhere else');
        await told(page, 'signed out everywhere else');
    });
    for (const what of ['An app', /^Remove \+49/]) {
        await book.one('factor_removed', 'A second step was removed at Wiki', async () => {
            await page.getByRole('button', { name: typeof what === 'string' ? `Remove ${what}` : what }).click();
            await told(page, 'Removed.');
        });
        await page.goto('/account');
    }
    await book.one('passkey_removed', 'A passkey was removed at Wiki', async () => {
        await press(page, 'Remove Schlüssel');
        await told(page, 'Removed.');
    });
    await page.goto('/account');
    await book.one('identity_removed', 'A device\'s access was withdrawn at Wiki', async () => {
        await page.locator('#devices summary').first().click();
        await press(page, 'Remove <b>Ünï</b> 📱 العربية');
        await page.getByText('You have been signed out.').waitFor();
    });
    book.end(from);
}

run({
    async all_of_it_where_the_password_proves_a_name(t) { await everything(t, 'signed-in'); },
    async all_of_it_where_a_mail_proves_a_name(t) { await everything(t, 'mail'); },
    async all_of_it_where_a_name_is_whose_it_is_first(t) { await everything(t, 'open'); },

    async a_session_that_was_ended_elsewhere_sends_no_form_any_more(t) {
        const here = await byPassword(t, 'kim@example.org'), there = await byPassword(t, 'kim@example.org', phones);
        await byPassword(t, 'kim@example.org');
        await here.reload();
        assert.equal(await section(here, 'Where you\'re signed in').locator('.thing').count(), 3);
        await there.getByLabel('A name for it').fill('A thief\'s app');
        await here.getByRole('button', { name: /^Sign out Chrome on Android/ }).click();
        await told(here, 'signed out');
        assert.equal(await section(here, 'Where you\'re signed in').locator('.thing').count(), 2);
        await there.locator('form[action$="/account/totp"] button').click();
        await there.waitForURL(({ pathname, search }) => pathname === '/login' && search.includes('account'));
        await here.goto('/account');
        await section(here, 'Second steps').getByText('None yet.').waitFor();
    },

    async a_form_from_before_another_change_is_told_so_and_leads_back(t) {
        const page = await byPassword(t, 'max@example.org');
        const other = await page.context().newPage();
        await other.goto('/account');
        await press(page, 'Sign out everywhere else');
        await told(page, 'signed out everywhere else');
        await other.locator('form[action$="/account/totp"] button').click();
        await other.getByText('This page was open too long').waitFor();
        await other.getByRole('link', { name: 'Start again' }).click();
        await home(other);
        await other.getByRole('button', { name: 'Sign out everywhere else' }).waitFor();
    },

    async a_token_of_somebody_else_changes_nothing(t) {
        const nora = await byPassword(t, 'nora@example.org'), max = await byPassword(t, 'max@example.org');
        const token = await max.locator('form[action$="/sessions/end"] [name=csrf]').inputValue();
        for (const form of await nora.locator('form[action^="/account"]').all()) {
            const action = await form.getAttribute('action');
            const answer = await nora.evaluate(([url, csrf]) => fetch(url, { method: 'POST', body: new URLSearchParams({ csrf }), redirect: 'manual' })
                .then(({ status }) => status), [action, token]);
            assert.equal(answer, 403, action);
        }
        await max.reload();
        await max.getByRole('button', { name: 'Sign out everywhere else' }).waitFor();
    },
    async who_has_as_many_as_can_be_is_told_and_led_back(t) {
        const page = await byPassword(t, 'lea@example.org');
        const cdp = await page.context().newCDPSession(page);
        await cdp.send('WebAuthn.enable');
        await page.evaluate(async () => {
            const ask = async (url, body) => (await fetch(url, {
                method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
            })).json();
            for (let i = 1; i <= 10; i++) {
                const made = await ask('/rps/register', { userId: 'lea@example.org', mobile: 0, deviceName: `Laptop ${i}` });
                await ask(`/rps/signature/${made.mpinId}`, { regOTT: made.regOTT });
            }
        });
        for (let i = 1; i <= 11; i++) {
            const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', transport: 'usb',
                hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
            await page.getByRole('button', { name: 'Add a passkey' }).click();
            await told(page, 'your passkey is ready');
            await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
            await page.goto('/account');
        }
        const addApp = async (name) => {
            await page.getByLabel('A name for it').fill(name);
            await page.locator('form[action$="/account/totp"] button').click();
        };
        for (let i = 1; i <= 13; i++) {
            await addApp(i % 2 ? `App ${i}` : 'W'.repeat(32));
            await page.fill('#code', await code(await page.textContent('#totp-secret')));
            await press(page, 'Continue');
            await told(page, 'second step is ready');
            await page.goto('/account');
        }
        await check(page, 'whole-many');
        await addApp('One more');
        await page.getByRole('heading', { name: 'You have as many as you can have' }).waitFor();
        await page.getByRole('link', { name: 'Back to your account' }).click();
        await home(page);
        await page.getByRole('button', { name: 'Remove App 13' }).click();
        await told(page, 'Removed.');
        await addApp('One more');
        await page.locator('#totp-secret').waitFor();
    },
}, () => startWhole(PEOPLE));
