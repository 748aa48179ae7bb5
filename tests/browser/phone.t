// SPDX-License-Identifier: Apache-2.0
// A phone signs in another computer: two browsers, one of them 390 px wide and touched.
const assert = require('node:assert/strict');
const http = require('node:http');
const { alert, run, screen } = require('./browser.js');
const { aPhone, button, decode, desktops, heading, loggedInAs, match, pick, scan, scanned, showCode, tapPin } =
    require('./phones.js');

/** A way to the site from another network: a proxy that comes from an address of its own. */
async function elsewhere() {
    const proxy = http.createServer((request, answer) => {
        const { url, method, headers } = request;
        const onward = http.request(url, { method, headers, localAddress: '127.77.7.7' }, (response) => {
            answer.writeHead(response.statusCode, response.headers);
            response.pipe(answer);
        });
        onward.on('error', () => answer.destroy());
        request.pipe(onward);
    });
    await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    return { server: `http://127.0.0.1:${proxy.address().port}`, close: () => proxy.close() };
}

run({
    async a_qr_code_signs_the_computer_in_and_the_phone_signs_it_out(t) {
        const { phone, name } = await aPhone(t);
        const desktop = await desktops(t);
        const code = await showCode(desktop, '/protected/deep?page=2');
        assert.match(code.qrUrl, /^http:\/\/127\.0\.0\.1:\d+\/m#[0-9a-f]{32}$/);
        for (const colorScheme of ['light', 'dark']) {
            await desktop.emulateMedia({ colorScheme });
            assert.equal(await decode(desktop, '.mp-qr'), code.qrUrl, `what a camera reads, ${colorScheme}`);
        }
        const { width } = await desktop.locator('.mp-qr svg').boundingBox();
        assert.equal(width, 200);
        await desktop.getByRole('timer').filter({ hasText: /4:\d\d/ }).waitFor();

        await scan(phone, code);
        assert.doesNotMatch(phone.url(), /#/, 'the code is not kept in the history');
        await pick(desktop, phone);
        await heading(desktop, `${name} is signing in…`);
        await phone.getByLabel(`PIN for ${name}`).waitFor();
        await tapPin(phone, '7391');
        await desktop.waitForURL('**/protected/deep?page=2');
        await loggedInAs(desktop, name);
        await heading(phone, 'Done');
        await phone.getByText('You can put your phone away.').waitFor();

        await phone.reload(); // a phone that was put away
        await button(phone, 'Sign that computer out').tap();
        await heading(phone, 'Signed out there.');
        await desktop.goto('/protected');
        await heading(desktop, 'Sign in to');
    },

    async a_number_is_typed(t) {
        const { phone, name } = await aPhone(t);
        const desktop = await desktops(t);
        const { accessNumber } = await showCode(desktop);
        const shown = await desktop.locator('.mp-number [aria-hidden]').textContent();
        assert.equal(shown, accessNumber.replace(/(...)(....)/, '$1 $2'));
        await desktop.getByText(/Or open 127\.0\.0\.1:\d+\/m on it/).waitFor();

        await phone.goto('/m');
        await phone.waitForURL('**/m/index.html');
        const field = phone.getByLabel('Number on its screen');
        await field.pressSequentially(accessNumber.slice(0, 5));
        assert.equal(await field.inputValue(), accessNumber.slice(0, 3) + ' ' + accessNumber.slice(3, 5));
        await field.pressSequentially(String((Number(accessNumber[5]) + 1) % 10) + accessNumber[6]);
        await alert(phone, 'Something is mistyped.');
        await phone.keyboard.press('Backspace');
        await phone.keyboard.press('Backspace');
        await field.pressSequentially(accessNumber.slice(5));
        await screen(phone, 'mobile-computer');
        await pick(desktop, phone);
        await tapPin(phone, '7391');
        await desktop.waitForURL('**/protected');
        await loggedInAs(desktop, name);
        await heading(phone, 'Done');
    },

    async a_mistyped_number_is_noticed_on_the_phone(t) {
        const { phone } = await aPhone(t);
        const asked = [];
        phone.on('request', (request) => /codeStatus/.test(request.url()) && asked.push(request.url()));
        await phone.goto('/m');
        await phone.fill('#mp-code', '0144003'); // 0144002 with a slip
        await alert(phone, 'Something is mistyped.');
        await phone.fill('#mp-code', '014 400');
        await phone.getByRole('button', { name: 'Continue' }).tap();
        await alert(phone, 'Something is mistyped.');
        assert.deepEqual(asked, [], 'and the server is not asked');
        await phone.fill('#mp-code', '0144002');
        await alert(phone, 'No computer shows that number now.');
        assert.equal(asked.length, 1);
    },

    async relay_context_is_shown(t) {
        const { desktop, phone, name } = await scanned(t);
        await heading(phone, 'You are signing in ANOTHER computer');
        const facts = await phone.locator('.mp-facts').innerText();
        assert.match(facts, /Chrom\w+ on Linux/);
        assert.match(facts, /127\.0\.0\.1\n[^]*On this phone's network/);
        assert.match(facts, new RegExp(`to ${new URL(t.site.url).host}`));
        assert.match(facts, /You have never signed in there\./);
        assert.equal(await phone.locator('input').count(), 0, 'before any PIN is asked for');
        await pick(desktop, phone);
        await phone.getByText(/It signs in Chrom\w+ on Linux to 127/).waitFor();
        await tapPin(phone, '7391');
        await desktop.waitForURL('**/protected');

        await desktop.context().clearCookies({ name: /^(?!.*known)/ });
        await scan(phone, await showCode(desktop));
        await phone.getByText('You have signed in there before.').waitFor();
        await pick(desktop, phone);
        await tapPin(phone, '7391');
        await loggedInAs(desktop, name);
    },

    async an_unknown_computer_on_another_network_needs_a_second_tap(t) {
        const proxy = await elsewhere();
        try {
            const { phone, name } = await aPhone(t);
            const desktop = await desktops(t, { proxy: { server: proxy.server } });
            await scan(phone, await showCode(desktop));
            const facts = await phone.locator('.mp-facts').innerText();
            assert.match(facts, /127\.77\.7\.7\n[^]*On another network\n[^]*You have never signed in there\./);
            await pick(desktop, phone);
            await heading(phone, 'Are you in front of that computer?');
            await button(phone, 'No, stop').tap();
            await heading(desktop, 'Cancelled on the phone');

            await button(desktop, 'Back').click();
            await scan(phone, await showCode(desktop));
            await pick(desktop, phone);
            await button(phone, 'Yes, sign it in').tap();
            await tapPin(phone, '7391');
            await loggedInAs(desktop, name);

            await desktop.context().clearCookies({ name: /^(?!.*known)/ });
            await scan(phone, await showCode(desktop)); // seen by now: no second tap
            await pick(desktop, phone);
            await tapPin(phone, '7391');
            await loggedInAs(desktop, name);
        } finally {
            proxy.close();
        }
    },
});
