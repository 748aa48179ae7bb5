// SPDX-License-Identifier: Apache-2.0
// What people hear and reach: the accessibility tree of each state as a screen reader would read it, a title for each state,
// fields that are told what is wrong with them, borders that are seen, and few stops by keyboard.
const assert = require('node:assert/strict');
const { alert, enrol, findings, openProfile, run, screen, signInByPassword, typePin } = require('./browser.js');
const { read } = require('./ear.js');

/** What a field is said to be wrong with, '' for nothing. */
const wrongWith = (page, field) => page.locator(field).evaluate((one) => one.getAttribute('aria-invalid') !== 'true' ? ''
    : one.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id)?.innerText.trim()).join(' '));

/** Contrast of a field's border with what is around it. */
const contrast = (page, field) => page.locator(field).evaluate((one) => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const rgb = (...colours) => {
        canvas.clearRect(0, 0, 1, 1);
        for (const colour of colours) {
            canvas.fillStyle = colour;
            canvas.fillRect(0, 0, 1, 1);
        }
        return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const light = (colour) => colour.map((part) => part / 255)
        .map((part) => part <= .04045 ? part / 12.92 : ((part + .055) / 1.055) ** 2.4)
        .reduce((sum, part, i) => sum + part * [.2126, .7152, .0722][i], 0);
    const { borderTopColor, backgroundColor } = getComputedStyle(one);
    const inside = rgb(backgroundColor);
    const [a, b] = [light(rgb(`rgb(${inside})`, borderTopColor)), light(inside)].sort((x, y) => y - x);
    return (a + .05) / (b + .05);
});

const focused = (page) => page.evaluate(() => document.activeElement.textContent.trim() || document.activeElement.id || document.activeElement.name);

async function atThePad(t, name) {
    const page = await openProfile(t, { reducedMotion: 'reduce' });
    await enrol(page, name, '7391');
    await page.goto('/login');
    await screen(page, 'enter');
    return page;
}

