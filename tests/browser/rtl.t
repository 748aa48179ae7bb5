// SPDX-License-Identifier: Apache-2.0
// Arabic from right to left, Japanese and Chinese: pages, pad, account and mails. Nothing is cut or out of order, keys stand as
// on phones, and every language has its fonts, lines and marks.
const assert = require('node:assert/strict');
const { join } = require('node:path');
const { code } = require('./authenticator.js');
const { openProfile, run, screen, typePin } = require('./browser.js');
const { check, pictures } = require('./pictures.js');
const { PASSWORD, startWhole, until, urls } = require('./whole_site.js');

const LANGUAGES = ['ar', 'ja', 'zh'];
const person = (language) => `${language}@example.org`;
const texts = Object.fromEntries(['en', ...LANGUAGES].map((language) => [language, require(`../../htdocs/texts/${language}.json`)]));
const start = () => startWhole(LANGUAGES.map(person), () => 'MPinTokens On\nMPinContact "help@example.org"');
const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

const open = (t, language, options = {}) => openProfile(t, { baseURL: urls['signed-in'], locale: language, ...options });

/** At the pad's offer, signed in by password. */
async function byPassword(t, language) {
    const page = await open(t, language);
    await page.goto('/login?return=/account');
    await page.waitForSelector('.mp-screen', { state: 'attached' });
    await page.fill('#username', person(language));
    await page.fill('#password', PASSWORD);
    await page.locator('#password-way button.primary').click();
    await screen(page, 'offer');
    return page;
}

/** The same with a PIN, at the account. */
async function withPin(t, language) {
    const page = await byPassword(t, language);
    await page.getByRole('button', { name: texts[language].pad_setup, exact: true }).click();
    await screen(page, 'choose-pin');
    await check(page, `${language}-choose-pin`);
    await typePin(page, '7391');
    await screen(page, 'confirm-pin');
    await typePin(page, '7391');
    await page.waitForURL(({ pathname }) => pathname === '/account');
    return page;
}

/** Whether the first place that has these signs shows them from left to right. */
const inOrder = (page, signs) => page.evaluate((signs) => {
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
        const at = node.data.search(new RegExp(signs));
        if (at < 0 || !node.parentElement.checkVisibility())
            continue;
        const found = node.data.slice(at).match(new RegExp(signs))[0];
        const left = [...found].map((_, i) => {
            const range = document.createRange();
            range.setStart(node, at + i);
            range.setEnd(node, at + i + 1);
            return range.getClientRects()[0];
        }).filter((box) => box?.width);
        return left.every((box, i) => !i || box.top > left[i - 1].top || box.left >= left[i - 1].left);
    }
    return `not there: ${signs}`;
}, signs);

