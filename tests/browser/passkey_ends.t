// SPDX-License-Identifier: Apache-2.0
// Passkeys in Chromium: where a ceremony does not end as it should, and where nobody has begun one.
const assert = require('node:assert/strict');
const { alert, openProfile, run, signInByPassword, signOut, startSite } = require('./browser.js');
const { add, byPasskey, byPin, faults, listen, newcomer, plugIn, signedIn, withoutAutofill } = require('./keeper.js');
const { until } = require('./program.js');

/** A place that takes nothing but a passkey. */
const only = (folder) => `
AliasMatch "^/only$" "${folder}/demo/site/protected.shtml"
<Location /only>
    AuthType MPin
    MPinUnauthenticated auto
    MPinLoginMethods passkey
    Require valid-user
</Location>
`;

/** In the page, before its own scripts: each ceremony is noted, how it was asked for and how it ended. */
const watchCeremonies = () => {
    window.ceremonies = [];
    for (const what of ['get', 'create']) {
        const asked = navigator.credentials[what].bind(navigator.credentials);
        navigator.credentials[what] = async (options) => {
            const ceremony = { what, how: options.mediation ?? 'modal', end: '' };
            window.ceremonies.push(ceremony);
            return asked(options).then((credential) => (ceremony.end = 'done', credential),
                (error) => { ceremony.end = error.name; throw error; });
        };
    }
};
const ceremonies = (page) => page.evaluate(() => window.ceremonies.map(({ what, how, end }) => `${how} ${what} ${end}`));

/** A person with a passkey, and a browser of theirs that has it and is signed in nowhere. */
async function withPasskey(t) {
    const { page, keeper, name } = await newcomer(t);
    await add(page);
    const [credential] = await keeper.credentials();
    const other = await openProfile(t);
    await other.addInitScript(watchCeremonies);
    const filler = await plugIn(other);
    return { page, name, credential, other, filler };
}

/** How often a page has asked what there is to sign. */
async function countAsked(page) {
    const count = { asked: 0 };
    await page.route('**/login/passkey', (route) => {
        count.asked++;
        return route.continue();
    });
    return count;
}

const remove = async (page) => {
    await page.getByRole('button', { name: 'Remove Passkey' }).click();
    await page.getByText('Removed.').waitFor();
};

