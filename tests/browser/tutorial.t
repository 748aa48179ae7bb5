// SPDX-License-Identifier: Apache-2.0
// The application of Milagro's tutorial in Python (tests/tutorial), untouched but for its addresses, behind the RPS of
// conf/rps-server.conf, untouched but for ports and folders. Its page is on one origin, the RPS and the PIN pad are on
// another.
const { port } = require('../lib/ports.cjs');
const assert = require('node:assert/strict');
const { cpSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { alert, build, choosePin, findings, openProfile, run, screen, typePin } = require('./browser.js');
const { PYTHON, apxs, makeFolder, ready, removeFolder, startHttpd, startProgram } = require('./program.js');

const rps = `http://127.0.0.1:${port}`;
const application = `http://127.0.0.1:${port + 2}`;
const PIN = '7391';
const folder = makeFolder('tutorial', build);

/** The example as it is shipped, with ports and folders of ours. */
function configuration() {
    return readFileSync(join(__dirname, '../../conf/rps-server.conf'), 'utf8')
        .replace(/^#.*\n/gm, '')
        .replace(/\b80(?:11|01|05)\b/g, (shipped) => `${port + ['8011', '8001', '8005'].indexOf(shipped)}`)
        .replaceAll('/usr/lib/apache2/modules/mod_auth_mpin.so', join(folder, 'mod_auth_mpin.so'))
        .replaceAll('/usr/lib/apache2/modules', apxs('LIBEXECDIR'))
        .replaceAll(/\/etc\/apache2|\/run\/apache2|\/var\/log\/apache2|\/var\/lib\/apache2/g, folder)
        .replaceAll(/^(User|Group) .*\n/gm, (line) => process.getuid() === 0 ? line : '');
}

async function start() {
    const httpd = startHttpd(folder, configuration());
    const mobile = join(folder, 'm');
    cpSync(join(build, 'htdocs/m'), mobile, { recursive: true });
    writeFileSync(join(mobile, 'settings.json'), JSON.stringify({ clientSettingsURL: `${rps}/rps/clientSettings` }));
    const flask = startProgram(PYTHON, [join(__dirname, '../tutorial/app.py'), `${port + 2}`, rps, mobile]);
    const stop = () => {
        httpd.kill('SIGTERM');
        flask.kill('SIGTERM');
        removeFolder(folder);
    };
    try {
        await Promise.all([ready(httpd, port), ready(httpd, port + 1), ready(flask, port + 2)]);
    } catch (error) {
        stop();
        throw error;
    }
    return { url: application, stop };
}

async function setUp(page, name) {
    await page.goto('/');
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.fill('#mp-name', name);
    await page.getByRole('button', { name: 'Continue' }).click();
    await choosePin(page, PIN);
    await inside(page, name);
}

const inside = (page, name) => page.getByText(`This is for ${name} only`).waitFor();

async function signOut(page) {
    await page.getByRole('link', { name: 'Sign out' }).click();
    await page.getByText('Nobody is signed in').waitFor();
}

/** The statuses that /mpinAuthenticate has answered. */
function answers(page) {
    const seen = [];
    page.on('response', (response) => response.url().endsWith('/mpinAuthenticate') && seen.push(response.status()));
    return seen;
}

async function tryPin(page, pin) {
    const answered = page.waitForResponse('**/mpinAuthenticate');
    await typePin(page, pin);
    await answered;
}

run({
    async a_name_a_pin_and_the_person_is_in_and_in_again(t) {
        const page = await openProfile(t);
        const seen = answers(page);
        await page.goto('/protected');
        assert.equal(new URL(page.url()).pathname, '/login', 'nobody is let in by default');
        await setUp(page, 'alice@example.com');
        await signOut(page);
        await page.goto('/protected');
        await typePin(page, PIN);
        await inside(page, 'alice@example.com');
        assert.deepEqual(seen, [200, 200]);
        await signOut(page);
        await page.goto('/protected');
        assert.equal(new URL(page.url()).pathname, '/login', 'signed out is out');
    },

    async a_wrong_pin_is_told_and_three_lock(t) {
        const page = await openProfile(t);
        const seen = answers(page);
        await setUp(page, 'bob@example.com');
        await signOut(page);
        await page.goto('/login');
        for (const pin of ['0001', '0002']) {
            await tryPin(page, pin);
            await alert(page, 'That PIN isn\'t right.');
        }
        await tryPin(page, '0003');
        await screen(page, 'locked');
        assert.deepEqual(seen, [200, 401, 401, 410]);
        await page.goto('/protected');
        assert.equal(new URL(page.url()).pathname, '/login', 'and nobody is in');
    },

    async a_right_pin_between_wrong_ones_starts_the_count_anew(t) {
        const page = await openProfile(t);
        const seen = answers(page);
        await setUp(page, 'carol@example.com');
        for (const pins of [['0001', '0002', PIN], ['0003', PIN]]) {
            await signOut(page);
            await page.goto('/login');
            for (const pin of pins)
                await tryPin(page, pin);
            await inside(page, 'carol@example.com');
        }
        assert.deepEqual(seen, [200, 401, 401, 200, 401, 200]);
    },

    async a_phone_signs_the_page_in_and_out_again(t) {
        const phone = await openProfile(t, { hasTouch: true, isMobile: true });
        const desktop = await openProfile(t, { viewport: { width: 1280, height: 900 } });
        await phone.goto('/m');
        assert.equal(new URL(phone.url()).origin, rps, 'the mobile app is the RPS\'s');
        await phone.getByRole('button', { name: 'Set up PIN' }).tap();
        await phone.fill('#mp-name', 'dora@example.com');
        await phone.getByRole('button', { name: 'Continue' }).click();
        await choosePin(phone, PIN);
        await screen(phone, 'mobile-number');
        await desktop.goto('/login');
        const answered = desktop.waitForResponse('**/rps/getQrUrl');
        await desktop.getByRole('button', { name: 'Sign in with your phone' }).click();
        const { qrUrl } = await (await answered).json();
        await phone.goto(qrUrl);
        await screen(phone, 'mobile-computer');
        await screen(desktop, 'phone-scanned');
        const number = await desktop.locator('.mp-match').textContent();
        await phone.getByRole('button', { name: number, exact: true }).tap();
        await typePin(phone, PIN);
        await inside(desktop, 'dora@example.com');
        await phone.getByRole('button', { name: 'Sign that computer out' }).tap();
        await phone.getByText('Signed out there.').waitFor();
        await desktop.goto('/protected');
        assert.equal(new URL(desktop.url()).pathname, '/login', 'signed out is out');
    },

    async locked_then_set_up_again_and_in(t) {
        const page = await openProfile(t);
        await setUp(page, 'erik@example.com');
        for (const [pin, way] of [['0001'], ['0002'], ['0003', 'Set up again']]) {
            if (pin === '0001') {
                await signOut(page);
                await page.goto('/login');
            }
            await tryPin(page, pin);
            if (way)
                await page.getByRole('button', { name: way }).click();
        }
        await choosePin(page, '8264');
        await inside(page, 'erik@example.com');
        await signOut(page);
        await page.goto('/login');
        await page.getByRole('button', { name: 'Forgot PIN?' }).click();
        await choosePin(page, PIN);
        await inside(page, 'erik@example.com');
    },

    async the_mobile_files_that_the_application_sends_itself_sign_it_in(t) {
        const phone = await openProfile(t, { hasTouch: true, isMobile: true, locale: 'de-DE' });
        const computer = await openProfile(t);
        await phone.goto('/m/index.html');
        await phone.getByRole('button', { name: 'PIN einrichten' }).tap();
        assert.equal(new URL(phone.url()).origin, application);
        assert.deepEqual(await findings(phone), []);
        await phone.fill('#mp-name', 'erna@example.com');
        await phone.getByRole('button', { name: 'Weiter' }).click();
        await choosePin(phone, PIN);
        await screen(phone, 'mobile-number');
        await computer.goto('/login');
        const answered = computer.waitForResponse((response) => /\/rps\/get(QrUrl|AccessNumber)$/.test(response.url()));
        await computer.getByRole('button', { name: 'Sign in with your phone' }).click();
        await phone.fill('#mp-code', (await (await answered).json()).accessNumber); // the last digit sends it
        await phone.getByRole('button', { name: await computer.locator('.mp-match').textContent(), exact: true }).tap();
        await typePin(phone, PIN);
        await inside(computer, 'erna@example.com');
        await screen(phone, 'mobile-done');
    },

    async who_is_locked_sets_up_again(t) {
        const page = await openProfile(t);
        await setUp(page, 'fritz@example.com');
        await signOut(page);
        await page.goto('/login');
        for (const pin of ['0001', '0002', '0003'])
            await tryPin(page, pin);
        await screen(page, 'locked');
        await page.getByRole('button', { name: 'Set up again' }).click();
        await choosePin(page, '8462');
        await inside(page, 'fritz@example.com');
    },

    async nothing_of_the_rps_is_open_to_the_page_but_its_public_part(t) {
        const page = await openProfile(t);
        await page.goto('/');
        const statuses = await page.evaluate((base) => Promise.all(['/authenticate', '/user/00', '/loginResult'].map((path) =>
            fetch(base + path, { method: 'POST', body: '{"authOTT":"00"}' }).then(({ status }) => status, () => 'unreadable'))), rps);
        assert.deepEqual(statuses, ['unreadable', 'unreadable', 'unreadable']);
    },
}, start);
