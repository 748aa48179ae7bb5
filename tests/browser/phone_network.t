// SPDX-License-Identifier: Apache-2.0
// A phone login while server or network are slow or away, and who asks the server how often.
const assert = require('node:assert/strict');
const { alert, run, screen } = require('./browser.js');
const { aPhone, button, desktops, heading, loggedInAs, pick, scan, scanned, showCode, stopTime, tapPin } =
    require('./phones.js');

run({
    async a_busy_server_is_asked_again_with_the_same_proof(t) {
        const { desktop, phone, name } = await scanned(t);
        const sent = [];
        let refusals = 2;
        await phone.route('**/rps/authenticate', (route) => {
            sent.push(route.request().postData());
            return refusals-- > 0 ? route.fulfill({ status: 429, json: { code: 'busy', retryAfter: 1 } }) : route.continue();
        });
        await pick(desktop, phone);
        await tapPin(phone, '7391');
        await loggedInAs(desktop, name);
        await heading(phone, 'Done');
        assert.equal(sent.length, 3);
        assert.equal(new Set(sent).size, 1);
    },

    async the_phone_loses_its_network_and_goes_on(t) {
        const { desktop, phone, name } = await scanned(t);
        await pick(desktop, phone);
        await screen(phone, 'enter');
        await phone.route('**/rps/pass2', (route) => route.abort());
        await tapPin(phone, '7391');
        await screen(phone, 'offline');
        await phone.unroute('**/rps/pass2');
        await button(phone, 'Try again').tap();
        await screen(phone, 'mobile-computer');
        await pick(desktop, phone);
        await tapPin(phone, '7391');
        await loggedInAs(desktop, name);
    },

    async the_computer_loses_its_network_and_goes_on(t) {
        const { phone, name } = await aPhone(t);
        const desktop = await desktops(t);
        const code = await showCode(desktop);
        await desktop.route('**/rps/access', (route) => route.abort());
        await alert(desktop, 'Trying again…');
        await desktop.unroute('**/rps/access');
        await scan(phone, code);
        await pick(desktop, phone);
        await tapPin(phone, '7391');
        await loggedInAs(desktop, name);
    },

    async a_computer_that_is_told_to_wait_waits(t) {
        const desktop = await desktops(t);
        let asked = 0;
        await stopTime(desktop);
        await desktop.route('**/rps/access', (route) => {
            asked++;
            return route.fulfill({ status: 429, json: { code: 'throttled', retryAfter: 20 } });
        });
        await showCode(desktop);
        const answered = desktop.waitForResponse('**/rps/access');
        await desktop.clock.runFor(3_500);
        await answered;
        await desktop.clock.runFor(15_000);
        assert.equal(asked, 1);
        const again = desktop.waitForResponse('**/rps/access');
        await desktop.clock.runFor(6_000);
        await again;
        assert.equal(asked, 2);
        assert.equal(await desktop.locator('.mp-alert').textContent(), '', 'and says nothing');
    },

    async nobody_asks_while_nobody_looks(t) {
        const desktop = await desktops(t);
        let asked = 0;
        await stopTime(desktop);
        await desktop.route('**/rps/access', (route) => {
            asked++;
            return route.fulfill({ json: { status: 'new', statusCode: 0, userId: '', redirectURL: '', authOTT: '' } });
        });
        await showCode(desktop);
        const look = (hidden) => desktop.evaluate((value) => {
            Object.defineProperty(document, 'hidden', { value, configurable: true });
            document.dispatchEvent(new Event('visibilitychange'));
        }, hidden);
        await look(true);
        for (let i = 0; i < 50; i++)
            await desktop.clock.runFor(3_000); // each answer is waited for
        const before = asked;
        assert.ok(before > 3, 'for two minutes they do');
        await desktop.clock.runFor(30_000);
        assert.equal(asked, before);
        const again = desktop.waitForResponse('**/rps/access');
        await look(false);
        await again;
        assert.equal(asked, before + 1, 'and at once when somebody looks again');
    },
});
