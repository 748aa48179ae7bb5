// SPDX-License-Identifier: Apache-2.0
// People who have a PIN from Milagro's own pad or mobile app: our pad in front of the same server takes over what those
// left in this origin, and the PIN is the one that they know.
const { port } = require('../lib/ports.cjs');
const assert = require('node:assert/strict');
const { writeFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { join } = require('node:path');
const { text: bodyOf } = require('node:stream/consumers');
const { alert, build, choosePin, findings, openProfile, run, screen, signInByPassword, signOut, typePin } = require('./browser.js');

const PIN = '7391';
let client;

/** The relying party of before the move, which let everybody register; since then it is the site. */
const before = { answers: false };

function startVerifier(site) {
    const server = createServer(async (request, response) => {
        const body = await bodyOf(request);
        if (before.answers)
            return response.end('{"forceActivate":true}');
        const { status } = await fetch(`${site}/mpinVerify`, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } });
        response.writeHead(status).end(status === 200 ? '{"forceActivate":true}' : '');
    });
    return new Promise((resolve) => server.listen(port + 4, '127.0.0.1', () => resolve(server)));
}

/** A page of the site's own, where people begin with a name. */
const APPLICATION = `<!doctype html><html lang="en"><title>An application</title><script src="/mpin.js"></script>
<main><div id="pinHolder"></div></main><script>
new mpin({ targetElement: "pinHolder", clientSettingsURL: "/rps/clientSettings", successLoginURL: "/protected/" });
</script>`;

async function start() {
    client = await import('../milagro/client.mjs');
    const { startFront } = await import('../milagro/front.mjs');
    const verifier = await startVerifier(`http://127.0.0.1:${port}`);
    const site = await startFront({
        port, build, conf: 'MPinRegister signed-in open\nMPinRegisterAllow any\nMPinPhoneLogin On\nMPinUserUnicode On\n'
            + '<Location /application.html>\nAuthType None\nRequire all granted\n</Location>\n',
        milagro: { verifyUrl: `http://127.0.0.1:${port + 4}/mpinVerify` },
    });
    writeFileSync(join(site.folder, 'site/application.html'), APPLICATION);
    return { ...site, stop: () => Promise.all([site.stop(), new Promise((resolve) => verifier.close(resolve))]) };
}

/** An identity of before the move, with PIN. */
async function makeOld(t, name, mobile = 0, pin = PIN) {
    const settings = await client.clientSettings(t.site.url);
    settings.certivoxURL = new URL(settings.certivoxURL, t.site.url).href;
    for (const key of Object.keys(settings).filter((name) => name.endsWith('URL') && String(settings[name]).startsWith('/')))
        settings[key] = t.site.url + settings[key];
    before.answers = true;
    try {
        return await client.register(settings, name, Number(pin), mobile);
    } finally {
        before.answers = false;
    }
}

/** As Milagro's pad 4 keeps it. */
const padKeeps = (user, ...identities) => ({
    mpinjs: JSON.stringify({
        version: '4',
        accounts: Object.fromEntries(identities.map(({ mpinId, token }) => [mpinId, {
            regOTT: '7a7a', state: 'REGISTERED', MPinPermit: '04aa', token, timePermitCache: { date: 1, timePermit: '04bb' },
        }])),
    }),
    pinpad: JSON.stringify({ version: '4', identity: user, device: 'linChrome' }),
});

/** As its mobile app keeps it, and the pad's older versions. */
const appKeeps = ({ mpinId, token }) => ({
    mpin: JSON.stringify({
        defaultIdentity: mpinId, version: '0.3', deviceName: 'Phone of old',
        accounts: { [mpinId]: { MPinPermit: '', token, regOTT: '7a7a' } },
    }),
});

/** A browser that has this in its localStorage; its page is at nothing of ours yet. */
async function openOld(t, kept, options) {
    const page = await openProfile(t, options);
    await page.route('**/nothing', (route) => route.fulfill({ contentType: 'text/html', body: '<title>nothing</title>' }));
    await page.goto('/nothing');
    await page.evaluate((entries) => entries.forEach(([key, value]) => localStorage.setItem(key, value)), Object.entries(kept));
    return page;
}