const MOMENT = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d UTC`;
const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
const slanted = (page) => page.evaluate(() => [...document.querySelectorAll('body *')]
    .filter((one) => one.textContent.trim() && getComputedStyle(one).fontStyle !== 'normal').map((one) => one.outerHTML));

run({
    async a_login_in_arabic_runs_from_right_to_left_and_its_names_do_not(t) {
        const page = await open(t, 'ar');
        await page.goto('/login');
        await page.waitForSelector('.mp-screen', { state: 'attached' });
        assert.deepEqual(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir]), ['ar', 'rtl']);
        const way = (selector) => page.locator(selector).evaluate((one) => getComputedStyle(one).direction);
        assert.equal(await way('#username'), 'ltr');
        assert.equal(await way('.card'), 'rtl');
        await page.fill('#username', 'anna@example.org');
        await check(page, 'ar-login');
        const field = await page.locator('#password').boundingBox(), eye = await page.locator('.peek').boundingBox();
        assert.ok(eye.x < field.x + 60, 'the eye is at the end of the line');
        await page.fill('#password', 'wrong');
        await page.locator('#password-way button.primary').click();
        await page.getByRole('alert').filter({ hasText: texts.ar.wrong_password }).waitFor();
    },

    async keys_and_dots_stand_as_on_phones(t) {
        const page = await withPin(t, 'ar');
        await page.goto('/login?switch');
        await page.locator('[data-to=pin]').click();
        await screen(page, 'choose');
        await check(page, 'ar-choose');
        await page.goto('/logout');
        await check(page, 'ar-logout');
        await page.context().clearCookies();
        await page.goto('/login');
        await screen(page, 'enter');
        const keys = await page.locator('.mp-key').evaluateAll((all) => all.map((key) => [key.textContent, key.getBoundingClientRect()])
            .sort(([, a], [, b]) => a.top - b.top || a.left - b.left).map(([name]) => name));
        assert.deepEqual(keys.filter((name) => /^\d$/.test(name)), [...'1234567890']);
        await page.locator('.mp-field').focus();
        await page.keyboard.type('7');
        const dots = await page.locator('.mp-dot').evaluateAll((all) => all.map((dot) => [dot.getBoundingClientRect().x, dot.classList.contains('mp-on')]));
        assert.ok(dots[0][1] && dots[0][0] < dots[1][0], 'the first dot is the left one');
        await page.keyboard.press('Escape');
        assert.equal(await inOrder(page, 'ar@example'), true);
        await check(page, 'ar-enter');
        await typePin(page, '0001');
        await page.getByRole('alert').filter({ hasText: texts.ar.pad_wrong }).waitFor();
    },

    async the_account_in_arabic_keeps_names_dates_and_codes_in_order(t) {
        const page = await byPassword(t, 'ar');
        await page.goto('/account');
        await page.locator('#app-name').fill('My (old) phone!');
        await page.getByRole('button', { name: texts.ar.account.add_totp }).click();
        await check(page, 'ar-app');
        const secret = await page.textContent('#totp-secret');
        assert.equal(await inOrder(page, secret.slice(0, 9)), true);
        assert.equal(await page.locator('#code').evaluate((one) => getComputedStyle(one).direction), 'ltr');
        await page.fill('#code', await code(secret));
        await page.getByRole('button', { name: texts.ar.continue }).click();
        await page.getByRole('status').filter({ hasText: texts.ar.account.added }).waitFor();
        await page.getByRole('button', { name: texts.ar.codes.make }).click();
        await check(page, 'ar-codes');
        await page.getByRole('link', { name: texts.ar.codes.kept }).click();
        for (const signs of [MOMENT, String.raw`\d{4}-\d\d-\d\d`, String.raw`My \(old\) phone!`, '127\\.0\\.0\\.1', 'Chrome on Linux'])
            assert.equal(await inOrder(page, signs), true, signs);
        await check(page, 'ar-account');
        await page.context().clearCookies();
        await page.goto('/login?return=/vault/');
        await page.fill('#username', person('ar'));
        await page.fill('#password', PASSWORD);
        await page.locator('#password-way button.primary').click();
        await screen(page, 'offer');
        await page.getByRole('link', { name: texts.ar.pad_not_now, exact: true }).click();
        await page.locator('#code').waitFor();
        await check(page, 'ar-step');
    },

    async an_error_in_arabic_has_its_facts_in_order(t) {
        const page = await open(t, 'ar');
        await page.goto('/mpin/nothing-here');
        await page.getByRole('heading', { name: texts.ar.error['404'].title }).waitFor();
        for (const signs of [String.raw`MPIN\d{4}`, String.raw`\d\d:\d\d UTC`, 'help@example.org'])
            assert.equal(await inOrder(page, signs), true, signs);
        await check(page, 'ar-error');
        await page.goto('/m');
        await page.waitForSelector('.mp-screen:not(.mp-screen-loading)');
        await check(page, 'ar-mobile');
    },

    async a_pad_in_somebody_elses_page_writes_arabic_from_right_to_left(t) {
        const page = await open(t, 'en');
        await page.route('**/application', (route) => route.fulfill({ contentType: 'text/html',
            body: `<!doctype html><html lang="en"><head><title>An application</title><script src="/mpin.js"></script><script>
                new mpin({ targetElement: "holder", clientSettingsURL: "/rps/clientSettings", successLoginURL: "/", language: "ar" });
                </script></head><body><main><div id="holder"></div></main></body></html>` }));
        await page.goto('/application');
        const words = page.locator('.mp-text').first();
        await words.waitFor();
        const [first, last] = await words.evaluate((one) => {
            const node = document.createTreeWalker(one, NodeFilter.SHOW_TEXT).nextNode();
            return [0, node.data.length - 1].map((at) => {
                const range = document.createRange();
                range.setStart(node, at);
                range.setEnd(node, at + 1);
                return range.getBoundingClientRect();
            });
        });
        assert.ok(last.top > first.top || last.left < first.left, 'the full stop stands at the left end');
    },

    async mails_are_in_the_persons_language_and_direction(t) {
        for (const language of LANGUAGES) {
            if (!t.site.mails(person(language)).length)
                await withPin(t, language);
            const { added } = texts[language].mail;
            const subject = filled(added.subject, { title: 'Wiki' });
            const mail = await until(`the mail in ${language}`, () => t.site.mails(person(language)).find((one) => one.subject === subject));
            assert.deepEqual(mail.defects, []);
            assert.ok(mail.text.startsWith(texts[language].mail.hello));
            assert.ok(mail.text.includes(filled(added.text, { title: 'Wiki', user: person(language) })));
            assert.ok(mail.html.includes(`lang="${language}" dir="${language === 'ar' ? 'rtl' : 'ltr'}"`));
            const phone = await openProfile(t, { viewport: { width: 320, height: 640 } });
            await phone.setContent(mail.html);
            await phone.screenshot({ path: join(pictures, `${language}-mail-320.png`) });
            assert.ok(await fits(phone));
            for (const signs of [MOMENT, '127\\.0\\.0\\.1', person(language)])
                assert.equal(await inOrder(phone, signs), true, `${language}: ${signs}`);
        }
    },

    async a_mail_as_plain_text_begins_each_line_in_its_language(t) {
        const { text } = await until('a mail', () => t.site.mails(person('ar'))[0]);
        const lines = text.split('\n').filter((line) => line && !/^https?:|^--$|^Wiki/.test(line.trim()));
        for (const line of lines)
            assert.match(line, /^\p{Script=Arabic}/u);
    },

    async japanese_and_chinese_have_their_fonts_and_nothing_slanted_or_cut(t) {
        for (const [language, font] of [['ja', 'Hiragino Sans'], ['zh', 'PingFang SC']]) {
            const page = await withPin(t, language);
            await check(page, `${language}-account`);
            assert.ok((await page.evaluate(() => getComputedStyle(document.body).fontFamily)).includes(font));
            assert.deepEqual(await slanted(page), []);
            await page.context().clearCookies();
            await page.goto('/login');
            await screen(page, 'enter');
            assert.deepEqual(await slanted(page), []);
            await check(page, `${language}-enter`);
            await page.locator('[data-to=password]').filter({ visible: true }).click();
            await check(page, `${language}-login`);
        }
    },

    async who_reads_traditional_chinese_gets_chinese_and_chooses(t) {
        const page = await open(t, 'zh-TW');
        await page.goto('/login');
        await page.waitForSelector('.mp-screen', { state: 'attached' });
        assert.equal(await page.getAttribute('html', 'lang'), 'zh');
        await page.getByLabel(texts.zh.language).selectOption({ label: 'العربية' });
        await page.locator('html[lang=ar][dir=rtl]').waitFor({ state: 'attached' });
        await page.getByLabel(texts.ar.language).selectOption({ label: '日本語' });
        await page.locator('html[lang=ja][dir=ltr]').waitFor({ state: 'attached' });
    },
}, start);
