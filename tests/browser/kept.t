// SPDX-License-Identifier: Apache-2.0
// A form that met the login, in Chromium: the session had expired, a page asks whether it is to be sent again. The clock is
// libfaketime's.
const { port } = require('../lib/ports.cjs');
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { existsSync, mkdirSync, readdirSync, writeFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { join } = require('node:path');
const { build, findings, openProfile, run } = require('./browser.js');
const { apxs, makeFolder, ready, removeFolder, startHttpd } = require('./program.js');

const url = `http://127.0.0.1:${port}`;
const faketime = readdirSync('/usr/lib').map((name) => `/usr/lib/${name}/faketime/libfaketimeMT.so.1`).find(existsSync);
const folder = makeFolder('kept', build);
const clock = join(folder, 'clock');
const modules = apxs('LIBEXECDIR');
const configuration = `ServerRoot "${folder}"
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
PidFile "${folder}/httpd.pid"
ErrorLog "${folder}/logs/error.log"
${process.getuid() ? '' : 'User www-data\nGroup www-data\n'}${['mpm_event', 'authn_core', 'authn_file', 'authz_core', 'authz_user', 'dir', 'proxy', 'proxy_http'].map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so\n`).join('')}
LoadModule auth_mpin_module "${folder}/mod_auth_mpin.so"
MPinEngine On
MPinPublicURL ${url}
MPinStore "lmdb:${folder}/state/store"
MPinKeyFile "${folder}/state/keys/mpin.keys"
MPinPasswordProvider file
MPinRegister closed
MPinTitle Wiki
<Location /login>
AuthUserFile "${folder}/users"
</Location>
<Location /wiki>
AuthType MPin
Require valid-user
</Location>
ProxyPass /wiki http://127.0.0.1:${port + 1}/wiki
`;

let minutes = 0;
/** The site's clock goes on by so much. */
function later(more) {
    minutes += more;
    writeFileSync(clock, `+${minutes}m\n`);
}

/** What the application was sent: the bodies of POSTs. */
const saved = [];
const FORM = (type, more) => `<form method="post" action="/wiki/save?page=1" enctype="${type}"><label>Title <input name="title"></label><label>Text <textarea name="text"></textarea></label>${more}<button>Save</button></form>`;
const application = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
        if (request.method === 'POST')
            saved.push({ url: request.url, type: request.headers['content-type'], body: Buffer.concat(parts) });
        response.setHeader('Content-Type', 'text/html; charset=utf-8');
        const main = request.method === 'POST' ? '<h1>Saved</h1>'
            : FORM('application/x-www-form-urlencoded', '') + FORM('multipart/form-data', '<label>Photo <input type="file" name="photo"></label>');
        response.end(`<!doctype html><html lang="en"><meta name="referrer" content="same-origin"><title>wiki</title>${main}`);
    });
});

async function start() {
    mkdirSync(join(folder, 'site'));
    for (const name of ['john', 'jane'])
        execFileSync('htpasswd', [name === 'john' ? '-Bbc' : '-Bb', '-C', '4', join(folder, 'users'), name, `${name}-secret`], { stdio: 'ignore' });
    later(0);
    await new Promise((done) => application.listen(port + 1, '127.0.0.1', done));
    const httpd = startHttpd(folder, configuration, { env: { ...process.env, LD_PRELOAD: faketime,
        FAKETIME_TIMESTAMP_FILE: clock, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' } });
    const stop = () => {
        httpd.kill('SIGTERM');
        application.close();
        application.closeAllConnections();
        removeFolder(folder);
    };
    try {
        await ready(httpd, port);
    } catch (error) {
        stop();
        throw error;
    }
    return { url, stop };
}

const button = (page, name) => page.getByRole('button', { name, exact: true });

async function signIn(page, name) {
    await page.fill('#username', name);
    await page.fill('#password', `${name}-secret`);
    await button(page, 'Sign in').click();
    await page.locator('#password').waitFor({ state: 'detached' });
}

/** John at the form, with what he would save. */
async function atTheForm(t, nth = 0, options = {}) {
    const page = await openProfile(t, options);
    await page.goto('/wiki/edit');
    await signIn(page, 'john');
    await page.waitForURL('**/wiki/edit');
    await fill(page, nth);
    return page;
}

async function fill(page, nth) {
    await page.getByLabel('Title').nth(nth).fill('Grüße & <b>');
    await page.getByLabel('Text').nth(nth).fill('one\ntwo');
}

/** The session expires, and the form meets the login. */
async function meetLogin(page, nth = 0) {
    later(31);
    await button(page, 'Save').nth(nth).click();
    await page.getByText('What you sent is kept for 15 minutes').waitFor();
}

const asked = (page) => page.getByRole('heading', { name: 'Send it again?' }).waitFor();
const savedPage = (page) => page.getByRole('heading', { name: 'Saved' }).waitFor();
const gone = (page) => page.getByText('Nothing to send any more').waitFor();

run({
    async what_was_posted_with_an_expired_session_is_sent_again_by_a_button(t) {
        const page = await atTheForm(t);
        await meetLogin(page);
        assert.deepEqual(await findings(page), []);
        await page.screenshot({ path: join(build, 'kept-login.png') });
        await signIn(page, 'john');
        await asked(page);
        assert.equal(saved.length, 0, 'nothing is sent by itself');
        assert.deepEqual(await findings(page), []);
        await page.screenshot({ path: join(build, 'kept-again.png') });
        await page.setViewportSize({ width: 320, height: 640 });
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= 320), 'it fits a small screen');
        await page.emulateMedia({ colorScheme: 'dark' });
        await page.screenshot({ path: join(build, 'kept-again-dark.png') });
        const text = await page.innerText('main');
        assert.match(text, /\/wiki\/save/);
        assert.match(text, /title \(/);
        assert.doesNotMatch(text, /one|Grüße/, 'no values are shown');
        await page.getByRole('button', { name: 'Send again' }).focus();
        await page.keyboard.press('Enter');
        await savedPage(page);
        assert.equal(saved.length, 1);
        assert.equal(saved[0].url, '/wiki/save?page=1');
        const fields = new URLSearchParams(saved[0].body.toString());
        assert.deepEqual([fields.get('title'), fields.get('text')], ['Grüße & <b>', 'one\r\ntwo']);

        page.on('dialog', (dialog) => dialog.accept());
        await page.reload();
        await gone(page);
        assert.deepEqual(await findings(page), []);
        await page.goBack();
        await gone(page);
        assert.equal(saved.length, 1, 'neither a reload nor going back sends it once more');
    },

    async a_photo_goes_along_and_no_script_is_needed(t) {
        saved.length = 0;
        const page = await atTheForm(t, 1);
        const photo = Buffer.from(Array.from({ length: 50_000 }, (_, i) => i % 256));
        await page.getByLabel('Photo').setInputFiles({ name: 'me <at> sea.png', mimeType: 'image/png', buffer: photo });
        await meetLogin(page, 1);
        const state = await page.context().storageState();
        const href = await page.locator('input[name=return]').first().inputValue();
        const plain = await openProfile(t, { javaScriptEnabled: false, storageState: state });
        await plain.goto(`/login?return=${href}`);
        await plain.fill('#username', 'john');
        await plain.fill('#password', 'john-secret');
        await button(plain, 'Sign in').click();
        await asked(plain);
        assert.match(await plain.innerText('main'), /photo: me <at> sea\.png \(50 kB\)/);
        await plain.screenshot({ path: join(build, 'kept-photo.png') });
        await button(plain, 'Send again').click();
        await savedPage(plain);
        assert.equal(saved.length, 1);
        assert.match(saved[0].type, /^multipart\/form-data; boundary=/);
        assert.ok(saved[0].body.includes(photo), 'byte for byte');
        assert.ok(saved[0].body.includes('filename="me <at> sea.png"'));
    },

    async somebody_else_signs_in_and_it_is_thrown_away(t) {
        saved.length = 0;
        const page = await atTheForm(t);
        await meetLogin(page);
        const href = await page.locator('input[name=return]').first().inputValue();
        await signIn(page, 'jane');
        await gone(page);
        await page.screenshot({ path: join(build, 'kept-gone.png') });
        await page.goto('/login?switch=1');
        await signIn(page, 'john');
        await page.goto(href);
        await gone(page);
        assert.equal(saved.length, 0, 'nobody sent anything');
    },

    async it_is_thrown_away_by_a_button_and_leads_back_to_the_form(t) {
        saved.length = 0;
        const page = await atTheForm(t);
        await meetLogin(page);
        await signIn(page, 'john');
        await asked(page);
        await button(page, 'Throw it away').click();
        await page.waitForURL('**/wiki/edit');
        await page.goBack();
        await gone(page);
        assert.equal(saved.length, 0);
    },

    async two_tabs_keep_a_form_each(t) {
        saved.length = 0;
        const one = await atTheForm(t);
        const two = await one.context().newPage();
        await two.goto('/wiki/edit');
        await fill(two, 0);
        await two.getByLabel('Title').first().fill('second');
        later(31);
        for (const page of [one, two]) {
            await button(page, 'Save').first().click();
            await page.getByText('What you sent is kept for 15 minutes').waitFor();
        }
        await signIn(one, 'john');
        await asked(one);
        await signIn(two, 'john');
        await asked(two);
        await button(two, 'Send again').click();
        await savedPage(two);
        const again = await one.context().newPage();
        await again.goto(one.url());
        await asked(again);
        await button(again, 'Send again').click();
        await savedPage(again);
        await button(one, 'Send again').click();
        await gone(one);
        assert.deepEqual(saved.map(({ body }) => new URLSearchParams(body.toString()).get('title')), ['second', 'Grüße & <b>'], 'each once');
    },
}, start);