run({
    async each_state_of_a_password_login_and_its_set_up_is_heard(t) {
        const page = await openProfile(t, { reducedMotion: 'reduce' });
        await page.goto('/login');
        await page.waitForSelector('.pin-usable');
        await read(page, 'the password form', /heading "Sign in to/, 'textbox "Username"', 'textbox "Password"', 'button "Sign in"');
        await signInByPassword(page, t.site);
        await screen(page, 'offer');
        await read(page, 'the offer', 'heading "Set up a PIN on this device?"', 'button "Set up PIN"', 'link "Not now"');
        await page.getByRole('button', { name: 'Set up PIN' }).click();
        await screen(page, 'choose-pin');
        await read(page, 'a PIN to be chosen', 'heading "Choose a PIN"', 'textbox "PIN for john, 4 digits"', 'group "Keypad"',
            'button "Delete the last digit"');
        await typePin(page, '7391');
        await screen(page, 'confirm-pin');
        await read(page, 'a PIN once more', 'heading "Once more"', 'textbox "PIN for john, 4 digits"');
        await page.goto('/login');
        await read(page, 'somebody who is signed in', /heading "You.re signed in as john/, 'link "Continue"', 'button "Sign out"');
        await page.goto('/logout');
        await read(page, 'signing out', /heading "Sign out/, 'button "Sign out"');
    },

    async each_state_of_a_pin_is_heard(t) {
        const page = await atThePad(t, 'hilde');
        await read(page, 'the PIN', 'heading "Welcome back"', 'textbox "PIN for hilde, 4 digits"', 'button "Forgot PIN?"');
        await page.keyboard.type('73');
        await read(page, 'the PIN', 'status: 2 of 4');
        await page.keyboard.press('Escape');
        await typePin(page, '0001');
        await alert(page, '2 tries left');
        await read(page, 'the PIN', /alert: That PIN isn.t right\. 2 tries left\./);
        assert.equal(await wrongWith(page, '.mp-field'), 'That PIN isn\'t right. 2 tries left.');
        await page.getByRole('button', { name: 'change' }).click();
        await screen(page, 'choose');
        await read(page, 'who signs in', 'heading "Who\'s signing in?"', /button "hilde/);
        await page.getByRole('button', { name: 'Reset or remove' }).click();
        await screen(page, 'manage');
        await read(page, 'PINs that are kept', 'button "Reset PIN"', 'button "Remove"', 'button "Back"');
        await page.getByRole('button', { name: 'Remove' }).click();
        await screen(page, 'remove');
        await read(page, 'one to be removed', 'heading "Remove hilde?"', 'button "Remove hilde"', 'button "Keep"');
    },

    async each_end_is_heard(t) {
        const page = await atThePad(t, 'edda');
        const go = (name, state) => page.evaluate(async ([to, told]) => {
            const { stage } = document.querySelector('mpin-pad');
            await stage.go(to, told);
            document.documentElement.dataset.way = 'pin'; // not the password form, which is shown instead of some
            dispatchEvent(new Event('mpin-way'));
        }, [name, state]);
        const identity = { mpinId: '7b7d', user: 'edda', device: '' };
        for (const [why, heading] of [['locked', 'Locked'], ['withdrawn', 'Access withdrawn'], ['outdated', 'Set up this device again'],
            ['lost', 'Your browser has forgotten your PIN']]) {
            await go('ended', { identity, why });
            await read(page, why, `heading "${heading}"`, 'button "Set up again"');
        }
        await go('noPin', 'storage');
        await read(page, 'no storage', 'heading "This browser can\'t keep a PIN"', 'button "Other ways"');
        await go('noPin', 'empty');
        await read(page, 'no PIN yet', 'heading "No PIN on this device yet"');
        await go('resetHelp', { ...identity, open: false });
        await read(page, 'help', 'heading "Show that it\'s you first"');
        await go('resetHelp', { ...identity, open: true });
        await read(page, 'no help', 'heading "This PIN can\'t be replaced"', 'button "Set up a PIN for another name"');
        await go('offline', { status: 0 });
        await read(page, 'offline', /heading "Can.t reach/, 'button "Try again"');
        await go('offline', { status: 403 });
        await read(page, 'blocked', 'heading "Something in between says no"', 'button "Try again"');
        await go('add');
        await read(page, 'a name', 'textbox "Your name or e-mail"', 'button "Continue"');
        await go('phone');
        await screen(page, 'phone');
        await read(page, 'a code for a phone', 'heading "Sign in with your phone"', 'img "QR code for your phone"', 'button "Cancel"');
        await page.goto('/mpin/nothing-here');
        await read(page, 'an error', 'heading "Nothing here"', /link/);
    },

    async a_wrong_password_is_told_of_its_fields(t) {
        const page = await openProfile(t, { reducedMotion: 'reduce' });
        await page.goto('/login');
        assert.equal(await wrongWith(page, '#password'), '');
        await signInByPassword(page, { ...t.site, password: 'wrong' });
        await alert(page, /./);
        for (const field of ['#username', '#password'])
            assert.ok(await wrongWith(page, field), field);
    },

    async borders_of_fields_are_seen(t) {
        const page = await openProfile(t, { reducedMotion: 'reduce' });
        for (const colorScheme of ['light', 'dark']) {
            await page.emulateMedia({ colorScheme });
            await page.goto('/login');
            assert.ok(await contrast(page, '#username') >= 3, colorScheme);
        }
    },

    async forgot_pin_is_at_most_three_stops_from_the_pin(t) {
        const page = await atThePad(t, 'tilda');
        await page.focus('.mp-field');
        let stops = 0;
        do {
            await page.keyboard.press('Tab');
            assert.ok(++stops <= 3, await focused(page));
        } while (await focused(page) !== 'Forgot PIN?');
    },

    async the_keys_are_one_stop_and_arrows_lead_among_them(t) {
        const page = await atThePad(t, 'kara');
        await page.focus('.mp-field');
        await page.keyboard.press('Tab');
        assert.equal(await focused(page), '1');
        for (const [key, at] of [['ArrowDown', '4'], ['ArrowDown', '7'], ['Enter', '7'], ['ArrowUp', '4'], ['ArrowRight', '5'], ['ArrowRight', '6'],
            ['ArrowRight', '6'], ['ArrowUp', '3'], ['Enter', '3'], ['ArrowDown', '6'], ['ArrowDown', '9'], ['Enter', '9']]) {
            await page.keyboard.press(key);
            assert.equal(await focused(page), at, key);
        }
        await page.keyboard.type('1');
        await page.waitForURL('**/');
    },

    async digits_typed_beside_the_pad_count(t) {
        const page = await atThePad(t, 'dagny');
        await page.evaluate(() => document.activeElement.blur());
        await page.keyboard.type('73x');
        await page.getByRole('status').filter({ hasText: '2 of 4' }).waitFor();
        await page.keyboard.press('Backspace');
        await page.getByRole('status').filter({ hasText: '1 of 4' }).waitFor();
        await page.focus('h1');
        await page.keyboard.type('391');
        await page.waitForURL('**/');
    },

    async digits_typed_into_another_field_are_its_own(t) {
        const page = await openProfile(t, { reducedMotion: 'reduce' });
        await enrol(page, 'frigg', '7391');
        await page.route('**/application', (route) => route.fulfill({ contentType: 'text/html', body: `<!doctype html>
            <html lang="en"><head><title>An application</title><script type="module" src="/mpin/mpin-pad.js"></script></head>
            <body><main><label>Search <input id="search"></label><mpin-pad settings="/rps/clientSettings"></mpin-pad></main></body></html>` }));
        await page.goto('/application');
        await screen(page, 'enter');
        await page.focus('#search');
        await page.keyboard.type('7391');
        assert.equal(await page.inputValue('#search'), '7391');
        assert.equal(await page.inputValue('.mp-field'), '');
        assert.equal(await page.title(), 'An application', 'and the page\'s title stays the page\'s');
    },
});
