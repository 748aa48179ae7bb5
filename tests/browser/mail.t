// SPDX-License-Identifier: Apache-2.0
// Registration by mail, with a real SMTP server: the mailbox is read back, links are followed in other browsers.
const assert = require('node:assert/strict');
const { alert, choosePin, openProfile, run, screen, signOut, typePin } = require('./browser.js');
const { activate, enrolByMail, inside, linkIn, mails, nextMail, register, start, url } = require('./mail_site.js');

run({
    async a_person_registers_by_mail_and_the_pad_goes_on_by_itself(t) {
        const page = await openProfile(t), phone = await openProfile(t);
        const { mail, number } = await register(page, 'anna@example.org');
        assert.equal(mail.from, 'wiki@example.org');
        assert.equal(mail.subject, 'Set up your PIN for Wiki');
        assert.equal(mail.type, 'multipart/alternative');
        assert.deepEqual(mail.defects, []);
        assert.ok(linkIn(mail).startsWith(url));
        assert.ok(mail.html.includes(linkIn(mail)) && mail.text.includes('Questions? Ask the help desk.'));
        assert.ok(!JSON.stringify(mail).includes(number.replace(' ', '')), 'the number is not in the mail');
        await activate(phone, mail, number);
        await phone.getByRole('heading', { name: 'Done.' }).waitFor();
        await choosePin(page, '7391');
        await inside(page);

        const told = await nextMail('anna@example.org', 1);
        assert.equal(told.subject, 'A device was added at Wiki');
        await signOut(page);
        await page.goto('/login?return=/protected');
        await typePin(page, '7391');
        await inside(page);
    },

    async activation_link_alone_does_not_activate_a_strangers_device(t) {
        const stranger = await openProfile(t), owner = await openProfile(t);
        const { mail } = await register(stranger, 'bert@example.org');
        await owner.goto(linkIn(mail));
        await owner.getByText('Somebody, hopefully you').waitFor();
        for (const wrong of ['000001', '000002', '000003', '000004']) {
            await owner.fill('#number', wrong);
            await owner.getByRole('button', { name: 'Yes, go on' }).click();
            await alert(owner, 'That is not the number');
        }
        await owner.fill('#number', '000005');
        await owner.getByRole('button', { name: 'Yes, go on' }).click();
        await owner.getByText('MPIN0078').waitFor();
        await screen(stranger, 'add'); // its registration is gone
    },

    async the_same_browser_needs_no_number(t) {
        const page = await openProfile(t);
        const { mail } = await register(page, 'cleo@example.org');
        const tab = await page.context().newPage();
        await tab.goto(linkIn(mail));
        assert.equal(await tab.locator('#number').count(), 0);
        await tab.getByRole('button', { name: 'Yes, go on' }).click();
        await tab.getByRole('heading', { name: 'Done.' }).waitFor();
        await choosePin(page, '7391');
        await inside(page);
    },

    async a_forgotten_pin_is_set_anew_by_mail_and_the_old_one_ends(t) {
        const page = await enrolByMail(t, 'dora@example.org'), phone = await openProfile(t);
        await nextMail('dora@example.org', 1);
        await signOut(page);
        await page.goto('/login?return=/protected');
        await page.getByRole('button', { name: 'Forgot PIN?' }).click();
        await screen(page, 'mail');
        await activate(phone, await nextMail('dora@example.org', 2), await page.textContent('.mp-number'));
        await choosePin(page, '8264');
        await inside(page);
        assert.equal((await nextMail('dora@example.org', 3)).subject, 'You have a new PIN at Wiki');
        await signOut(page);
        await page.goto('/login?return=/protected');
        await typePin(page, '8264');
        await inside(page);
    },

    async not_me_withdraws_the_device_and_signs_it_out(t) {
        const page = await enrolByMail(t, 'emil@example.org'), owner = await openProfile(t);
        await owner.goto(linkIn(await nextMail('emil@example.org', 1)));
        assert.ok((await page.goto('/protected')).status() !== 401); // looking changes nothing
        await owner.getByRole('button', { name: 'It wasn\'t me' }).click();
        await owner.getByRole('heading', { name: 'The device\'s access is withdrawn.' }).waitFor();
        await page.goto('/protected');
        await screen(page, 'withdrawn'); // without a PIN
        assert.equal((await nextMail('emil@example.org', 2)).subject, 'A device\'s access was withdrawn at Wiki');
    },

    async a_second_device_of_the_same_mailbox_leaves_the_first_alone(t) {
        const first = await enrolByMail(t, 'fred@example.org');
        await nextMail('fred@example.org', 1);
        await enrolByMail(t, 'fred@example.org', '2846', 2);
        await signOut(first);
        await first.goto('/login?return=/protected');
        await typePin(first, '7391');
        await inside(first);
    },

    async another_domain_is_told_so_and_a_wrong_address_can_be_mended(t) {
        const page = await openProfile(t);
        await page.goto('/login');
        await page.fill('#mp-name', 'gina@example.com');
        await page.getByRole('button', { name: 'Continue' }).click();
        await alert(page, 'You can\'t sign in here');
        await page.fill('#mp-name', 'gina@example.org');
        await page.getByRole('button', { name: 'Continue' }).click();
        await screen(page, 'mail');
        assert.equal(await page.getByRole('button', { name: 'Send again in' }).isDisabled(), true);
        await page.getByRole('button', { name: 'Wrong address?' }).click();
        await screen(page, 'add');
        assert.deepEqual(mails('gina@example.com'), []);
    },

    async three_mails_an_hour_and_the_fourth_waits(t) {
        for (let i = 0; i < 3; i++)
            await register(await openProfile(t), 'hugo@example.org', i);
        const page = await openProfile(t);
        await page.goto('/login');
        await page.fill('#mp-name', 'hugo@example.org');
        await page.getByRole('button', { name: 'Continue' }).click();
        await alert(page, 'This mailbox has had several mails.');
    },
}, start);
