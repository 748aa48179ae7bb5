// SPDX-License-Identifier: Apache-2.0
// The pad in a page of another origin, as Milagro's tutorial has it: the application's page on one origin, and on
// another this module as its RPS, from where the page takes /mpin.js.
const { port } = require('../lib/ports.cjs');
const assert = require('node:assert/strict');
const { alert, choosePin, openProfile, run, screen, startSite, typePin } = require('./browser.js');

const service = `http://127.0.0.1:${port + 3}`; // port is that of the demo's site
const application = `http://127.0.0.1:${port + 1}`; // the service's site too: what differs is the port
const stranger = `http://127.0.0.1:${port + 2}`; // not listed
const STRICT = `default-src 'none'; script-src 'self' ${service}; style-src ${service}; connect-src 'self' ${service}`;

let shown; // what the application's page is

/** The page, with a policy and options of its own. */
function shows(policy, options = '') {
    shown = {
        policy,
        options: `clientSettingsURL: '${service}/rps/clientSettings', successLoginURL: '/protected', ${options}`,
    };
}

async function start() {
    const { page, serviceOf, startRpa } = await import('../milagro/rpa.mjs');
    const applications = await Promise.all([1, 2].map((i) => startRpa({
        port: port + i, rps: service,
        page: () => ({
            html: page(`${service}/mpin.js`), options: shown.options,
            headers: shown.policy ? { 'Content-Security-Policy': shown.policy } : {},
        }),
    })));
    const site = await startSite(serviceOf({ service, application, pages: [application, `http://localhost:${port + 1}`] }));
    return {
        ...site, url: application, rpa: applications[0],
        stop: () => Promise.all([site.stop(), ...applications.map(({ stop }) => stop())]),
    };
}

const inside = (page) => page.waitForURL('**/protected');

async function setUp(page, name) {
    await page.fill('#mp-name', name);
    await page.getByRole('button', { name: 'Continue' }).click();
    await choosePin(page, '7391');
    await inside(page);
}

/** Registers and signs in, on a page that is shown already; how many Workers it took. */
async function story(page, name) {
    const url = page.url();
    await setUp(page, name);
    await page.goto(url);
    await screen(page, 'enter');
    const workers = page.workers().length;
    await typePin(page, '7390');
    await alert(page, 'That PIN isn\'t right.');
    await typePin(page, '7391');
    await inside(page);
    return workers;
}

run({
    async a_page_without_a_policy(t) {
        shows('');
        const page = await openProfile(t);
        await page.goto('/');
        assert.equal(await story(page, 'anna'), 1);
        assert.deepEqual([t.site.rpa.redeemed.at(-1).status, t.site.rpa.redeemed.at(-1).userId], [200, 'anna']);
    },

    async a_strict_policy_that_lets_a_worker_be_made_from_a_blob(t) {
        shows(`${STRICT}; worker-src blob:`);
        const page = await openProfile(t);
        await page.goto('/');
        assert.equal(await story(page, 'berta'), 1);
    },

    async without_a_worker_the_page_itself_computes(t) {
        shows(STRICT);
        const page = await openProfile(t);
        await page.goto('/');
        assert.equal(await story(page, 'carla'), 0);
        const others = t.problems.splice(0).filter((problem) => !/worker-src|blob:/.test(problem));
        assert.deepEqual(others, []);
    },

    async a_page_of_another_site_needs_no_cookies(t) {
        shows('');
        const page = await openProfile(t);
        const cookies = [];
        page.on('request', async (request) => request.url().startsWith(`${service}/rps`)
            && cookies.push((await request.allHeaders()).cookie));
        await page.goto(`http://localhost:${port + 1}/`);
        await story(page, 'dora');
        assert.ok(cookies.length > 6);
        assert.deepEqual(cookies.filter(Boolean), []);
    },

    async what_the_page_keeps_is_its_origins(t) {
        shows('');
        const page = await openProfile(t);
        await page.goto('/');
        await setUp(page, 'erna');
        const databases = () => page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
        assert.deepEqual(await databases(), ['mpin']);
        await page.goto(`${service}/mpin/icon.svg`);
        assert.deepEqual(await databases(), []);
    },

    async third_wrong_pin_locks_and_the_service_has_no_other_way_but_a_phone(t) {
        shows('', 'onAccountDisabled: note("disabled")');
        const page = await openProfile(t);
        await page.goto('/');
        await setUp(page, 'frida');
        await page.goto('/');
        for (const pin of ['0001', '0002', '0003'])
            await typePin(page, pin);
        await screen(page, 'locked');
        assert.deepEqual(await page.evaluate(() => window.calls), [['disabled', 'frida']]);
        assert.deepEqual(await page.locator('.mp-screen button').allInnerTexts(), ['Set up again', 'Sign in with your phone']);
        await page.getByRole('button', { name: 'Set up again' }).click();
        await choosePin(page, '8462');
        await inside(page);
    },

    async an_application_that_only_redeems_lets_the_phone_go_at_once(t) {
        shows('');
        const phone = await openProfile(t, { hasTouch: true, isMobile: true });
        const computer = await openProfile(t);
        await phone.goto(`${service}/m`);
        await phone.getByRole('button', { name: 'Set up PIN' }).tap();
        await phone.fill('#mp-name', 'gerda');
        await phone.getByRole('button', { name: 'Continue' }).click();
        await choosePin(phone, '7391');
        await screen(phone, 'mobile-number');
        await computer.goto('/');
        const answered = computer.waitForResponse('**/rps/getQrUrl');
        await computer.getByRole('button', { name: 'Sign in with your phone' }).click();
        await phone.goto((await (await answered).json()).qrUrl);
        await phone.getByRole('button', { name: await computer.locator('.mp-match').textContent(), exact: true }).tap();
        await typePin(phone, '7391');
        await inside(computer);
        await phone.waitForSelector('.mp-screen-mobile-done', { timeout: 3_000 });
        assert.equal(await phone.getByRole('button', { name: 'Sign that computer out' }).count(), 0);
    },

    async texts_and_styles_come_from_the_service(t) {
        shows(`${STRICT}; worker-src blob:`, 'language: "de"');
        const page = await openProfile(t);
        await page.goto('/');
        await page.getByRole('button', { name: 'Weiter' }).waitFor();
        await page.waitForFunction((href) => [...document.styleSheets].some((sheet) => sheet.href === href),
            `${service}/mpin/mpin.css`);
    },

    async an_origin_that_is_not_listed_is_out_of_reach(t) {
        shows('');
        const page = await openProfile(t);
        await page.goto(`${stranger}/`);
        await screen(page, 'offline');
    },

    async a_policy_that_forgets_the_service_says_that_it_is_out_of_reach(t) {
        shows(STRICT.replace(/connect-src.*/, "connect-src 'self'"));
        const page = await openProfile(t);
        await page.goto('/');
        await screen(page, 'offline');
        const others = t.problems.splice(0).filter((problem) => !/connect-src|Refused to connect/.test(problem));
        assert.deepEqual(others, []);
    },
}, start);
