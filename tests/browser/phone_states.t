// SPDX-License-Identifier: Apache-2.0
// Every state of a phone login, on both screens: pictures, and what pictures.js looks for.
const assert = require('node:assert/strict');
const { join } = require('node:path');
const { alert, enrol, openProfile, run, screen, typePin } = require('./browser.js');
const { read } = require('./ear.js');
const { check, pictures } = require('./pictures.js');

const CODE = '0123456789abcdef0123456789abcdef';
const heading = (page, name) => page.getByRole('heading', { name }).waitFor();
const button = (page, name) => page.getByRole('button', { name, exact: true });
const answer = (page, path, json, status = 200) => page.route('**/rps/' + path, (route) => route.fulfill({ status, json }));
const poll = (page, json) => answer(page, 'access', { statusCode: 0, userId: '', redirectURL: '', authOTT: '', ...json });

const CONTEXT = {
    PrerollId: '', AppName: 'Wiki', AppLogoUrl: '', origin: 'wiki.example.org',
    desktop: { browser: 'Chrome on Linux', address: '192.0.2.7', sameNetwork: true, seen: true },
    choices: ['12', '47', '83'], secondTap: false,
};

/** The server's first code, for all: nothing is done with it, and five are all that one address may have. */
let code;

/** The computer's page, at its code. */
async function atTheCode(t, options) {
    const page = await openProfile(t, options);
    await page.route('**/rps/getQrUrl', async (route) => {
        code ??= await (await route.fetch()).json();
        await route.fulfill({ json: code });
    });
    await poll(page, { status: 'new' });
    await page.goto('/login');
    await page.locator('[data-to=phone]').filter({ visible: true }).click();
    await screen(page, 'phone');
    return page;
}

let names = 0;

/** The phone's page, after a code was scanned; what the server says of it is played here. */
async function atTheComputer(t, context, options) {
    const page = await openProfile(t, options);
    const name = `paul${++names}@example.org`;
    await enrol(page, name, '7391');
    await answer(page, 'codeStatus', { ...CONTEXT, ...context });
    await page.goto('/m#' + CODE);
    await screen(page, 'mobile-computer');
    return { page, name };
}

