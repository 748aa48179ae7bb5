// SPDX-License-Identifier: Apache-2.0
// Every language in the narrowest window: the login page, two screens of the pad and /account say the catalogue's words, nothing is
// wider than the window or cut off, axe-core finds nothing; and the foot calls each language by its own name.
const assert = require('node:assert/strict');
const { mkdirSync, readdirSync } = require('node:fs');
const { join } = require('node:path');
const { findings, openProfile, root, run, screen, signInByPassword, startSite } = require('./browser.js');
const { pictures } = require('./pictures.js');

const NAMES = {
    en: 'English',
    de: 'Deutsch',
    fr: 'Français',
    es: 'Español',
    it: 'Italiano',
    nl: 'Nederlands',
    pl: 'Polski',
    pt: 'Português',
    ja: '日本語',
    zh: '中文',
    ar: 'العربية',
};
const NARROW = { viewport: { width: 320, height: 800 }, reducedMotion: 'reduce' };
const TITLE = 'Wiki';

const start = () => startSite(() => `
MPinTitle ${TITLE}
MPinTOTP ${TITLE}
MPinTokens On
`);

const catalogue = (language) => require(join(root, `htdocs/texts/${language}.json`));
const titled = (text) => text.replace('{title}', TITLE);

/** What is seen only in part: its words are wider than its box. */
const cut = () => [...document.querySelectorAll('h1, h2, p, a, button, label, summary, small, strong, option')]
    .filter((one) => one.checkVisibility() && getComputedStyle(one).display !== 'inline' && one.clientWidth > 1)
    .filter((one) => one.scrollWidth > one.clientWidth + 1)
    .map((one) => one.outerHTML.slice(0, 200));

async function fits(page, name) {
    mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: join(pictures, `language-${name}-320.png`), fullPage: true });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} is wider than the window`);
    assert.deepEqual(await page.evaluate(cut), [], name);
    assert.deepEqual(await findings(page), [], name);
}

/** The page in another language, as a browser asks for it that knows a country, too. */
async function speak(page, language, place) {
    await page.setExtraHTTPHeaders({ 'Accept-Language': `xx, ${language}-BR;q=0.9, en;q=0.1` });
    await page.goto(place);
    assert.equal(await page.getAttribute('html', 'lang'), language);
}

let stranger, john;
const problems = [];

/** Somebody who is not signed in, and john, who is: the same two for all languages. */
async function people(t) {
    const lasting = { ...t, contexts: [], problems };
    stranger ??= await openProfile(lasting, NARROW);
    if (john)
        return;
    john = await openProfile(lasting, NARROW);
    await john.goto('/login');
    await signInByPassword(john, t.site);
    await screen(john, 'offer');
}

async function inLanguage(t, language) {
    const texts = catalogue(language);
    await people(t);

    await speak(stranger, language, '/login');
    await stranger.waitForSelector('.mp-screen', { state: 'attached' });
    await stranger.getByRole('heading', { name: titled(texts.sign_in_to), exact: true }).waitFor();
    await fits(stranger, `${language}-login`);
    await stranger.locator('[data-to=pin]').click();
    await stranger.getByLabel(texts.pad_name, { exact: true }).waitFor();
    await fits(stranger, `${language}-pad`);
    await stranger.fill('#mp-name', `${language}@example.org`);
    await stranger.getByRole('button', { name: texts.pad_continue, exact: true }).click();
    await stranger.getByRole('heading', { name: texts.pad_choose, exact: true }).waitFor();
    await stranger.getByText(texts.pad_choose_hint.replace('{n}', texts.pad_n4), { exact: true }).waitFor();
    await fits(stranger, `${language}-choose`);

    await speak(john, language, '/account');
    await john.getByRole('heading', { level: 1, name: texts.account.title, exact: true }).waitFor();
    for (const title of [texts.devices.title, texts.account.steps, texts.tokens.title, texts.sessions.title])
        await john.getByRole('heading', { level: 2, name: title, exact: true }).waitFor();
    await fits(john, `${language}-account`);
    assert.deepEqual(problems.splice(0), []);
}

run({
    async the_foot_calls_each_language_by_its_own_name(t) {
        const written = readdirSync(join(root, 'htdocs/texts')).map((name) => name.slice(0, -5));
        assert.deepEqual(Object.keys(NAMES).sort(), written.sort());
        await people(t);
        await speak(stranger, 'en', '/login');
        const names = await stranger.getByLabel('Language').locator('option').allInnerTexts();
        assert.deepEqual(names.sort(), Object.values(NAMES).sort());
    },
    ...Object.fromEntries(Object.keys(NAMES).map((language) =>
        [`${language}_in_the_narrowest_window`, (t) => inLanguage(t, language)])),
}, start);
