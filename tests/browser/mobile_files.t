// SPDX-License-Identifier: Apache-2.0
// The phone's page as files that an application sends itself (build/htdocs/m), from an origin of its own beside this module
// as its RPS: a phone gets through every screen with nothing but these.
const { port } = require('../lib/ports.cjs');
const assert = require('node:assert/strict');
const { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { alert, build, choosePin, findings, openProfile, run, screen, startSite, typePin } = require('./browser.js');

const service = `http://127.0.0.1:${port + 3}`; // port is that of the demo's site
const application = `http://127.0.0.1:${port + 1}`;
const PIN = '7391';

async function start() {
    const { page, serviceOf, startRpa } = await import('../milagro/rpa.mjs');
    const files = mkdtempSync(join(tmpdir(), 'mpin-mobile-'));
    cpSync(join(build, 'htdocs/m'), join(files, 'm'), { recursive: true });
    writeFileSync(join(files, 'm/settings.json'), JSON.stringify({ clientSettingsURL: `${service}/rps/clientSettings` }));
    const rpa = await startRpa({
        port: port + 1, rps: service, files, page: () => ({
            html: page(`${service}/mpin.js`),
            options: `clientSettingsURL: '${service}/rps/clientSettings', successLoginURL: '/protected'`,
        }),
    });
    const site = await startSite(serviceOf({ service, application }));
    return {
        ...site, url: application, rpa,
        async stop() {
            await Promise.all([site.stop(), rpa.stop()]);
            rmSync(files, { recursive: true });
        },
    };
}

/** A phone, and what it has had of the folder. */
async function openPhone(t, options = {}) {
    const phone = await openProfile(t, { hasTouch: true, isMobile: true, ...options });
    phone.had = new Set();
    phone.on('response', (response) => {
        const { origin, pathname } = new URL(response.url());
        if (origin === application) {
            phone.had.add(pathname.slice('/m/'.length));
            assert.equal(response.status(), 200, pathname);
        } else {
            assert.ok(pathname.startsWith('/rps/'), `${pathname} is no file of the RPS's`);
        }
    });
    return phone;
}

/** Types the number that a computer shows. */
async function claim(t, phone) {
    const computer = await openProfile(t);
    await computer.goto('/');
    const answered = computer.waitForResponse((response) => /\/rps\/get(QrUrl|AccessNumber)$/.test(response.url()));
    await computer.getByRole('button', { name: 'Sign in with your phone' }).click();
    await phone.fill('#mp-code', (await (await answered).json()).accessNumber);
    await screen(phone, 'mobile-computer');
    return computer;
}

const pick = async (phone, computer) =>
    phone.getByRole('button', { name: await computer.locator('.mp-match').textContent(), exact: true }).tap();

async function setUp(phone, name) {
    await phone.fill('#mp-name', name);
    await phone.getByRole('button', { name: 'Continue' }).tap();
}

run({
    async every_screen_of_a_phone_comes_from_the_folder(t) {
        const phone = await openPhone(t);
        await phone.goto('/m/index.html');
        await phone.getByRole('button', { name: 'Set up PIN' }).tap();
        t.site.rpa.verdict = { forceActivate: false };
        try {
            await setUp(phone, 'fiona@example.org');
            await screen(phone, 'mail');
            assert.deepEqual(await findings(phone), []);
            await phone.reload();
            await screen(phone, 'mail');
        } finally {
            t.site.rpa.verdict = { forceActivate: true };
        }
        await phone.getByRole('button', { name: 'Wrong address?' }).tap();
        await setUp(phone, 'fanny@example.org');
        await choosePin(phone, PIN);
        await screen(phone, 'mobile-number');

        let computer = await claim(t, phone);
        await phone.getByRole('button', { name: 'It shows none of these' }).tap();
        await screen(phone, 'mobile-cancelled');
        await phone.getByRole('button', { name: 'Type a number' }).tap();
        computer = await claim(t, phone);
        await pick(phone, computer);
        await typePin(phone, '0001');
        await alert(phone, 'That PIN isn\'t right.');
        await typePin(phone, PIN);
        await screen(phone, 'mobile-done');
        await computer.waitForURL('**/protected');

        await phone.getByRole('button', { name: 'Sign in another computer' }).tap();
        computer = await claim(t, phone);
        await pick(phone, computer);
        for (const pin of ['0001', '0002', '0003'])
            await typePin(phone, pin);
        await screen(phone, 'locked');
        await phone.getByRole('button', { name: 'Set up again' }).tap();
        await choosePin(phone, '8462');
        await screen(phone, 'mobile-number');

        // Who has two PINs chooses, and takes one away.
        await phone.evaluate(() => new Promise((resolve) => {
            indexedDB.open('mpin').onsuccess = ({ target }) => {
                const all = target.result.transaction('identities', 'readwrite').objectStore('identities');
                all.getAll().onsuccess = ({ target: { result: [one] } }) =>
                    all.put({ ...one, mpinId: '7b7d', user: 'felix@example.org', key: undefined }).onsuccess = resolve;
            };
        }));
        computer = await claim(t, phone);
        await pick(phone, computer);
        await phone.getByRole('button', { name: 'Reset or remove a PIN' }).tap();
        await screen(phone, 'manage');
        const unasked = ['address.js', 'confirm.js', 'milagro.js', 'texts', 'worker-bncx.js']; // those of other servers and pages
        assert.deepEqual(readdirSync(join(build, 'htdocs/m')).filter((name) => !phone.had.has(name)).sort(), unasked);
    },

    async a_folder_that_lacks_something_says_so(t) {
        for (const [lacking, locale] of [['settings.json', 'fr-FR'], ['mpin-mobile.js', 'pl-PL']]) {
            const phone = await openProfile(t, { locale });
            const texts = require(`../../htdocs/texts/${locale.slice(0, 2)}.json`);
            await phone.route(`**/m/${lacking}`, (route) => route.fulfill({ status: 404, body: 'no' }));
            await phone.goto('/m/index.html');
            await phone.getByText(texts.late).waitFor();
            await phone.unroute(`**/m/${lacking}`);
            await phone.getByRole('link', { name: texts.try_again }).click();
            await screen(phone, 'mobile-new');
            t.problems.length = 0; // the browser complains of what is missing
        }
    },
}, start);
