// SPDX-License-Identifier: Apache-2.0
// Passkeys in Chromium, with its virtual authenticator: people and what they do; passkey_ends.t has what goes wrong besides.
const assert = require('node:assert/strict');
const { alert, enrol, openProfile, run, signInByPassword, signOut, startSite } = require('./browser.js');
const { add, byPasskey, byPin, faults, newcomer, plugIn, signedIn, withoutAutofill } = require('./keeper.js');
const { until } = require('./program.js');

/** The answer of the browser on its way to the server, changed. */
const tamper = (page, change) => page.route('**/login/passkey/verify', (route) => {
    const body = route.request().postDataJSON();
    change(body.credential.response, body.credential);
    route.continue({ postData: JSON.stringify(body) });
});
const inClientData = (change) => (response) => {
    const data = JSON.parse(Buffer.from(response.clientDataJSON, 'base64url'));
    change(data);
    response.clientDataJSON = Buffer.from(JSON.stringify(data)).toString('base64url');
};

/** What the server asks of the browser, changed. */
const askOtherwise = (page, more) => page.route('**/login/passkey', async (route) => {
    const response = await route.fetch();
    const { publicKey } = await response.json();
    route.fulfill({ response, json: { publicKey: { ...publicKey, ...more } } });
});

run({
    async a_passkey_is_added_and_signs_in(t) {
        const { page, keeper, name } = await newcomer(t);
        await page.getByText('None yet. With a passkey').waitFor();
        await add(page);
        await page.getByText('your passkey is ready').waitFor();
        await page.getByText('This is your only passkey').waitFor();
        const [credential] = await keeper.credentials();
        assert.equal(credential.isResidentCredential, true);
        assert.equal(credential.rpId, 'localhost');
        assert.equal(Buffer.from(credential.userHandle, 'base64').length, 32);
        assert.deepEqual(await faults(page), []);
        await signOut(page);
        await page.goto('/login?return=%2Fprotected%2Fstrong');
        assert.deepEqual(await faults(page), []);
        await byPasskey(page);
        await page.waitForURL('**/protected/strong');
        await signedIn(page, name);
    },

    async autofill_signs_in(t) {
        const { page, keeper, name } = await newcomer(t);
        await add(page);
        const [credential] = await keeper.credentials();
        const other = await openProfile(t);
        const filler = await plugIn(other);
        await filler.send('addCredential', { credential });
        await other.goto('/login?return=%2Fprotected');
        await other.waitForURL('**/protected');
        await signedIn(other, name);
    },

    async one_that_does_not_look_who_it_is_signs_nobody_in(t) {
        const { page, keeper } = await newcomer(t);
        await add(page);
        await signOut(page);
        await keeper.send('setUserVerified', { isUserVerified: false });
        await page.goto('/login');
        await byPasskey(page);
        await alert(page, 'No passkey was used');
        await keeper.send('setUserVerified', { isUserVerified: true });
        await askOtherwise(page, { userVerification: 'discouraged' });
        await tamper(page, (response) => { // as an authenticator would say that looked at nobody
            const data = Buffer.from(response.authenticatorData, 'base64url');
            data[32] &= ~4;
            response.authenticatorData = data.toString('base64url');
        });
        await byPasskey(page);
        await alert(page, 'was not accepted');
    },

    async a_cloned_key_is_refused_and_told(t) {
        const { page, keeper } = await newcomer(t);
        await add(page);
        await signOut(page);
        await page.goto('/login');
        await byPasskey(page);
        await page.waitForURL('**/');
        await signOut(page);
        const [credential] = await keeper.credentials();
        await keeper.send('removeCredential', { credentialId: credential.credentialId });
        await keeper.send('addCredential', { credential: { ...credential, signCount: 0 } });
        await page.goto('/login');
        await byPasskey(page);
        await alert(page, 'may have been copied');
    },

    async another_origin_and_another_site_are_refused(t) {
        const { page } = await newcomer(t);
        await add(page);
        await signOut(page);
        await page.goto('/login');
        await tamper(page, inClientData((data) => data.origin = 'http://evil.example'));
        await byPasskey(page);
        await alert(page, 'was not accepted');
        await askOtherwise(page, { rpId: 'example.org' });
        await byPasskey(page);
        await alert(page, "don't work at this address");
    },

    async cancelling_or_waiting_too_long_leaves_every_way_open(t) {
        const { page, keeper } = await newcomer(t);
        await add(page);
        await signOut(page);
        await keeper.send('setAutomaticPresenceSimulation', { enabled: false });
        await page.goto('/login');
        await askOtherwise(page, { timeout: 1000 });
        await byPasskey(page);
        await alert(page, 'No passkey was used');
        await page.unroute('**/login/passkey');
        await keeper.send('setAutomaticPresenceSimulation', { enabled: true });
        await byPasskey(page);
        await page.waitForURL('**/');
    },

    async a_security_key_is_a_second_step_only(t) {
        const { page, keeper, name } = await newcomer(t, { transport: 'usb', hasResidentKey: false, hasUserVerification: false, isUserVerified: false });
        await page.getByRole('button', { name: 'Add a passkey', exact: true }).click();
        await alert(page, /make a passkey that|No passkey was made/);
        await add(page, 'Add a security key');
        await page.getByText('second step only').waitFor();
        assert.equal((await keeper.credentials())[0].isResidentCredential, false);
        await signOut(page);
        await page.goto('/login');
        await byPasskey(page);
        await alert(page, /No passkey was used|does not know/);
        await byPin(page);
        await page.goto('/protected/strong');
        await page.waitForURL('**/login/step?**');
        assert.deepEqual(await faults(page), []);
        await page.getByRole('button', { name: 'Use a passkey' }).click();
        await page.waitForURL('**/protected/strong');
        await signedIn(page, name);
    },

    async whoever_has_a_passkey_shows_it_before_a_change(t) {
        const { page } = await newcomer(t);
        await add(page);
        await signOut(page);
        await byPin(page);
        await page.goto('/account');
        assert.equal(await page.getByRole('button', { name: 'Add a passkey' }).count(), 0);
        await page.getByRole('link', { name: "Confirm that it's you" }).click();
        await page.getByRole('button', { name: 'Use a passkey' }).click();
        await page.waitForURL('**/account');
        await page.getByRole('button', { name: 'Add a passkey' }).waitFor();
    },

    async a_passkey_is_renamed_and_removed(t) {
        const { page, keeper } = await newcomer(t);
        await add(page);
        await page.locator('summary').filter({ hasText: 'Rename' }).click();
        await page.getByLabel('Name of Passkey').fill('Mein Schlüssel');
        await page.getByRole('button', { name: 'Rename Passkey' }).click();
        await page.getByText('The new name is kept.').waitFor();
        await page.getByText('Mein Schlüssel').first().waitFor();
        const [{ credentialId, userHandle }] = await keeper.credentials();
        const url64 = (text) => Buffer.from(text, 'base64').toString('base64url');
        await until('the signals', () => page.evaluate(() => window.heard.some(({ signal }) => signal === 'signalCurrentUserDetails')));
        const heard = await page.evaluate(() => window.heard);
        assert.deepEqual(heard.find(({ signal }) => signal === 'signalAllAcceptedCredentials'), { signal: 'signalAllAcceptedCredentials',
            rpId: 'localhost', userId: url64(userHandle), allAcceptedCredentialIds: [url64(credentialId)] });
        await page.getByRole('button', { name: 'Remove Mein Schlüssel' }).click();
        await page.getByText('Removed.').waitFor();
        await page.getByText('None yet. With a passkey').waitFor();
        await signOut(page);
        await page.goto('/login');
        await byPasskey(page);
        await alert(page, 'does not know this passkey');
        const told = await page.evaluate(() => window.heard.findLast(({ signal }) => signal === 'signalUnknownCredential'));
        assert.deepEqual(told, { signal: 'signalUnknownCredential', rpId: 'localhost', credentialId: url64(credentialId) });
    },

    async a_device_has_one_passkey_of_a_user(t) {
        const { page } = await newcomer(t);
        await add(page);
        await page.getByRole('button', { name: 'Add a passkey' }).click();
        await alert(page, 'has a passkey for M-Pin demo already');
    },

    async after_a_password_a_pin_or_a_passkey_is_offered(t) {
        const page = await openProfile(t);
        await page.addInitScript(withoutAutofill);
        await plugIn(page);
        await page.goto('/login?return=%2Fprotected');
        await signInByPassword(page, t.site);
        await page.getByText('Or set up a passkey').waitFor();
        assert.deepEqual(await faults(page), []);
        await page.getByRole('button', { name: 'Set up a passkey' }).click();
        await page.waitForURL('**/protected');
        await signOut(page);
        await page.goto('/login?return=%2Fprotected%2Fstrong');
        await byPasskey(page);
        await page.waitForURL('**/protected/strong');
        await signedIn(page, t.site.user);
    },

    async without_passkeys_in_the_browser_no_button_is_shown(t) {
        const page = await openProfile(t);
        await page.addInitScript(() => delete window.PublicKeyCredential);
        await page.goto('/login');
        assert.equal(await page.getByText('Sign in with a passkey').isVisible(), false);
        await enrol(page, 'none@example.org', '7391');
        await byPin(page);
        await page.goto('/account');
        await page.getByText("This browser can't use passkeys here").waitFor();
        assert.equal(await page.getByRole('button', { name: 'Add a passkey' }).count(), 0);
    },

    async at_every_size_nothing_is_cut(t) {
        const { page } = await newcomer(t);
        await add(page);
        const look = async (name, path) => {
            for (const [width, height, colorScheme] of [[320, 640, 'light'], [390, 844, 'dark'], [1280, 800, 'light']]) {
                await page.setViewportSize({ width, height });
                await page.emulateMedia({ colorScheme });
                await page.goto(path);
                assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} at ${width}`);
                assert.deepEqual(await faults(page), [], `${name} at ${width}`);
                if (process.env.PICTURES)
                    await page.screenshot({ path: `${process.env.PICTURES}/${name}-${width}.png`, fullPage: true });
            }
        };
        await look('account', '/account');
        await signOut(page);
        await look('login', '/login?return=%2Fprotected');
        await byPin(page);
        await look('step', '/protected/strong');
        await page.getByRole('button', { name: 'Use a passkey' }).waitFor();
    },

    async the_demo_leads_from_the_address_to_the_name(t) {
        const page = await openProfile(t);
        await page.goto(t.site.url.replace('localhost', '127.0.0.1'));
        await page.waitForURL(`${t.site.url}/`);
        await page.goto(t.site.url.replace('localhost', '127.0.0.1') + '/login?return=%2Fprotected');
        await page.waitForURL(`${t.site.url}/login?**`);
    },
}, () => startSite(undefined, 'localhost'));