const kept = (page, ...keys) => page.evaluate((names) => names.map((key) => localStorage.getItem(key)), keys);
const records = (page) => page.evaluate(() => new Promise((resolve) => {
    indexedDB.open('mpin').onsuccess = ({ target }) =>
        target.result.transaction('identities').objectStore('identities').getAll().onsuccess =
            ({ target: { result } }) => resolve(result.map(({ user, state, device }) => ({ user, state, device })));
}));
const inside = (page) => page.getByText('protected', { exact: true }).waitFor();

run({
    async who_has_a_pin_of_milagros_pad_signs_in_with_it(t) {
        const page = await openOld(t, padKeeps('paula@example.org', await makeOld(t, 'paula@example.org')));
        await page.goto('/protected/');
        await screen(page, 'enter');
        assert.equal(await page.locator('#password-way').isVisible(), false);
        await page.getByLabel('PIN for paula@example.org').waitFor();
        assert.deepEqual(await kept(page, 'mpinjs', 'pinpad', 'mpin-known'), [null, null, '1'], 'it has moved');
        await typePin(page, '7392');
        await alert(page, 'That PIN isn\'t right.');
        await typePin(page, PIN);
        await inside(page);

        await signOut(page);
        await page.goto('/protected/?again');
        await typePin(page, PIN);
        await inside(page);
        assert.deepEqual(await records(page), [{ user: 'paula@example.org', state: '', device: 'linChrome' }]);
    },

    async whom_the_old_pad_showed_first_is_first_and_the_others_are_there(t) {
        const first = await makeOld(t, 'franz@example.org'), second = await makeOld(t, 'fritz@example.org');
        const page = await openOld(t, padKeeps('franz@example.org', first, second));
        await page.goto('/login');
        await page.getByLabel('PIN for franz@example.org').waitFor();
        await page.getByRole('button', { name: 'change' }).click();
        await page.getByRole('button', { name: 'fritz@example.org' }).click();
        await typePin(page, PIN);
        await page.waitForURL('**/');
    },

    async an_applications_page_with_our_script_in_place_of_milagros_finds_it_too(t) {
        const page = await openOld(t, padKeeps('anton@example.org', await makeOld(t, 'anton@example.org')));
        await page.goto('/application.html');
        await page.getByLabel('PIN for anton@example.org').waitFor();
        await typePin(page, PIN);
        await inside(page);
    },

    async a_phone_that_has_a_pin_of_milagros_mobile_app_signs_a_computer_in_with_it(t) {
        const phone = await openOld(t, appKeeps(await makeOld(t, 'mona@example.org', 1)), { hasTouch: true, isMobile: true });
        await phone.goto('/m');
        await screen(phone, 'mobile-number');
        assert.deepEqual(await kept(phone, 'mpin'), [null], 'it has moved');

        const computer = await openProfile(t);
        await computer.goto('/login');
        const answered = computer.waitForResponse('**/rps/getAccessNumber');
        await computer.locator('#password-way [data-to=phone]').click();
        await phone.fill('#mp-code', (await (await answered).json()).accessNumber);
        await screen(phone, 'mobile-computer');
        await phone.getByRole('button', { name: 'Continue' }).tap();
        await typePin(phone, PIN);
        await screen(phone, 'mobile-done');
        await computer.waitForURL('**/');
        assert.deepEqual(await records(phone), [{ user: 'mona@example.org', state: '', device: 'Phone of old' }]);
    },

    async what_is_no_token_stays_where_it_is(t) {
        const { mpinId, token } = await makeOld(t, 'nora@example.org');
        const accounts = {
            [mpinId]: { token: token.slice(2) }, '7b7d': { token }, 'zz': { token }, '7b227d': null,
            [Buffer.from('{"userID": "waiting@example.org", "salt": "1"}').toString('hex')]: { regOTT: '7a7a', state: 'STARTED' },
        };
        const mpinjs = JSON.stringify({ version: '4', accounts });
        for (const garbage of [mpinjs, '{"accounts":', '"text"', 'null', '7', '{"accounts":"abc"}', '[]']) {
            const page = await openOld(t, { mpinjs: garbage, mpin: garbage });
            await page.goto('/login');
            await page.waitForSelector('.mp-screen-add', { state: 'attached' });
            assert.deepEqual(await kept(page, 'mpinjs', 'mpin'), [garbage, garbage]);
        }
    },

    async one_that_was_moved_leaves_the_rest_of_its_place(t) {
        const old = padKeeps('rosa@example.org', await makeOld(t, 'rosa@example.org'));
        const data = JSON.parse(old.mpinjs);
        const other = Buffer.from('{"userID": "waiting@example.org", "salt": "1"}').toString('hex');
        data.accounts[other] = { regOTT: '7a7a', state: 'STARTED' };
        const page = await openOld(t, { ...old, mpinjs: JSON.stringify(data) });
        await page.goto('/login');
        await screen(page, 'enter');
        const [left] = await kept(page, 'mpinjs');
        assert.deepEqual(JSON.parse(left), { version: '4', accounts: { [other]: { regOTT: '7a7a', state: 'STARTED' } } });
    },

    async nothing_is_lost_where_the_new_store_fails(t) {
        const old = padKeeps('vera@example.org', await makeOld(t, 'vera@example.org'));
        for (const broken of [
            () => { IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); }; },
            () => { // what was written is gone when it is read
                const get = IDBObjectStore.prototype.get;
                IDBObjectStore.prototype.get = function (key) { return get.call(this, this.name === 'identities' ? 'x' : key); };
            },
            () => { IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError'); }; },
            () => { SubtleCrypto.prototype.encrypt = () => Promise.reject(new Error('no')); },
        ]) {
            const page = await openOld(t, old);
            const failing = await page.context().newPage();
            await failing.addInitScript(broken);
            await failing.goto('/login');
            await failing.waitForSelector('.mp-screen:not(.mp-screen-loading)', { state: 'attached' });
            assert.deepEqual(await kept(page, 'mpinjs', 'pinpad'), [old.mpinjs, old.pinpad]);
            await failing.close();
            await page.goto('/login');
            await screen(page, 'enter');
        }
    },

    async a_server_that_is_down_moves_nothing(t) {
        const old = padKeeps('dora@example.org', await makeOld(t, 'dora@example.org'));
        const page = await openOld(t, old);
        await page.route('**/rps/clientSettings', (route) => route.abort());
        await page.goto('/login');
        await page.waitForSelector('.mp-screen-offline', { state: 'attached' });
        assert.deepEqual(await kept(page, 'mpinjs'), [old.mpinjs]);
        await page.unroute('**/rps/clientSettings');
        await page.getByRole('button', { name: 'Try again' }).click();
        await typePin(page, PIN);
        await page.waitForURL('**/');
    },

    async of_two_tokens_of_one_name_the_newer_is_first(t) {
        const older = await makeOld(t, 'berta@example.org', 0, '1111');
        await new Promise((resolve) => setTimeout(resolve, 1100)); // it says when it was made, in seconds
        const newer = await makeOld(t, 'berta@example.org');
        const page = await openOld(t, padKeeps('berta@example.org', older, newer));
        await page.goto('/protected/');
        await typePin(page, PIN);
        await inside(page);
    },

    async a_name_that_is_not_ascii_moves_with_its_token(t) {
        const page = await openOld(t, padKeeps('jürgen@example.org', await makeOld(t, 'jürgen@example.org')));
        await page.goto('/protected/');
        await page.getByLabel('PIN for jürgen@example.org').waitFor();
        await typePin(page, PIN);
        await inside(page);
    },

    async a_disk_that_is_full_in_the_middle_keeps_the_rest_where_it_was(t) {
        const all = [await makeOld(t, 'dina@example.org'), await makeOld(t, 'dirk@example.org'), await makeOld(t, 'doris@example.org')];
        const old = padKeeps('dina@example.org', ...all);
        const page = await openOld(t, { ...old, mpin: appKeeps(all[2]).mpin });
        await page.addInitScript(() => {
            const put = IDBObjectStore.prototype.put;
            let room = 1;
            IDBObjectStore.prototype.put = function (...what) {
                if (this.name === 'identities' && !sessionStorage.roomy && !room--)
                    throw new DOMException('full', 'QuotaExceededError');
                return put.apply(this, what);
            };
        });
        await page.goto('/login');
        await screen(page, 'enter');
        const left = Object.keys(JSON.parse((await kept(page, 'mpinjs'))[0]).accounts).length;
        assert.equal(left + (await records(page)).length, 4 - (await kept(page, 'mpin')).filter((one) => !one).length, 'each is somewhere');
        assert.ok(left > 0);
        await page.evaluate(() => sessionStorage.roomy = '1');
        await page.reload();
        await screen(page, 'enter');
        assert.deepEqual(await kept(page, 'mpinjs', 'mpin', 'pinpad'), [null, null, null]);
        assert.deepEqual((await records(page)).map(({ user }) => user).sort(), ['dina@example.org', 'dirk@example.org', 'doris@example.org']);
    },

    async two_tabs_at_once_move_each_once(t) {
        const first = await openOld(t, padKeeps('zwei@example.org', await makeOld(t, 'zwei@example.org'), await makeOld(t, 'drei@example.org')));
        const second = await first.context().newPage();
        await Promise.all([first, second].map((page) => page.goto('/protected/')));
        for (const page of [first, second])
            await page.getByLabel('PIN for zwei@example.org').waitFor();
        assert.deepEqual(await kept(first, 'mpinjs'), [null]);
        assert.equal((await records(first)).length, 2);
        await typePin(second, PIN);
        await inside(second);
        await typePin(first, PIN);
        await inside(first);
    },

    async a_token_of_another_rps_of_the_origin_waits_for_its_own(t) {
        const page = await openOld(t, padKeeps('otto@example.org', await makeOld(t, 'otto@example.org')));
        await page.route('**/rps/clientSettings', async (route) => {
            const response = await route.fetch();
            await route.fulfill({ response, json: { ...await response.json(), mpinAuthServerURL: '/another' } });
        });
        await page.route('**/another/**', (route) => route.fulfill({ status: 403, json: {} }));
        await page.goto('/login');
        await screen(page, 'enter');
        assert.deepEqual(await kept(page, 'mpinjs'), [null], 'it may be of this one');
        await page.unroute('**/rps/clientSettings');
        await page.goto('/protected/');
        await typePin(page, PIN);
        await inside(page);
    },

    async an_old_copy_does_not_take_the_place_of_a_token_that_is_here(t) {
        const old = await makeOld(t, 'karl@example.org');
        const page = await openOld(t, padKeeps('karl@example.org', old));
        await page.goto('/protected/');
        await typePin(page, PIN);
        await inside(page);
        const { token } = await makeOld(t, 'karla@example.org');
        const foreign = padKeeps('karl@example.org', { ...old, token });
        await page.evaluate((value) => localStorage.setItem('mpinjs', value), foreign.mpinjs);
        await signOut(page);
        await page.goto('/protected/?again');
        await typePin(page, PIN);
        await inside(page);
        assert.deepEqual(await kept(page, 'mpinjs'), [foreign.mpinjs]);
    },

    async a_name_that_is_known_has_a_way_back(t) {
        const page = await openProfile(t);
        await page.goto('/login');
        await signInByPassword(page, t.site);
        await screen(page, 'offer');
        await page.getByRole('button', { name: 'Set up PIN' }).click();
        await choosePin(page, PIN);
        await page.waitForURL('**/');
        await signOut(page);

        const other = await openProfile(t);
        await other.goto('/application.html');
        await other.fill('#mp-name', t.site.user);
        await other.getByRole('button', { name: 'Continue' }).click();
        await screen(other, 'reset-help');
        await other.getByText(`${t.site.user} has to sign in another way first.`).waitFor();
        assert.deepEqual(await findings(other), []);
        await other.getByRole('button', { name: 'Other ways' }).click();
        await other.waitForURL('**/login?return=%2Fapplication.html');
        await signInByPassword(other, t.site);
        await screen(other, 'offer');
        await other.getByRole('button', { name: 'Set up PIN' }).click();
        await choosePin(other, '8462');
        await other.waitForURL('**/application.html');
    },
}, start);
