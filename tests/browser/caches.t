// SPDX-License-Identifier: Apache-2.0
// What a browser keeps of a person's pages: the next one at it sees none of them.
const assert = require('node:assert/strict');
const { mkdirSync, readFileSync, utimesSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { chromium } = require('playwright-core');
const { openProfile, run, signInByPassword, startSite } = require('./browser.js');

const LONG_AGO = new Date('2020-01-01'); // what has not changed for years is fresh for months, as browsers guess

let log;

function more(folder) {
    const pages = join(folder, 'secret');
    mkdirSync(pages, { mode: 0o755, recursive: true }); // it is asked for more than once
    for (const name of ['one', 'two']) {
        writeFileSync(join(pages, `${name}.html`), `<title>${name}</title><h1>The secret of ${name}</h1>`, { mode: 0o644 });
        utimesSync(join(pages, `${name}.html`), LONG_AGO, LONG_AGO);
    }
    log = join(folder, 'demo/access.log');
    return `
AddType text/html .html
Alias /secret "${pages}"
<Directory "${pages}">
    Require all granted
</Directory>
<Location /secret>
    AuthType MPin
    MPinUnauthenticated auto
    Require valid-user
</Location>
<Location /secret/two.html>
    MPinReauthAfter 5s
</Location>
`;
}

const sees = (page) => page.evaluate(() => document.body.innerText);
const secret = /The secret of/;

async function signIn(page, t, path) {
    await page.goto(path);
    await signInByPassword(page, t.site);
    await page.getByRole('link', { name: 'Not now' }).click();
    await page.waitForURL(`**${path}`);
}

async function leave(page) {
    await page.goto('/logout');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/');
}

/** john signs in, looks around and leaves; the next person goes back, and types the address. */
async function nextUser(t, page) {
    await signIn(page, t, '/secret/one.html');
    assert.match(await sees(page), secret);
    await page.goto('/secret/two.html');
    await page.goto('/secret/one.html');
    assert.match(await sees(page), secret);
    await page.evaluate(() => localStorage.setItem('kept', 'yes'));
    await leave(page);
    for (let back = 0; back < 5; back++) {
        await page.goBack().catch(() => null);
        assert.doesNotMatch(await sees(page), secret, `${back + 1} times back`);
    }
    for (const name of ['one', 'two']) {
        await page.goto(`/secret/${name}.html`);
        assert.doesNotMatch(await sees(page), secret, 'the address typed again');
        assert.match(page.url(), /\/login/);
    }
    assert.equal(await page.evaluate(() => localStorage.getItem('kept')), 'yes', 'what else is stored stays');
}

run({
    async next_user_of_the_browser_sees_nothing_of_the_last(t) {
        await nextUser(t, await openProfile(t));
    },

    async nor_with_the_cache_of_whole_pages_that_people_have(t) {
        const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
            args: ['--headless', '--no-sandbox', '--disable-gpu'], ignoreDefaultArgs: ['--disable-back-forward-cache'] });
        try {
            await nextUser(t, await openProfile({ ...t, browser }));
        } finally {
            await browser.close();
        }
    },

    async a_page_that_has_not_changed_is_asked_for_and_costs_a_304(t) {
        const page = await openProfile(t);
        await signIn(page, t, '/secret/one.html');
        await page.goto('/protected');
        await page.goto('/secret/one.html');
        assert.match(await sees(page), secret);
        assert.match(readFileSync(log, 'utf8'), /"GET \/secret\/one\.html HTTP\/1\.1" 304/);
    },

    async after_MPinReauthAfter_the_browser_asks_again(t) {
        const page = await openProfile(t);
        await signIn(page, t, '/secret/two.html');
        assert.match(await sees(page), secret);
        await page.goto('/');
        await page.waitForTimeout(6000);
        await page.goto('/secret/two.html');
        assert.match(page.url(), /\/login/);
        assert.doesNotMatch(await sees(page), secret);
    },
}, () => startSite(more));
