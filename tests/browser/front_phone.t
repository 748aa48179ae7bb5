// SPDX-License-Identifier: Apache-2.0
// A phone signs a computer in, in front of an old Milagro server. Its QR codes are an address and no picture, and a code of
// their own beside the number's; without mobileUseNative it has none at all.
const { port } = require('../lib/ports.cjs');
const assert = require('node:assert/strict');
const { build, choosePin, findings, openProfile, run, screen, typePin } = require('./browser.js');
const { until } = require('./program.js');
const { button, decode, desktops, phones, tapPin } = require('./phones.js');

let native, other;

async function start() {
    const { startFront } = await import('../milagro/front.mjs');
    native = await startFront({ port, build });
    other = await startFront({ port: port + 4, build, milagro: { native: false } });
    return { ...native, stop: () => Promise.all([native.stop(), other.stop()]) };
}

let names = 0;

async function aPhone(t, site) {
    const phone = await phones(t, { baseURL: site.url });
    const name = `pia${++names}@example.org`;
    await phone.goto('/m');
    await button(phone, 'Set up PIN').tap();
    await phone.fill('#mp-name', name);
    await phone.getByRole('button', { name: 'Continue' }).click();
    await choosePin(phone, '7391');
    await screen(phone, 'mobile-number');
    return phone;
}

/** A computer that shows its code. */
async function aComputer(t, site) {
    const computer = await desktops(t, { baseURL: site.url });
    await computer.goto('/protected/');
    await computer.locator('[data-to=phone]').filter({ visible: true }).click();
    await screen(computer, 'phone');
    return computer;
}

const inside = (page) => page.getByText('protected', { exact: true }).waitFor();
const numberOn = async (computer) => (await computer.locator('.mp-number').textContent()).replace(/\D/g, '').slice(0, 7); // seen, and heard once more

async function typeNumber(phone, number) {
    await phone.fill('#mp-code', number); // the last digit sends it
    await screen(phone, 'mobile-computer');
    await button(phone, 'Continue').tap();
}

run({
    async its_qr_code_is_drawn_here_and_signs_the_computer_in(t) {
        const phone = await aPhone(t, native);
        const computer = await aComputer(t, native);
        assert.deepEqual(await findings(computer), []);
        for (const colorScheme of ['light', 'dark']) {
            await computer.emulateMedia({ colorScheme });
            assert.match(await decode(computer, '.mp-qr'), new RegExp(`^${t.site.url}/m#[0-9a-f]{32}$`));
        }
        const { width } = await computer.locator('.mp-qr svg').boundingBox();
        assert.equal(width, 200);
        await computer.getByText(`Or open 127.0.0.1:${port}/m on it and type`).waitFor();
        await phone.goto(await decode(computer, '.mp-qr'));
        await button(phone, 'Continue').tap();
        await tapPin(phone, '7391');
        await inside(computer);
        await screen(phone, 'mobile-done');

        await button(phone, 'Sign that computer out').tap();
        await phone.getByText('Signed out there.').waitFor();
        await computer.goto('/protected/?again');
        await computer.getByRole('heading', { name: 'Sign in to' }).waitFor();
    },

    async the_number_beside_it_is_as_good(t) {
        const phone = await aPhone(t, native);
        const computer = await aComputer(t, native);
        await typeNumber(phone, await numberOn(computer));
        await tapPin(phone, '7391');
        await inside(computer);
        await screen(phone, 'mobile-done');
    },

    async who_cancels_gives_both_up(t) {
        const computer = await desktops(t);
        await computer.goto('/protected/');
        const answers = ['getQrUrl', 'getAccessNumber'].map((path) => computer.waitForResponse(`**/rps/${path}`));
        await computer.locator('[data-to=phone]').filter({ visible: true }).click();
        const codes = await Promise.all(answers.map(async (answer) => (await answer).json()));
        await screen(computer, 'phone');
        await button(computer, 'Cancel').click();
        for (const { webOTT } of codes)
            await until('it is given up', async () => (await (await fetch(`${t.site.url}/rps/access`,
                { method: 'POST', body: JSON.stringify({ webOTT }) })).json()).status === 'abort');
    },

    async without_the_script_that_draws_the_number_does(t) {
        const phone = await aPhone(t, native);
        const computer = await desktops(t);
        await computer.route('**/qr.js', (route) => route.abort());
        await computer.goto('/protected/');
        await computer.locator('[data-to=phone]').filter({ visible: true }).click();
        await screen(computer, 'phone');
        assert.equal(await computer.locator('.mp-qr').count(), 0);
        await computer.getByText(`Open 127.0.0.1:${port}/m on your phone and type`).waitFor();
        await typeNumber(phone, await numberOn(computer));
        await typePin(phone, '7391');
        await inside(computer);
    },

    async a_page_with_a_mobile_app_of_its_own_has_that_in_the_picture(t) {
        const computer = await openProfile(t);
        await computer.route('**/application', (route) => route.fulfill({ contentType: 'text/html',
            body: `<!doctype html><html lang="en"><title>An application</title><script src="/mpin.js"></script>
                <main><div id="pinHolder"></div></main><script>new mpin({ targetElement: "pinHolder",
                clientSettingsURL: "/rps/clientSettings", mobileAppFullURL: "https://app.example.org/m/" });</script>` }));
        await computer.goto('/application');
        await button(computer, 'Sign in with your phone').click();
        await computer.getByText('Or open app.example.org/m on it and type').waitFor();
        assert.match(await decode(computer, '.mp-qr'), /^https:\/\/app\.example\.org\/m\/#[0-9a-f]{32}$/);
    },

    async a_server_without_qr_codes_has_its_number(t) {
        const phone = await aPhone(t, other);
        const computer = await aComputer(t, other);
        assert.equal(await computer.locator('.mp-qr').count(), 0);
        await typeNumber(phone, await numberOn(computer));
        await tapPin(phone, '7391');
        await inside(computer);
        await screen(phone, 'mobile-done');
    },
}, start);
