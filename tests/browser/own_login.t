// SPDX-License-Identifier: Apache-2.0
// conf/recipes/own-login.conf in Chromium, as it is shipped but for ports and folders: a Flask application that has a /login
// of its own stands behind a login of ours that lies below /_mpin, with every page of it.
const { port } = require('../lib/ports.cjs');
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { build, choosePin, openProfile, root, run, screen, signInByPassword, typePin } = require('./browser.js');
const { PYTHON, makeFolder, ready, removeFolder, startHttpd, startProgram } = require('./program.js');
const { shipped } = require('./shipped.js');

const url = `http://127.0.0.1:${port}`;

async function start() {
    const folder = makeFolder('own-login', build);
    execFileSync('htpasswd', ['-Bbc', '-C', '4', join(folder, 'users'), 'anna', 'anna-secret'], { stdio: 'ignore' });
    const application = startProgram(PYTHON, [join(root, 'tests/lib/recipe_app.py'), String(port + 1)]);
    await ready(application, port + 1);
    const text = shipped('recipes/own-login.conf', folder).replaceAll('127.0.0.1:3000', `127.0.0.1:${port + 1}`);
    const httpd = startHttpd(folder, `${text}\nMutex file:${folder} default\nMPinStore lmdb:${folder}/state/store\nMPinKeyFile ${folder}/state/keys/mpin.keys\n`);
    await ready(httpd, port);
    const stop = () => {
        httpd.kill('SIGTERM');
        application.kill('SIGKILL');
        removeFolder(folder);
    };
    return { url, user: 'anna', password: 'anna-secret', log: () => readFileSync(join(folder, 'logs/error.log'), 'utf8'), stop };
}

const at = (page, path) => page.waitForURL((where) => where.pathname === path);

/** In and out at the application's own login, as whoever is signed in here. */
async function throughItsOwn(page) {
    await page.goto('/login');
    await page.getByRole('heading', { name: 'The application\'s own login' }).waitFor();
    await page.getByLabel('Account').fill('books');
    await page.getByRole('button', { name: 'Enter' }).click();
    await at(page, '/inside');
    assert.equal(await page.textContent('h1'), 'Account books', 'its form arrives, and its cookie comes back');
    assert.equal(await page.textContent('#user'), 'anna', 'it is told who is there');
    await page.getByRole('button', { name: 'Leave the account' }).click();
    await at(page, '/login');
}

run({
    async 'an_application_keeps_its_own_login_beside_ours'(t) {
        const page = await openProfile(t);
        const asked = [];
        page.on('request', (request) => asked.push(new URL(request.url()).pathname));
        await page.goto('/login');
        await at(page, '/_mpin/login');
        await page.waitForSelector('.mp-screen', { state: 'attached' });
        assert.deepEqual(asked.filter((path) => path !== '/login' && !path.startsWith('/_mpin/')), [], 'the login page asks for nothing elsewhere');
        await signInByPassword(page, t.site);
        await screen(page, 'offer');
        await page.getByRole('button', { name: 'Set up PIN' }).click();
        await choosePin(page, '7391');
        await page.getByRole('heading', { name: 'The application\'s own login' }).waitFor();
        await throughItsOwn(page);

        await page.goto('/_mpin/account');
        await page.getByText('Devices with a PIN').waitFor();
        assert.equal(JSON.parse(await (await page.goto('/account')).text()).path, 'account', '/account is the application\'s');

        await page.goto('/inside');
        await page.getByRole('link', { name: 'Sign out of the site' }).click();
        await at(page, '/_mpin/logout');
        await page.getByRole('button', { name: 'Sign out' }).click();
        await at(page, '/_mpin/login');
        await page.goto('/login');
        await at(page, '/_mpin/login');
        await screen(page, 'enter');
        await typePin(page, '7391');
        await page.getByRole('heading', { name: 'The application\'s own login' }).waitFor();
        await throughItsOwn(page);
        assert.deepEqual(t.site.log().match(/^.*auth_mpin:(?:error|crit).*$/gm) ?? [], [], 'and nothing to complain of');
    },
}, start);
