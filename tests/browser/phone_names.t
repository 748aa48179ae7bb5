// SPDX-License-Identifier: Apache-2.0
// Whom a phone signs in: one of several names, another than was announced, one that is set up there.
const assert = require('node:assert/strict');
const { choosePin, enrol, run, screen, signInByPassword } = require('./browser.js');
const { aPhone, button, desktops, heading, loggedInAs, match, phones, pick, scan, scanned, showCode, tapPin } =
    require('./phones.js');

run({
    async whoever_has_several_names_chooses_one(t) {
        const { phone } = await aPhone(t);
        await enrol(phone, 'zoe', '7391');
        const desktop = await desktops(t);
        await scan(phone, await showCode(desktop));
        await pick(desktop, phone);
        await screen(phone, 'choose');
        await button(phone, 'zoe').tap();
        await heading(desktop, 'zoe is signing in…');
        await tapPin(phone, '7391');
        await loggedInAs(desktop, 'zoe');
    },

    async another_user_than_announced_is_asked_about_before_it_signs_in(t) {
        const { desktop, phone, name } = await scanned(t);
        await phone.route('**/codeStatus', (route) => {
            const said = route.request().postDataJSON();
            return route.continue({ postData: JSON.stringify({ ...said, userId: said.userId && 'boss' }) });
        });
        await pick(desktop, phone);
        await heading(desktop, 'boss is signing in…');
        await tapPin(phone, '7391');
        await heading(desktop, `Sign in as ${name}?`);
        assert.match(desktop.url(), /\/login/);
        await button(desktop, `Sign in as ${name}`).click();
        await loggedInAs(desktop, name);
        await heading(phone, 'Done');

        await phone.unroute('**/codeStatus');
    },

    async and_may_be_refused(t) {
        const { desktop, phone, name } = await scanned(t);
        await phone.route('**/codeStatus', (route) => {
            const said = route.request().postDataJSON();
            return route.continue({ postData: JSON.stringify({ ...said, userId: said.userId && 'boss' }) });
        });
        await pick(desktop, phone);
        await tapPin(phone, '7391');
        await heading(desktop, `Sign in as ${name}?`);
        await button(desktop, 'Cancel').click();
        await heading(phone, 'That code is over');
        await desktop.goto('/protected');
        await heading(desktop, 'Sign in to');
    },

    async a_name_that_is_markup_is_shown_as_text(t) {
        const evil = '<img src=x onerror=alert(1)>';
        const desktop = await desktops(t);
        // Our server takes no such name: one that does is played here.
        await desktop.route('**/rps/access', (route) => route.fulfill({ json: { status: 'user', statusCode: 0,
            userId: evil, redirectURL: '', authOTT: '' } }));
        await showCode(desktop);
        await heading(desktop, `${evil} is signing in…`);
        assert.equal(await desktop.locator('.mp img').count(), 0);
        await desktop.route('**/rps/access', (route) => route.fulfill({ json: { status: 'authenticate', statusCode: 0,
            userId: 'anna', provenUserId: evil, redirectURL: '', authOTT: '00' } }));
        await heading(desktop, `Sign in as ${evil}?`);
        assert.equal(await desktop.locator('.mp img').count(), 0);
        const refused = await desktop.evaluate(async () => {
            const settings = await (await fetch('/rps/clientSettings')).json();
            const { accessNumber } = await (await fetch(settings.getAccessNumberURL, { method: 'POST' })).json();
            return (await fetch(settings.codeStatusURL, { method: 'POST', headers: { 'Content-Type': 'application/json' },
                body: JSON.stringify({ status: 'user', wid: accessNumber, userId: '<img src=x onerror=alert(1)>' }) })).status;
        });
        assert.equal(refused, 400);
    },

    async a_picture_that_is_no_qr_code_is_not_drawn(t) {
        for (const qrSvg of ['<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', '<p>no</p>', 'x',
            '<svg xmlns="http://www.w3.org/2000/svg"><foreignObject><img xmlns="http://www.w3.org/1999/xhtml" src="x"/></foreignObject></svg>',
            '<svg xmlns="http://www.w3.org/2000/svg"><path onload="alert(1)" d="M0 0"/><image href="/x"/></svg>']) {
            const desktop = await desktops(t);
            await desktop.route('**/rps/getQrUrl', async (route) => {
                const response = await route.fetch();
                await route.fulfill({ response, json: { ...await response.json(), qrSvg } });
            });
            await showCode(desktop);
            await desktop.getByText(/^Open 127/).waitFor();
            assert.equal(await desktop.locator('.mp-qr').count(), 0, qrSvg);
            await desktop.context().close();
        }
        const desktop = await desktops(t);
        await desktop.route('**/rps/getQrUrl', async (route) => {
            const response = await route.fetch();
            await route.fulfill({ response, json: { ...await response.json(),
                qrSvg: '<svg xmlns="http://www.w3.org/2000/svg" onload="x()" viewBox="0 0 9 9"><path d="M0 0h9" style="a:b" onclick="x()"/></svg>' } });
        });
        await showCode(desktop);
        assert.equal(await desktop.locator('.mp-qr').innerHTML(), '<svg viewBox="0 0 9 9"><path d="M0 0h9"></path></svg>');
        t.problems.length = 0; // the policy has seen it too, and would have stopped it
    },

    async a_phone_without_a_pin_sets_one_up_and_goes_on(t) {
        const phone = await phones(t);
        const desktop = await desktops(t);
        const code = await showCode(desktop);
        const registered = phone.waitForRequest((request) => request.method() === 'PUT');
        await phone.goto(code.qrUrl);
        await heading(phone, 'Set up this phone');
        await button(phone, 'Set up PIN').tap();
        await phone.fill('#mp-name', 'nora');
        await phone.getByRole('button', { name: 'Continue' }).tap();
        assert.equal((await registered).postDataJSON().mobile, 1);
        await choosePin(phone, '7391');
        await screen(phone, 'mobile-computer');
        await pick(desktop, phone);
        await tapPin(phone, '7391');
        await loggedInAs(desktop, 'nora');
    },

    async where_only_the_password_proves_a_name_the_phone_signs_in_first_and_comes_back(t) {
        const phone = await phones(t);
        const desktop = await desktops(t);
        await phone.route('**/clientSettings', async (route) => {
            const response = await route.fetch();
            await route.fulfill({ response, json: { ...await response.json(), registration: ['signed-in'] } });
        });
        const code = await showCode(desktop);
        await phone.goto(code.qrUrl);
        await button(phone, 'Set up PIN').tap();
        await screen(phone, 'empty');
        await button(phone, 'Sign in').tap();
        await phone.waitForURL('**/login?return=%2Fm%2Findex.html');
        await signInByPassword(phone, t.site);
        await button(phone, 'Set up PIN').tap();
        await choosePin(phone, '7391');
        await phone.waitForURL('**/m/index.html');
        await screen(phone, 'mobile-computer');
        await pick(desktop, phone);
        await tapPin(phone, '7391');
        await loggedInAs(desktop, t.site.user);
    },
});
