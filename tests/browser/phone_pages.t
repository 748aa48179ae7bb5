// SPDX-License-Identifier: Apache-2.0
// Where a phone login is offered and what its pages are like: their parts, by keyboard, for everybody.
const assert = require('node:assert/strict');
const { enrol, findings, openProfile, run, screen, typePin } = require('./browser.js');
const { aPhone, button, desktops, heading, loggedInAs, match, pick, scan, scanned, showCode, tapPin } =
    require('./phones.js');

run({
    async without_a_qr_code_there_is_a_number(t) {
        const { phone, name } = await aPhone(t);
        const desktop = await desktops(t);
        await desktop.route('**/clientSettings', async (route) => {
            const response = await route.fetch();
            await route.fulfill({ response, json: { ...await response.json(), getQrUrl: undefined } });
        });
        await desktop.goto('/protected');
        const answered = desktop.waitForResponse('**/rps/getAccessNumber');
        await desktop.locator('[data-to=phone]').filter({ visible: true }).click();
        const { accessNumber } = await (await answered).json();
        await screen(desktop, 'phone');
        assert.equal(await desktop.locator('.mp-qr').count(), 0);
        await phone.goto('/m');
        await phone.fill('#mp-code', accessNumber);
        await pick(desktop, phone);
        await tapPin(phone, '7391');
        await loggedInAs(desktop, name);
    },

    async where_phones_may_not_nobody_is_offered_it(t) {
        const desktop = await desktops(t);
        await desktop.route('**/clientSettings', async (route) => {
            const response = await route.fetch();
            await route.fulfill({ response, json: { ...await response.json(), getAccessNumberURL: undefined } });
        });
        await desktop.goto('/login');
        await desktop.locator('[data-to=pin]').waitFor();
        assert.equal(await desktop.locator('[data-to=phone]').filter({ visible: true }).count(), 0);
        await desktop.locator('[data-to=pin]').click();
        await screen(desktop, 'add');
        assert.equal(await desktop.locator('[data-to=phone]').filter({ visible: true }).count(), 0);
    },

    async a_device_with_a_pin_and_one_that_keeps_nothing_offer_it_too(t) {
        const { phone: known, name } = await aPhone(t);
        await known.goto('/login');
        await screen(known, 'enter');
        assert.equal(await known.locator('[data-to=phone]').filter({ visible: true }).count(), 0, 'not to a phone itself');
        const laptop = await desktops(t);
        await enrol(laptop, `${name}-too`, '7391');
        await laptop.goto('/login');
        await screen(laptop, 'enter');
        await laptop.locator('[data-to=phone]').filter({ visible: true }).click();
        await screen(laptop, 'phone');
        await button(laptop, 'Cancel').click();
        await screen(laptop, 'enter');
        const privately = await openProfile(t);
        await privately.addInitScript(() => {
            IDBFactory.prototype.open = () => { throw new DOMException('denied', 'SecurityError'); };
        });
        await showCode(privately, '/login');
    },

    async a_page_of_ones_own_offers_it_and_names_its_own_app(t) {
        const { phone, name } = await aPhone(t);
        for (const [app, qr] of [['/m/index.html', 1], ['https://app.example.org/m/', 0]]) {
            const desktop = await desktops(t);
            await desktop.route((url) => url.pathname === '/application', (route) => route.fulfill({ contentType: 'text/html',
                body: `<!doctype html><html lang="en"><title>An application</title><script src="/mpin.js"></script><script>
                    new mpin({ targetElement: "pad", clientSettingsURL: "/rps/clientSettings", successLoginURL: "/protected",
                        mobileAppFullURL: "${qr ? t.site.url : ''}${app}" });
                    </script><main id="pad"></main>` }));
            await desktop.goto('/application');
            const answered = desktop.waitForResponse('**/rps/getQrUrl');
            await button(desktop, 'Sign in with your phone').click();
            const code = await (await answered).json();
            await screen(desktop, 'phone');
            assert.equal(await desktop.locator('.mp-qr').count(), qr);
            if (!qr) {
                await desktop.getByText('Open app.example.org/m on your phone').waitFor();
                continue;
            }
            await scan(phone, code);
            await pick(desktop, phone);
            await tapPin(phone, '7391');
            await desktop.waitForURL('**/protected');
            await loggedInAs(desktop, name);
        }
    },

    async everything_works_by_keyboard_alone(t) {
        const { phone, name } = await aPhone(t);
        const desktop = await desktops(t);
        const tabTo = async (page, text) => {
            for (let i = 0; i < 40; i++) {
                if (await page.evaluate(() => document.activeElement.textContent.trim()) === text)
                    return page.keyboard.press('Enter');
                await page.keyboard.press('Tab');
            }
            assert.fail(`Tab does not reach ${text}`);
        };
        await desktop.goto('/protected');
        const answered = desktop.waitForResponse('**/rps/getQrUrl');
        await desktop.locator('[data-to=phone]').filter({ visible: true }).waitFor();
        await tabTo(desktop, 'phone');
        const { accessNumber } = await (await answered).json();
        await phone.goto('/m');
        await screen(phone, 'mobile-number');
        await phone.keyboard.type(accessNumber);
        await screen(phone, 'mobile-computer');
        await tabTo(phone, await match(desktop));
        await screen(phone, 'enter');
        await phone.keyboard.press('Tab'); // on a touch screen the field is not focused, so that no keyboard opens
        await typePin(phone, '7391');
        await loggedInAs(desktop, name);
        await heading(phone, 'Done');
        await tabTo(phone, 'Sign that computer out');
        await heading(phone, 'Signed out there.');
    },

    async every_screen_is_sound(t) {
        const { desktop, phone, code } = await scanned(t);
        const sound = async (page) => {
            await page.emulateMedia({ reducedMotion: 'reduce' }); // half faded in, nothing has its contrast
            assert.deepEqual(await findings(page), []);
        };
        await sound(phone);
        await match(desktop);
        await sound(desktop);
        await pick(desktop, phone);
        await screen(phone, 'enter');
        await sound(phone);
        await heading(desktop, 'is signing in');
        await sound(desktop);
        await button(phone, 'Cancel').tap();
        await heading(desktop, 'Cancelled on the phone');
        await sound(desktop);
        await sound(phone);
        await phone.goto(code.qrUrl);
        await heading(phone, 'That code is over');
        await sound(phone);
    },

    async the_phones_page_loads_what_a_phone_needs(t) {
        const { phone } = await aPhone(t);
        const loaded = [];
        phone.on('request', (request) => /\.js$/.test(request.url()) && loaded.push(new URL(request.url()).pathname.split('/').pop()));
        await phone.goto('/m');
        await screen(phone, 'mobile-number');
        assert.deepEqual(loaded.sort(), ['first.js', 'mpin-mobile.js']);
        const login = await desktops(t);
        login.on('request', (request) => /\.js$/.test(request.url()) && loaded.push(new URL(request.url()).pathname.split('/').pop()));
        await login.goto('/login');
        await login.locator('[data-to=phone]').filter({ visible: true }).waitFor();
        assert.ok(!loaded.includes('phone.js'), 'and a login page what it needs');
    },
});
