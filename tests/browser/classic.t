// SPDX-License-Identifier: Apache-2.0
// A page made for Milagro's pad: only the script's address is changed. Its script runs before its element is there.
const assert = require('node:assert/strict');
const { alert, choosePin, findings, openProfile, run, screen, signInByPassword, typePin } = require('./browser.js');

const PAGE = (options) => `<!doctype html><html lang="en"><head><title>An application</title>
<script src="/mpin.js"></script>
<script>
    window.calls = [];
    var note = function (name) { return function (value, done) { calls.push([name, value]); if (done) done(); }; };
    new mpin({ targetElement: "pinHolder", clientSettingsURL: "/rps/clientSettings",
        mobileAppFullURL: "/m/index.html", ${options} });
</script></head><body><main><div id="pinHolder"></div></main></body></html>`;

async function open(t, options) {
    const page = await openProfile(t);
    await page.route((url) => url.pathname === '/application', (route) => route.fulfill({ contentType: 'text/html', body: PAGE(options) }));
    await page.goto('/application');
    return page;
}

const calls = (page) => page.evaluate(() => window.calls);

async function setUp(page, name) {
    await page.fill('#mp-name', name);
    await page.getByRole('button', { name: 'Continue' }).click();
    await choosePin(page, '7391');
}

run({
    async success_login_url_is_where_the_person_goes(t) {
        const page = await open(t, 'successLoginURL: "/protected/app"');
        await setUp(page, 'clara');
        await page.waitForURL('**/protected/app');
        await page.getByText('You are logged in as clara').waitFor();
    },

    async callbacks_are_called_in_milagros_order(t) {
        const page = await open(t, `onLoaded: note("loaded"), onSuccessSetup: note("setup"),
            onSuccessLogin: note("login"), onError: note("error"), onAccountDisabled: note("disabled")`);
        await setUp(page, 'carla');
        await page.waitForFunction(() => window.calls.length === 3);
        const [loaded, setup, login] = await calls(page);
        assert.equal(loaded[0], 'loaded');
        assert.deepEqual([setup[0], setup[1].user], ['setup', 'carla']);
        assert.deepEqual([login[0], login[1].user], ['login', 'carla']);
        assert.match(page.url(), /\/application$/);
    },

    async a_refusal_and_a_lock_are_told(t) {
        const page = await open(t, 'onSuccessLogin: note("login"), onError: note("error"), onAccountDisabled: note("disabled")');
        await setUp(page, 'celia');
        await page.waitForFunction(() => window.calls.length === 1);
        await page.context().clearCookies();
        await page.goto('/application');
        for (let i = 0; i < 3; i++)
            await typePin(page, '0001');
        await screen(page, 'locked');
        const told = await calls(page);
        assert.deepEqual(told.map(([name]) => name), ['error', 'error', 'error', 'disabled']);
        assert.equal(told[3][1], 'celia');
    },

    async the_pages_own_rule_for_names_and_its_own_texts_hold(t) {
        const page = await open(t, `identityCheckRegex: /^c[0-9]+$/, setDeviceName: true,
            customLanguageTexts: { en: { pad_name: "Your staff number" } }`);
        await page.getByLabel('Your staff number').fill('clio');
        await page.getByLabel('Device name').fill('Work laptop');
        await page.getByRole('button', { name: 'Continue' }).click();
        await alert(page, 'That name won\'t do.');
        await page.getByLabel('Your staff number').fill('c42');
        await page.getByRole('button', { name: 'Continue' }).click();
        await choosePin(page, '7391');
        await page.waitForURL('**/');
    },

    async where_registration_is_closed_the_login_page_comes_first(t) {
        const page = await openProfile(t);
        await page.route((url) => url.pathname === '/application', (route) => route.fulfill({ contentType: 'text/html', body: PAGE('') }));
        await page.route('**/clientSettings', async (route) => {
            const response = await route.fetch();
            await route.fulfill({ response, json: { ...await response.json(), registration: ['signed-in'] } });
        });
        await page.goto('/application');
        await screen(page, 'empty');
        assert.deepEqual(await findings(page), []);
        await page.getByRole('button', { name: 'Sign in', exact: true }).click();
        await page.waitForURL('**/login?return=%2Fapplication');
        await signInByPassword(page, t.site);
        await page.getByRole('link', { name: 'Not now' }).click();
        await page.waitForURL('**/application');
        await screen(page, 'offer');
    },

    async a_pin_that_was_forgotten_here_is_set_anew_here(t) {
        const page = await open(t, 'onSuccessLogin: note("login")');
        await page.goto('/login?return=/application');
        await signInByPassword(page, t.site);
        await page.getByRole('link', { name: 'Not now' }).click();
        await screen(page, 'offer');
        await page.getByRole('button', { name: 'Set up PIN' }).click();
        await choosePin(page, '7391');
        await page.waitForFunction(() => window.calls.length === 1);
        await page.context().clearCookies();
        await page.goto('/application');
        await screen(page, 'enter');
        await page.getByRole('button', { name: 'Forgot PIN?' }).click();
        await page.waitForURL('**/login?return=%2Fapplication');
        await page.locator('[data-to=password]').click();
        await signInByPassword(page, t.site);
        await choosePin(page, '8462');
        await page.waitForURL('**/application');
    },

    async an_expected_user_sets_up_at_once_and_then_enters_their_pin(t) {
        const page = await open(t, 'prerollid: "cora", successLoginURL: "/protected"');
        await choosePin(page, '7391');
        await page.waitForURL('**/protected');
        await page.context().clearCookies();
        await page.goto('/application');
        await page.getByLabel('PIN for cora').waitFor();

        await page.route((url) => url.pathname === '/another', (route) => route.fulfill({ contentType: 'text/html',
            body: PAGE('prerollid: "cosima", successLoginURL: "/protected"') }));
        await page.goto('/another');
        await screen(page, 'choose-pin');
        await page.getByLabel('PIN for cosima').waitFor();
        await page.reload(); // and no second registration
        assert.equal(await page.inputValue('#mp-name'), 'cosima');
    },

    async success_setup_url_is_where_a_new_pin_leads(t) {
        const page = await open(t, 'successSetupURL: "/protected/welcome", successLoginURL: "/protected/app"');
        await setUp(page, 'clemens');
        await page.waitForURL('**/login*');
        await page.getByLabel('PIN for clemens').waitFor();
    },

    async the_landing_page_and_the_phone_are_as_the_page_says(t) {
        const add = await open(t, 'landingPage: "add"');
        await screen(add, 'add');
        await add.getByRole('button', { name: 'Sign in with your phone' }).waitFor();
        const home = await open(t, 'landingPage: "home"');
        await screen(home, 'ways');
        assert.deepEqual(await findings(home), []);
        await home.getByRole('button', { name: 'Set up PIN' }).click();
        await screen(home, 'add');
        const alone = await open(t, 'mobileSupport: false, landingPage: "home"');
        await screen(alone, 'add');
        assert.equal(await alone.getByText('phone').count(), 0);
        const only = await open(t, 'mobileOnly: true');
        await screen(only, 'phone');
    },

    async on_error_hears_milagros_numbers(t) {
        const told = 'onError: function (number) { calls.push(number); }';
        const page = await open(t, told);
        await setUp(page, 'conny');
        await page.waitForURL('**/');
        await page.context().clearCookies();
        const other = await open(t, told);
        await other.fill('#mp-name', 'conny');
        await other.getByRole('button', { name: 'Continue' }).click();
        await other.waitForFunction(() => window.calls.length === 1);
        assert.deepEqual(await calls(other), [4009]);
        await other.route('**/rps/getQrUrl', (route) => route.fulfill({ status: 500, body: '' }));
        await other.getByRole('button', { name: 'Sign in with your phone' }).click();
        await other.waitForFunction(() => window.calls.length === 2);
        assert.deepEqual(await calls(other), [4009, 4014]);

        await page.goto('/application');
        await typePin(page, '0001');
        await page.waitForFunction(() => window.calls.length === 1);
        assert.deepEqual(await calls(page), [4012]);
        await page.route('**/clientSettings', (route) => route.abort());
        await page.goto('/application');
        await page.waitForFunction(() => window.calls.length === 1);
        assert.deepEqual(await calls(page), [4001]);
    },

    async milagros_names_of_texts_and_its_rule_for_names_are_known(t) {
        const page = await open(t, `identityCheckRegex: "email", language: "de", customLanguageTexts: {
            de: { setup_label1: "Ihre<br/> Adresse", setup_button_setup: "Los", pad_name_bad: "Eine E-Mail-Adresse, bitte" } }`);
        await page.getByLabel('Ihre Adresse').fill('conrad');
        await page.getByRole('button', { name: 'Los' }).click();
        await alert(page, 'Eine E-Mail-Adresse, bitte');
        await page.getByLabel('Ihre Adresse').fill('conrad@example.org');
        await page.getByRole('button', { name: 'Los' }).click();
        await choosePin(page, '7391');
        await page.waitForURL('**/');
    },

    async the_pad_takes_on_the_pages_font_and_axe_finds_nothing(t) {
        const page = await open(t, '');
        await page.addStyleTag({ content: 'body { font-family: monospace }' });
        await screen(page, 'add');
        assert.match(await page.locator('.mp-title').evaluate((title) => getComputedStyle(title).fontFamily), /monospace/);
        assert.deepEqual(await findings(page), []);
    },
});
