// SPDX-License-Identifier: Apache-2.0
// Every state of a registration by mail: pictures, languages, the keyboard, and what happens while the pad waits.
const assert = require('node:assert/strict');
const { join } = require('node:path');
const { alert, choosePin, openProfile, run, screen } = require('./browser.js');
const { read } = require('./ear.js');
const { activate, enrolByMail, linkIn, logged, mails, nextMail, register, start, url } = require('./mail_site.js');
const { check, pictures } = require('./pictures.js');

const LONG = 'a.person.with.a.very.long.name@example.org';
const numbers = []; // that were to be typed

async function waiting(t, name, options) {
    const page = await openProfile(t, options);
    await page.goto('/login?return=/protected');
    await page.fill('#mp-name', name);
    await page.keyboard.press('Enter');
    await screen(page, 'mail');
    const number = await page.textContent('.mp-number');
    numbers.push(number, number.replace(' ', ''));
    return { page, number, mail: await nextMail(name, 0) };
}

run({
    async the_pad_and_the_page_behind_the_link(t) {
        const { page, number, mail } = await waiting(t, LONG);
        await check(page, 'mail-waiting');
        const phone = await openProfile(t);
        await phone.goto(linkIn(mail));
        await check(phone, 'activate');
        await phone.fill('#number', '000 000');
        await phone.locator('button.primary').click();
        await alert(phone, 'That is not the number');
        await check(phone, 'activate-wrong');
        await activate(phone, mail, number);
        await phone.getByRole('heading', { name: 'Done.' }).waitFor();
        await check(phone, 'activate-done');
    },

    async a_mail_fits_a_phone_whatever_the_name(t) {
        const { mail } = await waiting(t, `m.${LONG}`);
        const phone = await openProfile(t, { viewport: { width: 320, height: 640 } });
        await phone.setContent(mail.html);
        await phone.screenshot({ path: join(pictures, 'mail-320.png') });
        assert.ok(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    },

    async not_me(t) {
        await enrolByMail(t, 'nora@example.org');
        const owner = await openProfile(t);
        await owner.goto(linkIn(await nextMail('nora@example.org', 1)));
        await check(owner, 'not-me');
        await owner.getByRole('button', { name: 'It wasn\'t me' }).click();
        await owner.getByRole('heading', { name: 'withdrawn' }).waitFor();
        await check(owner, 'not-me-done');
    },

    async each_state_of_a_mail_is_heard(t) {
        const { page, number, mail } = await waiting(t, 'heda@example.org');
        await read(page, 'the pad', 'heading "Check your mail"', new RegExp(`type ${number}`), 'button "Wrong address?"');
        const phone = await openProfile(t);
        await phone.goto(linkIn(mail));
        const field = 'textbox "The six digits that the other device shows"';
        await read(phone, 'the link', 'heading "Set up a PIN for heda@example.org?"', field, 'button "Yes, go on"');
        await phone.fill('#number', '000 000');
        await phone.locator('button.primary').click();
        await alert(phone, 'That is not the number');
        await read(phone, 'the link', field, /alert:\s+- paragraph: That is not the number\./);
        await activate(phone, mail, number);
        await phone.getByRole('heading', { name: 'Done.' }).waitFor();
        await read(phone, 'activated', 'heading "Done."', 'status: Choose your PIN on the device where you began.', 'link "Go to Wiki"');
        await choosePin(page, '7391');
        await page.waitForURL('**/protected');
        await phone.goto(linkIn(await nextMail('heda@example.org', 1)));
        await read(phone, 'not me', 'heading "Is this device not yours?"', /button "It wasn'+t me: withdraw its access"/);
        await phone.locator('button.primary').click();
        await phone.getByRole('heading', { name: 'withdrawn' }).waitFor();
        await read(phone, 'withdrawn', /heading "The device.s access is withdrawn\."/, /status: It can.t sign in any more/);
    },

    async by_keyboard_alone(t) {
        const { page, number, mail } = await waiting(t, 'kim@example.org');
        const phone = await openProfile(t);
        await phone.goto(linkIn(mail));
        await phone.keyboard.type(number);
        await phone.keyboard.press('Enter');
        await phone.getByRole('heading', { name: 'Done.' }).waitFor();
        await choosePin(page, '7391');
        await page.waitForURL('**/protected');
    },

    async page_and_mail_speak_the_persons_language(t) {
        for (const locale of ['de', 'fr', 'es', 'pl']) {
            const texts = require(`../../htdocs/texts/${locale}.json`);
            const english = require('../../htdocs/texts/en.json');
            const { page, mail } = await waiting(t, `${locale}@example.org`, { locale });
            await page.getByRole('heading', { name: texts.pad_mail }).waitFor();
            await check(page, `mail-waiting-${locale}`);
            const said = texts.mail.activate;
            assert.notEqual(said.subject, english.mail.activate.subject);
            assert.equal(mail.subject, said.subject.replace('{title}', 'Wiki'));
            assert.ok(mail.text.includes(said.button) && mail.html.includes(`lang="${locale}"`));
            const phone = await openProfile(t, { locale });
            await phone.goto(linkIn(mail));
            await phone.getByRole('heading', { name: texts.activate.title.split('{')[0] }).waitFor();
            await check(phone, `activate-${locale}`);
        }
    },

    async milagros_constructor_waits_for_the_mail_too(t) {
        const page = await openProfile(t);
        await page.route('**/application', (route) => route.fulfill({ contentType: 'text/html',
            body: `<!doctype html><html lang="en"><head><title>An application</title><script src="/mpin.js"></script><script>
                new mpin({ targetElement: "holder", clientSettingsURL: "/rps/clientSettings", successLoginURL: "/protected" });
                </script></head><body><main><div id="holder"></div></main></body></html>` }));
        await page.goto('/application');
        await page.fill('#mp-name', 'clara@example.org');
        await page.getByRole('button', { name: 'Continue' }).click();
        await screen(page, 'mail');
        const number = await page.textContent('.mp-number');
        await activate(await openProfile(t), await nextMail('clara@example.org', 0), number);
        await choosePin(page, '7391');
        await page.waitForURL('**/protected');
    },

    async a_pad_that_was_offline_goes_on_afterwards(t) {
        const { page, number, mail } = await waiting(t, 'olga@example.org');
        await page.context().setOffline(true);
        const failed = page.waitForEvent('requestfailed');
        await activate(await openProfile(t), mail, number);
        await failed;
        assert.equal(await page.locator('.mp-screen-mail').count(), 1);
        await page.context().setOffline(false);
        await choosePin(page, '7391');
    },

    async a_registration_that_is_over_says_so_and_leads_on(t) {
        const { page, mail } = await waiting(t, 'rita@example.org');
        const stranger = await openProfile(t);
        for (let i = 1; i <= 5; i++) { // wrong numbers, and it is removed
            await activate(stranger, mail, `00000${i}`);
            await stranger.getByText(i < 5 ? 'That is not the number' : 'MPIN0078').waitFor();
        }
        await check(stranger, 'activate-over');
        await screen(page, 'add');
        await page.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
        await check(page, 'mail-over');
    },

    async send_again_sends_the_same_link(t) {
        const page = await openProfile(t);
        await page.clock.install();
        const { mail, number } = await register(page, 'sara@example.org');
        const again = page.getByRole('button', { name: 'Send again' });
        assert.equal(await again.isDisabled(), true);
        await page.clock.fastForward(31_000);
        await again.click();
        await page.getByText('Sent again.').waitFor();
        assert.equal(linkIn(await nextMail('sara@example.org', 1)), linkIn(mail));
        assert.equal(await page.textContent('.mp-number'), number);
        await check(page, 'mail-sent-again');
    },

    async no_line_of_the_log_has_an_address_a_token_or_a_number() {
        const log = logged(), all = mails('@example.org');
        assert.ok(log.includes('MPIN') && all.length > 8);
        for (const secret of [...numbers, ...all.flatMap(({ to }) => to), ...all.filter(({ text }) => text.includes(url + '/mpinActivate'))
            .map((mail) => linkIn(mail).split('=')[1])])
            assert.ok(!log.includes(secret), `the log has ${secret}`);
    },
}, start);
