// SPDX-License-Identifier: Apache-2.0
// A refusal that is not about the account is not told as one: what is wrong with a name; what stands between this browser
// and the site; an address that is not let in; a file that is missing. Each with its code.
const assert = require('node:assert/strict');
const english = require('../../htdocs/texts/en.json');
const { alert, enrol, openProfile, run, screen, typePin } = require('./browser.js');

const FIREWALL = { status: 403, contentType: 'text/html', body: '<html><h1>Forbidden</h1></html>' };
const BLAME = /with this account|isn.t right|locked/;

let names = 0;

/** At the pad of a device that has a PIN. */
async function atThePad(t) {
    const page = await openProfile(t);
    await enrol(page, `nina${++names}`, '7391');
    await page.goto('/login');
    await screen(page, 'enter');
    return page;
}

/** What the alert says when these requests are answered so; the account is not blamed. */
async function said(t, url, answer) {
    const page = await atThePad(t);
    await page.route(url, (route) => route.fulfill(answer));
    await typePin(page, '7391');
    await alert(page, /\w/);
    const text = await page.locator('.mp-alert').innerText();
    assert.doesNotMatch(text, BLAME);
    assert.equal(await page.locator('.mp-screen-enter').count(), 1);
    return text;
}

/** What the name field's alert says. */
async function saidOfAName(t, answer) {
    const page = await openProfile(t);
    await page.goto('/login');
    await page.locator('[data-to=pin]').click();
    await screen(page, 'add');
    await page.route('**/rps/register', (route) => route.fulfill(answer));
    await page.fill('#mp-name', 'somebody');
    await page.getByRole('button', { name: 'Continue' }).click();
    await alert(page, /\w/);
    assert.equal(await page.getAttribute('#mp-name', 'aria-invalid'), 'true');
    return page.locator('.mp-alert').innerText();
}

const tests = {
    async a_wrong_name_is_told_with_its_character(t) {
        const text = await saidOfAName(t, { status: 400, json: { code: 'user_id_invalid', character: '%', id: 'MPIN0001' } });
        assert.equal(text, (english.pad_name_foreign ?? 'name_foreign').replace('{character}', '%'));
        assert.match(await saidOfAName(t, { status: 400, json: { code: 'user_id_invalid', id: 'MPIN0001' } }), /That name won't do/);
    },

    async a_wrong_device_name_is_told_as_that(t) {
        const text = await saidOfAName(t, { status: 400, json: { code: 'device_name_invalid', id: 'MPIN0082' } });
        assert.equal(text, english.pad_device_bad ?? 'device_bad');
    },

    async any_other_400_is_trouble_with_its_code(t) {
        const text = await saidOfAName(t, { status: 400, json: { code: 'field_malformed', id: 'MPIN0007' } });
        assert.match(text, /MPIN0007/);
        assert.doesNotMatch(text, BLAME);
    },

    async an_origin_that_is_not_let_in_is_told_as_that(t) {
        const page = await atThePad(t);
        await page.route('**/clientSettings', async (route) => {
            const response = await route.fetch({ maxRetries: 3 });
            await route.fulfill({ response, json: { ...await response.json(), siteURL: undefined } });
        });
        await page.reload();
        await screen(page, 'enter');
        await page.evaluate(() => delete document.documentElement.dataset.site);
        await page.route('**/mpinAuthenticate', (route) => route.fulfill({ status: 403, json: { code: 'origin_refused', id: 'MPIN0021' } }));
        await typePin(page, '7391');
        await alert(page, /does not take sign-ins from this page's address.*MPIN0021/);
    },

    async an_account_that_may_not_sign_in_is_still_told_so(t) {
        const page = await atThePad(t);
        await page.route('**/mpinAuthenticate', (route) => route.fulfill({ status: 403, json: { code: 'not_allowed', id: 'MPIN0042' } }));
        await typePin(page, '7391');
        await alert(page, 'You can\'t sign in here with this account.');
    },

    async settings_that_something_withholds_are_told_as_that(t) {
        const page = await atThePad(t);
        for (const [status, text] of [[403, /perhaps a firewall.*Code 403/], [404, /Your account is fine.*Code 404/]]) {
            await page.route('**/clientSettings', (route) => route.fulfill({ ...FIREWALL, status }));
            await page.reload();
            await screen(page, 'offline');
            await page.getByText(text).waitFor();
            await page.unroute('**/clientSettings');
            await page.getByRole('button', { name: 'Try again' }).click();
            await screen(page, 'enter');
        }
    },

    async a_missing_script_is_told_as_that(t) {
        const page = await atThePad(t);
        await page.route('**/kept.js', (route) => route.fulfill({ ...FIREWALL, status: 404 }));
        await page.getByRole('button', { name: 'change' }).click();
        await page.getByRole('heading', { name: 'A part of this page is missing' }).waitFor();
        await page.getByText('Code 404').waitFor();
        await page.getByRole('button', { name: 'Try again' }).click();
        await screen(page, 'enter');
    },
};

for (const url of ['**/pass1', '**/pass2', '**/mpinAuthenticate'])
    for (const [status, text] of [[403, /perhaps a firewall.*Code 403/], [401, /Code 401/], [410, /Code 410/], [404, /Code 404/], [405, /Code 405/]])
        tests[`a_${status}_of_something_in_front_of_${url.slice(3)}`] = async (t) =>
            assert.match(await said(t, url, { ...FIREWALL, status }), text);

run(tests);
