// SPDX-License-Identifier: Apache-2.0
// A passkey of somebody whom a trusted login has brought, in Chromium: it does without the provider until MPinTrustedMaxAge
// says that it has to be asked again, and the way from the passkey to the provider and back is one.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { join } = require('node:path');
const { openProfile, run, startSite } = require('./browser.js');
const { add, byPasskey, plugIn, withoutAutofill } = require('./keeper.js');

const modules = execFileSync('apxs', ['-q', 'LIBEXECDIR'], { encoding: 'utf8' }).trim();
const ANNA = { username: 'anna', password: 'anna-secret' };
const BOB = { username: 'bob', password: 'bob-secret' };

const start = () => startSite((folder) => {
    for (const [options, { username, password }] of /** @type {const} */ ([['-bcB', ANNA], ['-bB', BOB]]))
        execFileSync('htpasswd', [options, '-C', '4', join(folder, 'company-users'), username, password], { stdio: 'ignore' });
    return `
<IfModule !auth_basic_module>
LoadModule auth_basic_module ${modules}/mod_auth_basic.so
</IfModule>
MPinTrustedMaxAge 4s
MPinTrustedLogin corp /trusted/corp Basic "Company"
<Location /trusted/corp>
    SetHandler mpin-trusted-login
    AuthType Basic
    AuthName "Company"
    AuthBasicProvider file
    AuthUserFile "${folder}/company-users"
    Require valid-user
</Location>
<Location /keys-only>
    AuthType MPin
    MPinLoginMethods passkey
    Require valid-user
</Location>`;
}, 'localhost');

const signOut = async (page) => {
    await page.goto('/logout');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('still signed in at Company').waitFor();
};

run({
    async a_passkey_leads_to_the_provider_when_that_has_been_silent_for_long(t) {
        const page = await openProfile(t, { httpCredentials: ANNA });
        await plugIn(page);
        await page.addInitScript(withoutAutofill);
        const asked = [];
        page.on('request', (request) => request.url().includes('/trusted/corp') && asked.push(request.url()));
        await page.goto('/login/with/corp');
        await page.waitForURL('**/login?offer=1*');
        await page.goto('/account');
        await add(page);
        await signOut(page);
        await new Promise((resolve) => setTimeout(resolve, 6000));
        asked.length = 0;
        await page.goto('/login?return=/protected');
        await byPasskey(page);
        await page.waitForURL('**/login?offer=1*');
        assert.equal(asked.length > 0, true, 'the provider was asked');
        await page.goto('/protected');
        assert.equal(new URL(page.url()).pathname, '/protected', 'and the person is in');
        assert.match(await page.content(), /corp:anna/);
    },

    async a_provider_that_says_no_ends_the_way_of_a_passkey(t) {
        const before = await openProfile(t, { httpCredentials: BOB });
        const keeper = await plugIn(before);
        await before.addInitScript(withoutAutofill);
        await before.goto('/login/with/corp');
        await before.waitForURL('**/login?offer=1*');
        await before.goto('/account');
        await add(before);
        await signOut(before);
        const [credential] = await keeper.credentials();
        await new Promise((resolve) => setTimeout(resolve, 6000));
        const page = await openProfile(t, { httpCredentials: { ...BOB, password: 'no longer' } });
        const other = await plugIn(page);
        await page.addInitScript(withoutAutofill);
        await other.send('addCredential', { credential });
        await page.goto('/login?return=/protected');
        await byPasskey(page);
        await page.getByRole('heading', { name: 'Login failed!' }).waitFor();
        await page.goto('/protected');
        assert.equal(new URL(page.url()).pathname, '/login', 'nobody is in');
        t.problems.splice(0, t.problems.length, ...t.problems.filter((one) => !/401/.test(one)));
    },
}, start);
