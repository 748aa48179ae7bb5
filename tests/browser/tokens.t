// SPDX-License-Identifier: Apache-2.0
// Tokens for programs as people make them: by keyboard, in small windows, in the dark, without script; and that a browser is
// never asked by a dialog where a program is asked by Basic.
const assert = require('node:assert/strict');
const { openProfile, run, signInByPassword, startSite } = require('./browser.js');
const { check } = require('./pictures.js');

const start = () => startSite(() => `
MPinTokens On
<Location /files>
    AuthType MPin
    MPinLoginMethods pin password token
    Require valid-user
</Location>
<Location /machines>
    AuthType MPin
    MPinLoginMethods token
    Require valid-user
</Location>
`);

/** Somebody at /account, who has just signed in. */
async function atAccount(t, options) {
    const page = await openProfile(t, options);
    await page.goto('/login');
    await signInByPassword(page, t.site);
    await page.waitForURL((url) => url.pathname !== '/login' || url.searchParams.has('offer'));
    await page.goto('/account');
    return page;
}

const section = (page) => page.locator('section', { has: page.getByRole('heading', { name: 'Tokens for programs' }) });

/** What a program gets that sends this. */
const ask = (t, path, token) => fetch(`${t.site.url}${path}`, { headers: { Authorization: `Bearer ${token}`, 'User-Agent': 'curl/8' } });

run({
    async a_token_is_made_by_keyboard_shown_once_and_removed(t) {
        const page = await atAccount(t);
        await check(page, 'tokens-none');
        await section(page).getByLabel("What it's for", { exact: false }).focus();
        await page.keyboard.type('git on my laptop');
        await page.keyboard.press('Tab');
        await page.keyboard.press('ControlOrMeta+a');
        await page.keyboard.type('30');
        await page.keyboard.press('Tab'); // "Limit what it may do"
        await page.keyboard.press('Enter');
        await page.keyboard.press('Tab');
        await page.keyboard.type('/files');
        await check(page, 'tokens-form');
        await section(page).getByLabel("Only for these paths", { exact: false }).press('Enter');
        await page.getByRole('heading', { name: 'Your new token' }).waitFor();
        const token = await page.locator('#new-token').innerText();
        assert.match(token, /^mpin_[\w-]{43}$/);
        await check(page, 'tokens-new');
        assert.equal((await ask(t, '/files/', token)).status !== 401, true, 'a program comes in');
        await page.getByRole('link', { name: 'I have copied it' }).click();
        await page.getByText('Your new token is ready.').waitFor();
        assert.match(await section(page).innerText(), /git on my laptop[\s\S]*good until[\s\S]*only for \/files/);
        assert.ok(!(await page.content()).includes(token));
        await check(page, 'tokens-some');
        await page.getByRole('button', { name: 'Remove git on my laptop' }).press('Enter');
        await page.getByText("Removed. That program can't come in with it any more.").waitFor();
        assert.equal((await ask(t, '/files/', token)).status, 401);
    },

    async all_of_it_works_without_script(t) {
        const page = await atAccount(t, { javaScriptEnabled: false, viewport: { width: 320, height: 800 } });
        await page.locator('#token-name').fill('backup');
        await section(page).getByRole('button', { name: 'Make a token' }).click();
        assert.match(await page.locator('#new-token').innerText(), /^mpin_/);
        assert.equal(await page.getByRole('button', { name: 'Copy' }).isVisible(), false);
        await page.getByRole('link', { name: 'I have copied it' }).click();
        assert.match(await section(page).innerText(), /backup/);
    },

    async what_is_wrong_is_said(t) {
        const page = await atAccount(t);
        await page.locator('#token-name').fill('wrong');
        await section(page).getByText('Limit what it may do').click();
        await page.locator('#token-paths').fill('files');
        await section(page).getByRole('button', { name: 'Make a token' }).click();
        await page.getByRole('status').filter({ hasText: 'each begins with a /' }).waitFor();
    },

    async a_page_is_asked_by_no_dialog(t) {
        const page = await openProfile(t);
        await page.goto('/login');
        t.problems.length = 0;
        const answer = await page.evaluate(async () => {
            const response = await fetch('/files/x');
            return { status: response.status, asks: response.headers.get('WWW-Authenticate') };
        });
        assert.equal(answer.status, 401);
        assert.match(answer.asks ?? '', /^MPin /);
        t.problems.length = 0; // the console's word for a 401
        await page.goto('/machines/x');
        await page.getByRole('heading', { name: 'For programs only' }).waitFor();
        await check(page, 'tokens-only');
        t.problems.length = 0;
    },
}, start);
