// SPDX-License-Identifier: Apache-2.0
// "Check your mail" outlives its page: a reload, a tab that the phone dropped, a second mail.
const assert = require('node:assert/strict');
const { alert, choosePin, openProfile, run, screen, typePin } = require('./browser.js');
const { activate, enrolByMail, linkIn, nextMail, register, start } = require('./mail_site.js');
const { check } = require('./pictures.js');

/** A page that waits for its mail, on its way to /protected. */
async function waiting(t, name) {
    const page = await openProfile(t);
    await page.goto('/login?return=/protected');
    await page.fill('#mp-name', name);
    await page.keyboard.press('Enter');
    await screen(page, 'mail');
    return { page, number: await page.textContent('.mp-number') };
}

run({
    async a_reload_comes_back_to_the_same_number(t) {
        const { page, number } = await waiting(t, 'rudi@example.org');
        await page.reload();
        await screen(page, 'mail');
        assert.equal(await page.textContent('.mp-number'), number);
        await check(page, 'mail-reloaded');
        await activate(await openProfile(t), await nextMail('rudi@example.org', 0), number);
        await choosePin(page, '7391');
        await page.waitForURL(({ pathname }) => pathname === '/protected');
        assert.equal(await page.evaluate(() => localStorage.getItem('mpin-waiting')), null);
    },

    async a_tab_that_was_dropped_finds_it_activated(t) {
        const { page, number } = await waiting(t, 'dora@example.org');
        const address = page.url();
        await page.close();
        await activate(await openProfile(t), await nextMail('dora@example.org', 0), number);
        const again = await page.context().newPage();
        await again.goto(address);
        await screen(again, 'choose-pin');
        await typePin(again, '7391');
        await screen(again, 'confirm-pin');
        await again.reload(); // the secret is fetched when the PIN is there, and not before
        await choosePin(again, '7391');
        await again.waitForURL(({ pathname }) => pathname === '/protected');
    },

    async both_mails_work(t) {
        for (const which of [0, 1]) {
            const name = `both${which}@example.org`;
            const page = await openProfile(t);
            await page.clock.install();
            const { number } = await register(page, name);
            await page.clock.fastForward(31_000);
            await page.reload();
            await screen(page, 'mail');
            await page.clock.fastForward(31_000);
            await page.getByRole('button', { name: 'Send again' }).click();
            await page.getByText('Sent again.').waitFor();
            assert.equal(await page.textContent('.mp-number'), number);
            const second = await nextMail(name, 1);
            const mail = which ? second : await nextMail(name, 0);
            await activate(await openProfile(t), mail, number);
            await page.clock.fastForward(4_000);
            await screen(page, 'choose-pin');
            assert.ok(linkIn(mail));
        }
    },

    async another_address_ends_the_waiting(t) {
        const { page } = await waiting(t, 'wrong@example.org');
        await page.reload();
        await page.getByRole('button', { name: 'Wrong address?' }).click();
        await screen(page, 'add');
        await page.reload();
        await screen(page, 'add');
    },

    async who_has_a_pin_here_signs_in_while_another_name_waits(t) {
        const page = await enrolByMail(t, 'paula@example.org');
        await page.context().clearCookies();
        await page.goto('/login?return=/protected');
        await screen(page, 'enter');
        await page.getByRole('button', { name: 'change' }).click();
        await page.getByRole('button', { name: 'Set up a PIN for another name' }).click();
        await page.fill('#mp-name', 'anton@example.org');
        await page.keyboard.press('Enter');
        await screen(page, 'mail');
        await page.reload();
        await screen(page, 'mail');
        await page.getByRole('button', { name: 'change' }).waitFor();
        await check(page, 'mail-beside-a-pin');
        await page.getByRole('button', { name: 'change' }).click();
        await page.getByRole('button', { name: 'paula@example.org' }).click();
        await typePin(page, '7391');
        await page.waitForURL(({ pathname }) => pathname === '/protected');
        assert.match(await page.evaluate(() => localStorage.getItem('mpin-waiting')), /anton@example\.org/);
    },

    async back_from_choosing_a_pin_leads_out(t) {
        const { page, number } = await waiting(t, 'beate@example.org');
        await activate(await openProfile(t), await nextMail('beate@example.org', 0), number);
        await screen(page, 'choose-pin');
        await page.getByRole('button', { name: 'Back' }).click();
        await screen(page, 'add');
    },

    async a_registration_that_is_over_is_not_waited_for(t) {
        const { page } = await waiting(t, 'otto@example.org');
        await page.evaluate(() => localStorage.setItem('mpin-waiting',
            localStorage.getItem('mpin-waiting').replace(/"until":\d+/, `"until":${Date.now() - 1}`)));
        await page.reload();
        await screen(page, 'add');
    },

    async one_that_the_server_forgot_says_so_and_begins_anew(t) {
        const { page } = await waiting(t, 'lost@example.org');
        await page.evaluate(() => localStorage.setItem('mpin-waiting',
            localStorage.getItem('mpin-waiting').replace(/"regOTT":"../, '"regOTT":"00')));
        await page.reload();
        await alert(page, 'Please start again');
        await screen(page, 'add');
        assert.equal(await page.evaluate(() => localStorage.getItem('mpin-waiting')), null);
    },

    async a_browser_that_forgot_sets_up_again_by_mail(t) {
        const { page, number } = await waiting(t, 'fiona@example.org');
        await activate(await openProfile(t), await nextMail('fiona@example.org', 0), number);
        await choosePin(page, '7391');
        await page.waitForURL(({ pathname }) => pathname === '/protected');
        const cookies = await page.context().cookies();
        await page.context().clearCookies();
        await page.context().addCookies(cookies.filter(({ name }) => name.includes('known')));
        await page.goto('/mpin/icon.svg');
        await page.evaluate(() => new Promise((resolve) => {
            localStorage.clear();
            indexedDB.deleteDatabase('mpin').onsuccess = resolve;
        }));
        await page.goto('/login?return=/protected');
        await screen(page, 'forgotten');
        await page.getByText('fiona@example.org').waitFor();
        await check(page, 'forgotten');
        await page.getByRole('button', { name: 'Set up again' }).click();
        await screen(page, 'mail');
        const second = await page.textContent('.mp-number');
        const mails = [await nextMail('fiona@example.org', 1), await nextMail('fiona@example.org', 2)];
        await activate(await openProfile(t), mails.find(({ text }) => text.includes('holds for an hour')), second);
        await choosePin(page, '2846');
        await page.waitForURL(({ pathname }) => pathname === '/protected');
    },
}, start);
