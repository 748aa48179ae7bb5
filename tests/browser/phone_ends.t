// SPDX-License-Identifier: Apache-2.0
// A phone login that goes another way: the wrong number picked, the wrong PIN, cancelled, too late, one too many.
const assert = require('node:assert/strict');
const { alert, run, screen } = require('./browser.js');
const { aPhone, button, desktops, heading, loggedInAs, match, pick, pickAnother, scan, scanned, showCode, stopTime, tapPin } =
    require('./phones.js');

run({
    async a_wrong_pick_ends_the_code(t) {
        const { desktop, phone } = await scanned(t);
        await pickAnother(desktop, phone);
        await heading(phone, 'That is not its number');
        await heading(desktop, 'That code is over');
        await button(desktop, 'New code').click();
        await screen(desktop, 'phone');
        await button(phone, 'Type a number').tap();
        await screen(phone, 'mobile-number');
    },

    async none_of_the_three_cancels(t) {
        const { desktop, phone } = await scanned(t);
        await match(desktop);
        await button(phone, 'It shows none of these').tap();
        await heading(phone, 'Cancelled');
        await heading(desktop, 'Cancelled on the phone');
    },

    async the_phone_cancels_at_the_pin(t) {
        const { desktop, phone } = await scanned(t);
        await pick(desktop, phone);
        await screen(phone, 'enter');
        await button(phone, 'Cancel').tap();
        await heading(phone, 'Cancelled');
        await heading(desktop, 'Cancelled on the phone');
        await button(desktop, 'Back').click();
        await desktop.locator('#password-way').waitFor();
    },

    async the_computer_cancels(t) {
        const { desktop, phone } = await scanned(t);
        await match(desktop);
        await button(desktop, 'Cancel').click();
        await desktop.locator('#password-way').waitFor();
        await phone.locator('.mp-picks button').first().tap();
        await heading(phone, 'That code is over');
    },

    async a_computer_that_leaves_the_page_gives_its_code_up(t) {
        const { phone } = await aPhone(t);
        const desktop = await desktops(t);
        const codes = [];
        for (let i = 0; i < 7; i++) // more than an address may have
            codes.push(await showCode(desktop));
        await phone.goto(codes[0].qrUrl);
        await heading(phone, 'That code is over');
        await scan(phone, codes[6]);
    },

    async too_many_codes_are_said_and_counted_down(t) {
        const desktop = await desktops(t);
        await desktop.route('**/rps/getQrUrl', (route) => route.fulfill({ status: 429,
            json: { code: 'too_many_codes', retryAfter: 2 } }));
        await desktop.goto('/login');
        await desktop.locator('[data-to=phone]').filter({ visible: true }).click();
        await alert(desktop, /Again in [12] s/);
        await desktop.unroute('**/rps/getQrUrl');
        await button(desktop, 'New code').click();
        await screen(desktop, 'phone');
    },

    async the_code_runs_out_on_both_screens(t) {
        const { phone } = await aPhone(t);
        const desktop = await desktops(t);
        await stopTime(desktop);
        const code = await showCode(desktop);
        await desktop.clock.runFor(299_000);
        await desktop.getByRole('timer').filter({ hasText: '0:0' }).waitFor();
        await desktop.clock.runFor(4_000);
        await heading(desktop, 'That code is over');
        await phone.goto(code.qrUrl.replace(/.{32}$/, '0'.repeat(32))); // no computer shows this one
        await heading(phone, 'That code is over');
        await button(desktop, 'New code').click();
        await screen(desktop, 'phone');
    },

    async another_try_after_a_wrong_pin(t) {
        const { desktop, phone, name } = await scanned(t);
        await pick(desktop, phone);
        await tapPin(phone, '7392');
        await alert(phone, 'That PIN isn\'t right. 2 tries left.');
        await tapPin(phone, '7393');
        await alert(phone, '1 try left');
        await heading(desktop, `${name} is signing in…`);
        await tapPin(phone, '7391');
        await desktop.waitForURL('**/protected');
        await loggedInAs(desktop, name);
    },

    async the_third_wrong_pin_locks_the_phone_and_ends_the_code(t) {
        const { desktop, phone } = await scanned(t);
        await pick(desktop, phone);
        for (let i = 0; i < 3; i++)
            await tapPin(phone, '0001');
        await screen(phone, 'locked');
        await heading(desktop, 'Cancelled on the phone');
    },

    async two_computers_are_told_apart(t) {
        const { phone, name } = await aPhone(t);
        const [one, other] = [await desktops(t), await desktops(t)];
        const codes = [await showCode(one), await showCode(other)];
        await scan(phone, codes[1]);
        await pick(other, phone);
        await tapPin(phone, '7391');
        await loggedInAs(other, name);
        await heading(phone, 'Done');
        assert.equal(await one.locator('.mp-screen-phone').count(), 1, 'the other waits on');
        await scan(phone, codes[0]); // in the same tab: only what is behind the "#" differs
        await pick(one, phone);
        await tapPin(phone, '7391');
        await loggedInAs(one, name);
    },

    async a_second_phone_is_turned_away(t) {
        const { code, desktop, phone, name } = await scanned(t);
        const { phone: second } = await aPhone(t);
        await second.goto(code.qrUrl);
        await heading(second, 'Another phone has that code');
        await pick(desktop, phone);
        await tapPin(phone, '7391');
        await loggedInAs(desktop, name);
    },
});