run({
    async no_window_opens_by_itself_and_autofill_ends_before_another_ceremony(t) {
        const { other, filler, credential, name } = await withPasskey(t);
        await filler.send('setAutomaticPresenceSimulation', { enabled: false });
        await filler.send('addCredential', { credential });
        await other.goto('/login?return=%2Fprotected');
        await until('the autofill', async () => (await ceremonies(other)).length);
        await other.fill('#username', 'john');
        await other.fill('#password', 'wrong');
        await other.getByRole('button', { name: 'Sign in', exact: true }).click();
        await alert(other, 'That name or password');
        await until('the autofill', async () => (await ceremonies(other)).length);
        await other.waitForTimeout(300);
        assert.deepEqual(await ceremonies(other), ['conditional get '], 'after a wrong password, too');
        await filler.send('setAutomaticPresenceSimulation', { enabled: true });
        const verify = new Promise((held) => other.route('**/login/passkey/verify', held)); // so that the page stays
        await byPasskey(other);
        const route = await verify;
        assert.deepEqual(await ceremonies(other), ['conditional get AbortError', 'modal get done']);
        await route.continue();
        await other.waitForURL('**/protected');
        await signedIn(other, name);
    },

    async after_a_passkey_that_was_not_taken_autofill_offers_others(t) {
        const { page, other, filler, credential } = await withPasskey(t);
        await remove(page);
        await other.addInitScript(listen);
        const count = await countAsked(other);
        await filler.send('addCredential', { credential });
        await other.goto('/login');
        await alert(other, 'does not know this passkey');
        await until('the autofill once more', () => count.asked === 2);
        await until('its end', async () => (await ceremonies(other)).join() === 'conditional get done,conditional get done');
        await other.waitForTimeout(500);
        assert.equal(count.asked, 2, 'the same one again ends it');
    },

    async autofill_has_a_challenge_that_is_good(t) {
        const { other } = await withPasskey(t);
        await other.clock.install();
        const count = await countAsked(other);
        await other.goto('/login');
        for (const asked of [1, 2, 3]) {
            await until('a challenge', () => count.asked === asked);
            await until('the autofill', async () => (await ceremonies(other)).length === asked);
            await other.clock.fastForward(241_000);
        }
    },

    async one_ceremony_at_a_time(t) {
        const { page, keeper } = await newcomer(t);
        const key = page.getByRole('button', { name: 'Add a security key' });
        await keeper.send('setAutomaticPresenceSimulation', { enabled: false });
        await page.route('**/account/passkey', async (route) => {
            const response = await route.fetch();
            const { publicKey } = await response.json();
            route.fulfill({ response, json: { publicKey: { ...publicKey, timeout: 1500 } } });
        });
        await page.getByRole('button', { name: 'Add a passkey' }).click();
        await alert(page, 'Your browser asks you now');
        assert.ok(await key.isDisabled());
        await alert(page, 'No passkey was made');
        assert.ok(await key.isEnabled());
        await page.unroute('**/account/passkey');
        await keeper.send('setAutomaticPresenceSimulation', { enabled: true });
        await add(page);
    },

    async whatever_the_browser_says_is_told_in_plain_words(t) {
        const told = {
            NotAllowedError: 'No passkey was used', AbortError: 'No passkey was used', OperationError: 'No passkey was used',
            UnknownError: 'No passkey was used', NotReadableError: 'No passkey was used', SecurityError: "don't work at this address",
            NotSupportedError: "can't make a passkey", TypeError: "Can't reach M-Pin demo",
        };
        for (const [name, text] of Object.entries(told)) {
            const page = await openProfile(t);
            await page.addInitScript(withoutAutofill);
            await page.addInitScript((name) => navigator.credentials.get = async () => {
                throw name === 'TypeError' ? new TypeError('x') : new DOMException('x', name);
            }, name);
            await page.goto('/login');
            await byPasskey(page);
            await alert(page, text);
            assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Sign in with a passkey', 'and tried again by Enter');
        }
    },

    async the_last_passkey_that_is_removed_is_taken_from_the_browser(t) {
        const { page } = await newcomer(t);
        await add(page);
        const [{ ids, user }] = await page.evaluate(() => [{ ...document.getElementById('passkey-signals').dataset }]);
        assert.ok(ids);
        await page.evaluate(() => sessionStorage.heard = '[]');
        await remove(page);
        await until('the signals', () => page.evaluate(() => window.heard.length === 2));
        assert.deepEqual((await page.evaluate(() => window.heard))[0],
            { signal: 'signalAllAcceptedCredentials', rpId: 'localhost', userId: user, allAcceptedCredentialIds: [] });
    },

    async who_never_had_a_passkey_is_not_signalled(t) {
        const { page } = await newcomer(t);
        assert.deepEqual(await page.evaluate(() => window.heard), []);
    },

    async a_passkey_signs_in_where_somebody_else_is_signed_in(t) {
        const { name, other, filler, credential } = await withPasskey(t);
        await other.addInitScript(withoutAutofill);
        await other.goto('/login');
        await signInByPassword(other, t.site);
        await other.goto('/protected');
        await signedIn(other, t.site.user);
        const tab = await other.context().newPage();
        await tab.goto('/account');
        await filler.send('addCredential', { credential });
        await other.goto('/login?switch=1&return=%2Fprotected');
        await byPasskey(other);
        await other.waitForURL('**/protected');
        await signedIn(other, name);
        await plugIn(tab);
        await tab.getByRole('button', { name: 'Add a passkey' }).click(); // the page of who was signed in before
        await alert(tab, 'Load this page again');
        await other.goto('/account');
        await other.getByText('This is your only passkey').waitFor();
    },

    async anothers_passkey_is_no_second_step(t) {
        const { credential } = await withPasskey(t);
        const { page, keeper, name } = await newcomer(t);
        await add(page);
        await signOut(page);
        await byPin(page);
        const [own] = await keeper.credentials();
        await keeper.send('removeCredential', { credentialId: own.credentialId });
        await keeper.send('addCredential', { credential });
        await page.goto('/protected/strong');
        await page.getByRole('button', { name: 'Use a passkey' }).click();
        await alert(page, 'this device has none for M-Pin demo');
        await keeper.send('addCredential', { credential: { ...own, signCount: 9 } });
        await page.getByRole('button', { name: 'Use a passkey' }).click();
        await page.waitForURL('**/protected/strong');
        await signedIn(page, name);
    },

    async two_tabs_and_the_way_back(t) {
        const { other, filler, credential, name } = await withPasskey(t);
        await filler.send('addCredential', { credential });
        await other.addInitScript(withoutAutofill);
        await other.goto('/login?return=%2Fprotected');
        const tab = await other.context().newPage();
        await tab.addInitScript(withoutAutofill);
        await tab.goto('/login?return=%2Fprotected%2Fb');
        await (await plugIn(tab)).send('addCredential', { credential: { ...credential, signCount: 50 } });
        await other.bringToFront();
        await byPasskey(other);
        await other.waitForURL('**/protected');
        await tab.bringToFront();
        await byPasskey(tab);
        await tab.waitForURL('**/protected/b');
        await signedIn(tab, name);
        await tab.goBack();
        await tab.getByText(`signed in as ${name}`).waitFor();
    },

    async by_keyboard_alone(t) {
        const { other, filler, credential, name } = await withPasskey(t);
        await filler.send('addCredential', { credential });
        await other.addInitScript(withoutAutofill);
        await other.goto('/login?return=%2Fprotected');
        await other.locator('#username').waitFor();
        const at = () => other.evaluate(() => document.activeElement?.textContent);
        for (let tabs = 0; tabs < 12 && await at() !== 'Sign in with a passkey'; tabs++)
            await other.keyboard.press('Tab');
        await other.keyboard.press('Enter');
        await other.waitForURL('**/protected');
        await signedIn(other, name);
    },

    async a_place_for_passkeys_alone_leads_who_has_none_to_their_account(t) {
        const page = await openProfile(t);
        await page.addInitScript(() => delete window.PublicKeyCredential);
        await page.goto('/only');
        await page.getByText("This browser can't use passkeys here").waitFor();
        assert.equal(await page.getByRole('button', { name: 'Sign in with a passkey' }).count(), 0);
        assert.deepEqual(await faults(page), []);
        await page.getByRole('link', { name: 'Your account' }).click();
        await signInByPassword(page, t.site);
        await page.getByRole('link', { name: 'Not now' }).click();
        await page.waitForURL('**/account');

        const { page: next } = await newcomer(t);
        await next.goto('/only');
        await next.getByText('Have you no passkey yet, or lost it?').waitFor();
        for (const width of [320, 390, 1280]) {
            await next.setViewportSize({ width, height: 700 });
            assert.ok(await next.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `at ${width}`);
            assert.deepEqual(await faults(next), [], `at ${width}`);
        }
        await next.getByRole('link', { name: 'Your account' }).click();
        await add(next);
        await next.goto('/only'); // what was shown while it was added counts
        await next.waitForURL('**/only');
    },

    async a_lost_passkey_is_replaced_by_a_recovery_code(t) {
        const { page, keeper } = await newcomer(t);
        await add(page);
        await page.getByRole('button', { name: 'Make recovery codes' }).click();
        const [code] = await page.locator('#codes code').allInnerTexts();
        const [lost] = await keeper.credentials();
        await keeper.send('removeCredential', { credentialId: lost.credentialId });
        await signOut(page);
        await byPin(page);
        await page.goto('/account');
        await page.getByRole('link', { name: "Confirm that it's you" }).click();
        assert.equal(await page.getByLabel('Recovery code').count(), 0, 'a code is not what is asked for first');
        await page.getByRole('button', { name: 'Use a passkey' }).click();
        await alert(page, 'No passkey was used');
        await page.getByRole('link', { name: 'Use a recovery code' }).click();
        await page.getByLabel('Recovery code').fill(code);
        await page.getByRole('button', { name: 'Continue' }).click();
        await page.waitForURL('**/account');
        await remove(page);
        await add(page);
        assert.notEqual((await keeper.credentials())[0].credentialId, lost.credentialId);
    },

    async the_demo_leads_from_the_front_page_to_a_passkey(t) {
        const { page, name } = await newcomer(t);
        await page.goto('/');
        await page.getByRole('link', { name: 'A page that wants a passkey, too' }).click();
        await page.getByRole('button', { name: 'Set up a passkey' }).click();
        await page.waitForURL('**/protected/strong');
        await signedIn(page, name);
    },
}, () => startSite(only, 'localhost'));
