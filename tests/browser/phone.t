// A phone signs in another computer: two browsers, one of them 390 px wide and touched.
const assert = require('node:assert/strict');
const http = require('node:http');
const jsqr = require('jsqr');
const { alert, choosePin, enrol, findings, openProfile, run, screen, signInByPassword, typePin } =
    require('./browser.js');

const PIXEL = 'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) '
    + 'Chrome/126.0.0.0 Mobile Safari/537.36';
const desktops = (t, options) => openProfile(t, { viewport: { width: 1280, height: 900 }, ...options });
const phones = (t, options) =>
    openProfile(t, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, userAgent: PIXEL, ...options });
const button = (page, name) => page.getByRole('button', { name, exact: true });
const heading = (page, name) => page.getByRole('heading', { name }).waitFor();
const loggedInAs = (page, name) => page.getByText(`You are logged in as ${name}`).waitFor();

let names = 0;

/** A phone with a PIN. */
async function aPhone(t, options) {
    const phone = await phones(t, options);
    const name = `pia${++names}`;
    await enrol(phone, name, '7391');
    return { phone, name };
}

/** Asks for a code at the login page; the server's answer. */
async function showCode(desktop, path = '/protected') {
    await desktop.goto(path);
    const answered = desktop.waitForResponse('**/rps/getQrUrl');
    await desktop.locator('[data-to=phone]').filter({ visible: true }).click();
    await screen(desktop, 'phone');
    return (await answered).json();
}

/** A desktop that shows a code, and a phone that has scanned it. */
async function scanned(t) {
    const { phone, name } = await aPhone(t);
    const desktop = await desktops(t);
    const code = await showCode(desktop);
    await scan(phone, code);
    return { desktop, phone, name, code };
}

async function scan(phone, { qrUrl }) {
    await phone.goto(qrUrl);
    await screen(phone, 'mobile-computer');
}

const match = async (desktop) => {
    await screen(desktop, 'phone-scanned');
    return desktop.locator('.mp-match').textContent();
};

/** Picks the number on the desktop's screen. */
async function pick(desktop, phone) {
    await button(phone, await match(desktop)).tap();
}

async function pickAnother(desktop, phone) {
    const right = await match(desktop);
    const all = await phone.locator('.mp-picks button').allTextContents();
    await button(phone, all.find((one) => one !== right)).tap();
}

async function tapPin(phone, pin) {
    await screen(phone, 'enter');
    await phone.waitForSelector('.mp-pad:not([data-locked])');
    for (const digit of pin)
        await button(phone, digit).tap();
}

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

/** What a camera would read off the element. */
async function decode(page, selector) {
    const png = await page.locator(selector).screenshot();
    const blank = await page.context().newPage();
    const { data, width, height } = await blank.evaluate(async (base64) => {
        const image = await createImageBitmap(await (await fetch('data:image/png;base64,' + base64)).blob());
        const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
        canvas.drawImage(image, 0, 0);
        const pixels = canvas.getImageData(0, 0, image.width, image.height);
        return { data: [...pixels.data], width: pixels.width, height: pixels.height };
    }, png.toString('base64'));
    await blank.close();
    return jsqr(Uint8ClampedArray.from(data), width, height)?.data;
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
        await alert(desktop, 'Again in 2 s');
        await desktop.unroute('**/rps/getQrUrl');
        await button(desktop, 'New code').click();
        await screen(desktop, 'phone');
    },

    async the_code_runs_out_on_both_screens(t) {
        const { phone } = await aPhone(t);
        const desktop = await desktops(t);
        await desktop.clock.install();
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
        await desktop.clock.install();
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
        await desktop.clock.install();
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
        const { phone: known } = await aPhone(t);
        await known.goto('/login');
        await screen(known, 'enter');
        await known.locator('[data-to=phone]').filter({ visible: true }).tap();
        await screen(known, 'phone');
        await button(known, 'Cancel').tap();
        await screen(known, 'enter');
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
        phone.on('request', (request) => /\.js$/.test(request.url()) && loaded.push(new URL(request.url()).pathname));
        await phone.goto('/m');
        await screen(phone, 'mobile-number');
        assert.deepEqual(loaded.sort(), ['/mpin/first.js', '/mpin/mpin-mobile.js']);
        const login = await desktops(t);
        login.on('request', (request) => /\.js$/.test(request.url()) && loaded.push(new URL(request.url()).pathname));
        await login.goto('/login');
        await login.locator('[data-to=phone]').filter({ visible: true }).waitFor();
        assert.ok(!loaded.includes('/mpin/phone.js'), 'and a login page what it needs');
    },
});