run({
    async the_computer(t) {
        const page = await atTheCode(t);
        await check(page, 'phone-code');
        await poll(page, { status: 'wid', match: '47' });
        await heading(page, 'Scanned. Confirm 47 on your phone');
        await check(page, 'phone-scanned');
        await poll(page, { status: 'user', match: '47', userId: 'a.person.with.a.very.long.name@department.example.org' });
        await heading(page, 'is signing in…');
        await check(page, 'phone-user');
        await page.route('**/rps/access', (route) => route.abort());
        await alert(page, 'Trying again…');
        await check(page, 'phone-unheard');
        await poll(page, { status: 'authenticate', authOTT: '00', userId: 'anna', provenUserId: 'bob' });
        await heading(page, 'Sign in as bob?');
        await check(page, 'phone-other');
    },

    async the_ends_of_a_code_on_the_computer(t) {
        for (const [status, title] of [['expired', 'That code is over'], ['abort', 'Cancelled on the phone']]) {
            const page = await atTheCode(t);
            await poll(page, { status });
            await heading(page, title);
            await check(page, `phone-${status}`);
        }
        const page = await atTheCode(t);
        await poll(page, { status: 'authenticate', authOTT: '00', userId: 'anna' });
        await page.route('**/mpinAuthenticate', (route) => route.fulfill({ status: 403, json: { code: 'not_allowed' } }));
        await alert(page, 'You can\'t sign in here with this account.');
        await check(page, 'phone-refused');
    },

    async a_number_only(t) {
        const page = await openProfile(t);
        await page.route('**/clientSettings', async (route) => {
            const response = await route.fetch();
            await route.fulfill({ response, json: { ...await response.json(), getQrUrl: undefined } });
        });
        await page.goto('/login');
        await page.locator('[data-to=phone]').filter({ visible: true }).click();
        await screen(page, 'phone');
        await check(page, 'phone-number');
    },

    async the_phone(t) {
        const { page, name } = await atTheComputer(t);
        await check(page, 'mobile-computer');
        await button(page, '47').click();
        await page.getByLabel(`PIN for ${name}`).waitFor();
        await check(page, 'mobile-pin');
        await answer(page, 'authenticate', { code: 'wrong_pin', attemptsLeft: 2 }, 401);
        await typePin(page, '7392');
        await alert(page, '2 tries left');
        await check(page, 'mobile-wrong-pin');
        await answer(page, 'authenticate', { logoutURL: '/logout', logoutData: { sessionToken: 'x' } });
        await typePin(page, '7391');
        await heading(page, 'Done');
        await check(page, 'mobile-done');
        await page.route('**/logout', (route) => route.fulfill({ status: 403, json: {} }));
        await button(page, 'Sign that computer out').click();
        await alert(page, 'That can\'t be done from here any more.');
        await check(page, 'mobile-out-late');
        await page.route('**/logout', (route) => route.fulfill({ status: 200, body: '' }));
        await button(page, 'Sign that computer out').click();
        await heading(page, 'Signed out there.');
        await check(page, 'mobile-out');
    },

    async each_state_of_a_code_is_heard(t) {
        const computer = await atTheCode(t);
        await read(computer, 'a code', 'heading "Sign in with your phone"', 'img "QR code for your phone"', /Good for \d:\d\d/, 'button "Cancel"');
        await poll(computer, { status: 'wid', match: '47' });
        await heading(computer, 'Scanned. Confirm 47 on your phone');
        await read(computer, 'scanned', 'Your phone shows three numbers: tap this one.');
        await poll(computer, { status: 'expired' });
        await heading(computer, 'That code is over');
        await read(computer, 'over', 'button "New code"', 'button "Back"');

        const { page, name } = await atTheComputer(t, { secondTap: true,
            desktop: { browser: 'Firefox on Windows', address: '192.0.2.7', sameNetwork: false, seen: false } });
        await read(page, 'the computer', 'heading "You are signing in ANOTHER computer"', 'Firefox on Windows', 'On another network',
            'You have never signed in there.', ...CONTEXT.choices.map((choice) => `button "${choice}"`), 'button "It shows none of these"');
        await button(page, '47').click();
        await heading(page, 'Are you in front of that computer?');
        await read(page, 'are you there', 'button "Yes, sign it in"', 'button "No, stop"');
        await button(page, 'Yes, sign it in').click();
        await screen(page, 'enter');
        await read(page, 'its PIN', 'heading "Enter your PIN"', `textbox "PIN for ${name}, 4 digits"`, 'button "Cancel"');
        await answer(page, 'authenticate', { logoutURL: '/logout', logoutData: { sessionToken: 'x' } });
        await typePin(page, '7391');
        await heading(page, 'Done');
        await read(page, 'done', 'You can put your phone away.', 'button "Sign that computer out"');
        await button(page, 'Sign in another computer').click();
        await screen(page, 'mobile-number');
        await read(page, 'a number', 'heading "Sign in a computer"', 'textbox "Number on its screen"', 'button "Continue"');
        await page.fill('#mp-code', '0144003');
        await alert(page, 'Something is mistyped.');
        await read(page, 'a number', 'alert: Something is mistyped.');
    },

    async a_computer_that_nobody_knows(t) {
        const { page } = await atTheComputer(t, { secondTap: true,
            desktop: { browser: 'Firefox on Windows', address: '2001:db8:85a3:8d3:1319:8a2e:370:7348', sameNetwork: false, seen: false } });
        await check(page, 'mobile-computer-far');
        await button(page, '47').click();
        await heading(page, 'Are you in front of that computer?');
        await check(page, 'mobile-sure');
        await button(page, 'Yes, sign it in').click();
        await screen(page, 'enter');
        await check(page, 'mobile-pin-long');
    },

    async what_an_old_server_does_not_say_is_not_shown(t) {
        const { page } = await atTheComputer(t, { origin: undefined, desktop: undefined, choices: undefined, secondTap: undefined });
        await check(page, 'mobile-computer-old');
        await button(page, 'Continue').click();
        await screen(page, 'enter');
        await check(page, 'mobile-pin-old');
    },

    async the_ends_of_a_code_on_the_phone(t) {
        for (const [code, title] of [['wrong_pick', 'That is not its number'], ['code_unknown', 'That code is over'],
            ['code_taken', 'Another phone has that code'], ['phone_timeout', 'The computer didn\'t answer']]) {
            const { page } = await atTheComputer(t);
            await answer(page, 'codeStatus', { code }, code === 'code_unknown' ? 412 : 403);
            await button(page, '47').click();
            await heading(page, title);
            await check(page, `mobile-${code}`);
        }
        const { page } = await atTheComputer(t);
        await button(page, 'It shows none of these').click();
        await heading(page, 'Cancelled');
        await check(page, 'mobile-cancelled');
        await button(page, 'Type a number').click();
        await screen(page, 'mobile-number');
        await page.locator('#mp-code').pressSequentially('0144');
        await check(page, 'mobile-number');
        await page.locator('#mp-code').pressSequentially('003');
        await alert(page, 'Something is mistyped.');
        await check(page, 'mobile-number-slip');
        await answer(page, 'codeStatus', { code: 'throttled', retryAfter: 30 }, 429);
        await page.fill('#mp-code', '0144002');
        await alert(page, 'Too many tries.');
        await check(page, 'mobile-throttled');
    },

    async a_phone_without_a_pin(t) {
        const page = await openProfile(t);
        await page.goto('/m');
        await heading(page, 'Set up this phone');
        await check(page, 'mobile-new');
    },

    async other_languages(t) {
        for (const [locale, title, there] of [['de', 'Mit dem Handy anmelden', 'ANDEREN'], ['fr', 'Se connecter avec le téléphone', 'AUTRE'],
            ['es', 'Iniciar sesión con el teléfono', 'OTRO']]) {
            const computer = await atTheCode(t, { locale });
            await heading(computer, title);
            await check(computer, `phone-code-${locale}`);
            const { page } = await atTheComputer(t);
            await page.setExtraHTTPHeaders({ 'Accept-Language': locale });
            await page.reload();
            await heading(page, there);
            await check(page, `mobile-computer-${locale}`);
        }
    },

    async without_script_the_phone_is_told_why(t) {
        const page = await openProfile(t, { javaScriptEnabled: false });
        await page.goto('/m');
        assert.equal(await page.locator('noscript h1').isVisible(), true);
        await page.screenshot({ path: join(pictures, 'mobile-no-script-390-light.png') });
    },

    async without_https_there_is_no_pin_on_a_phone(t) {
        const page = await openProfile(t);
        await page.addInitScript(() => Object.defineProperty(globalThis, 'isSecureContext', { value: false }));
        await page.goto('/m');
        await heading(page, 'PIN sign-in needs https.');
        await check(page, 'mobile-insecure');
    },

    async forced_colours(t) {
        const computer = await atTheCode(t, { forcedColors: 'active' });
        await computer.screenshot({ path: join(pictures, 'phone-code-forced-colours-390.png') });
        const { page } = await atTheComputer(t, {}, { forcedColors: 'active' });
        await page.screenshot({ path: join(pictures, 'mobile-computer-forced-colours-390.png') });
    },

    async the_ring_stands_still_for_whoever_wants_that(t) {
        for (const [reducedMotion, seconds] of [['reduce', '0s'], ['no-preference', '1s']]) {
            const page = await atTheCode(t, { reducedMotion });
            assert.equal(await page.locator('.mp-hand').evaluate((hand) => getComputedStyle(hand).transitionDuration), seconds);
        }
    },
});
