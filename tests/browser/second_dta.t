// SPDX-License-Identifier: Apache-2.0
// Split trust and time permits, in Chromium: a site, and on another origin its second D-TA, each with an httpd of its
// own that can be ended and whose clock can be set. BUILD names the build folder.
const { port } = require('../lib/ports.cjs');
const assert = require('node:assert/strict');
const { execFileSync, spawn } = require('node:child_process');
const { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { alert, build, choosePin, openProfile, run, screen, signOut, typePin } = require('./browser.js');
const { until } = require('./program.js');

const SITE = `http://127.0.0.1:${port}`;
const DTA = `http://127.0.0.1:${port + 1}`;
const modules = execFileSync('apxs', ['-q', 'LIBEXECDIR'], { encoding: 'utf8' }).trim();
const httpd = [execFileSync('apxs', ['-q', 'SBINDIR'], { encoding: 'utf8' }).trim()]
    .flatMap((folder) => [`${folder}/apache2`, `${folder}/httpd`]).find(existsSync);
const faketime = readdirSync('/usr/lib').map((name) => `/usr/lib/${name}/faketime/libfaketimeMT.so.1`).find(existsSync);

/** An httpd in a folder of its own. */
class Httpd {
    constructor(folder, url, loads, conf) {
        Object.assign(this, { folder, url });
        mkdirSync(folder);
        const user = process.getuid() ? '' : 'User www-data\nGroup www-data\n';
        writeFileSync(join(folder, 'httpd.conf'), `ServerRoot "${folder}"
ServerName 127.0.0.1
Listen ${new URL(url).host}
PidFile "${folder}/httpd.pid"
ErrorLog "${folder}/error.log"
DefaultRuntimeDir "${folder}"
Mutex "file:${folder}" default
${user}${['mpm_event', 'authz_core', ...loads].map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so\n`).join('')}
LoadModule auth_mpin_module "${folder}/../mod_auth_mpin.so"
StartServers 1
ThreadsPerChild 16
MaxRequestWorkers 16
${conf}
`);
    }

    /** @param {string} [offset] of its clock, as faketime has it: "+1d" */
    async start(offset) {
        const env = offset ? { LD_PRELOAD: faketime, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1' } : {};
        this.process = spawn(httpd, ['-f', join(this.folder, 'httpd.conf'), '-DFOREGROUND'],
            { env: { ...process.env, ...env }, stdio: 'ignore' });
        await until(this.url, () => fetch(this.url).then(() => true, () => false));
        return this;
    }

    async stop() {
        const ended = this.process && new Promise((done) => this.process.once('exit', done));
        this.process?.kill('SIGTERM');
        await ended;
        this.process = undefined;
    }
}

async function start() {
    const folder = mkdtempSync('/var/tmp/mpin-browser-');
    chmodSync(folder, 0o755);
    cpSync(join(build, 'mod_auth_mpin.so'), join(folder, 'mod_auth_mpin.so'));
    const dta = new Httpd(join(folder, 'dta'), DTA, [], `<VirtualHost *>
MPinEngine On
MPinService dta
MPinPublicURL ${DTA}
MPinStore "lmdb:${folder}/dta/store"
MPinKeyFile "${folder}/dta/keys/mpin.keys"
MPinCORS ${SITE}
</VirtualHost>`);
    await dta.start();
    const site = new Httpd(join(folder, 'site'), SITE, ['authn_core', 'authz_user', 'dir'], `
MPinEngine On
MPinPublicURL ${SITE}
MPinStore "lmdb:${folder}/site/store"
MPinKeyFile "${folder}/site/keys/mpin.keys"
MPinTitle Wiki
MPinRegister open
MPinRegisterAllow any
MPinTimePermits On
MPinSecondDTA ${DTA} "${folder}/dta/keys/mpin.keys.dta"
DocumentRoot "${folder}/site/pages"
DirectoryIndex index.html
<Location /protected>
    AuthType MPin
    Require valid-user
</Location>`);
    mkdirSync(join(folder, 'site/pages/protected'), { recursive: true });
    writeFileSync(join(folder, 'site/pages/index.html'), '<!DOCTYPE html><title>Wiki</title>home');
    writeFileSync(join(folder, 'site/pages/protected/index.html'), '<!DOCTYPE html><title>Wiki</title>protected');
    await site.start();
    return {
        url: SITE, dta, httpd: site,
        log: () => readFileSync(join(folder, 'site/error.log'), 'utf8'),
        async stop() {
            await site.stop();
            await dta.stop();
            rmSync(folder, { recursive: true, force: true });
        },
    };
}

/** Which of the pages' requests went to the D-TA, by path. */
function watch(page) {
    const asked = [];
    page.on('request', (request) => request.url().startsWith(DTA) && asked.push(new URL(request.url()).pathname));
    return asked;
}

async function setUp(page, name) {
    await page.goto('/login');
    await page.fill('#mp-name', name);
    await page.getByRole('button', { name: 'Continue' }).click();
    await choosePin(page, '7391');
}

let visits = 0; // each at an address of its own: the browser may keep the page of an earlier one

async function signIn(page, pin = '7391') {
    await page.goto(`/protected/?${++visits}`);
    await screen(page, 'enter');
    await typePin(page, pin);
}

run({
    async both_d_tas_are_asked_once_and_the_permit_is_kept_for_the_day(t) {
        const page = await openProfile(t);
        const asked = watch(page);
        await setUp(page, 'anna');
        await page.waitForURL('**/');
        assert.deepEqual(asked.filter((path) => path === '/clientSecret').length, 1);
        assert.deepEqual(asked.filter((path) => path === '/timePermit').length, 1);
        for (let i = 0; i < 2; i++) {
            await signOut(page);
            await signIn(page);
            await page.waitForURL('**/protected/?*');
        }
        assert.deepEqual(asked.filter((path) => path === '/timePermit').length, 1);
        await signOut(page);
        await signIn(page, '1937');
        await alert(page, 'That PIN isn\'t right. 2 tries left.');
    },

    async no_cookie_of_the_site_goes_to_the_d_ta(t) {
        const page = await openProfile(t);
        const cookies = [];
        page.on('request', async (request) => request.url().startsWith(DTA)
            && cookies.push((await request.allHeaders()).cookie));
        await setUp(page, 'cora');
        await page.waitForURL('**/');
        assert.ok(cookies.length >= 2);
        assert.ok(cookies.every((cookie) => !cookie));
    },

    async with_the_d_ta_down_nobody_sets_up_a_pin_and_who_has_one_signs_in(t) {
        const page = await openProfile(t);
        await setUp(page, 'dora');
        await page.waitForURL('**/');
        await signOut(page);
        await t.site.dta.stop();
        try {
            await signIn(page);
            await page.waitForURL('**/protected/?*');

            const other = await openProfile(t);
            await setUp(other, 'emil');
            await screen(other, 'offline');
            await other.getByText(`Can't reach ${new URL(DTA).host}.`).waitFor();
            await other.getByText('Nothing is lost. Try again in a moment.').waitFor();
            await t.site.dta.start();
            await other.getByRole('button', { name: 'Try again' }).click();
            await setUp(other, 'emil'); // the name is not taken: nothing was half done
            await other.waitForURL('**/');
        } finally {
            if (!t.site.dta.process)
                await t.site.dta.start();
        }
    },

    async a_new_day_wants_a_new_permit_and_the_device_fetches_it_by_itself(t) {
        const page = await openProfile(t);
        const asked = watch(page);
        await setUp(page, 'frida');
        await page.waitForURL('**/');
        await signOut(page);
        const permits = () => asked.filter((path) => path === '/timePermit').length;
        assert.equal(permits(), 1);
        await t.site.httpd.stop();
        await t.site.dta.stop();
        await t.site.httpd.start('+1d');
        await t.site.dta.start('+1d');
        try {
            await signIn(page); // this device's own clock is a day behind
            await page.waitForURL('**/protected/?*');
            assert.equal(permits(), 2);
            await signOut(page);
            await signIn(page);
            await page.waitForURL('**/protected/?*');
            assert.ok(permits() <= 3);

            await signOut(page);
            await t.site.dta.stop();
            await t.site.httpd.stop();
            await t.site.httpd.start('+2d'); // the next day, and no second D-TA to ask
            await signIn(page);
            await screen(page, 'offline');
            await page.getByText(`Can't reach ${new URL(DTA).host}.`).waitFor();
            await t.site.dta.start('+2d');
            await page.getByRole('button', { name: 'Try again' }).click();
            await screen(page, 'enter');
            await typePin(page, '7391');
            await page.waitForURL('**/protected/?*');
        } finally {
            await t.site.dta.stop();
            await t.site.httpd.stop();
            await t.site.dta.start();
            await t.site.httpd.start();
        }
    },
}, start);
