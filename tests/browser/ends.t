// SPDX-License-Identifier: Apache-2.0
// No dead ends: a device that is locked, withdrawn, removed or forgotten, one too many, one that wants no PIN, and the way out.
const assert = require('node:assert/strict');
const { alert, choosePin, enrol, openProfile, run, screen, signInByPassword, signOut, typePin } = require('./browser.js');
const { check } = require('./pictures.js');

/** What this device keeps: changed by `change`, given back. */
const records = (page, change = '') => page.evaluate(async (change) => {
    const database = await new Promise((resolve) => {
        indexedDB.open('mpin').onsuccess = ({ target }) => resolve(target.result);
    });
    const ask = (mode, work) => new Promise((resolve) => {
        work(database.transaction('identities', mode).objectStore('identities')).onsuccess = ({ target }) => resolve(target.result);
    });
    const all = await ask('readonly', (store) => store.getAll());
    for (const record of all)
        if (change)
            await ask('readwrite', (store) => store.put({ ...record, ...JSON.parse(change) }));
    database.close();
    return all.map(({ mpinId, key, state }) => ({ mpinId, key, state }));
}, change && JSON.stringify(change));

/** The server's word on a device. */
const standing = (page, { mpinId, key }) => page.evaluate(async (body) => {
    const answer = await fetch('/rps/standing', {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
    });
    return `${answer.status} ${(await answer.json()).code ?? ''}`.trim();
}, { mpin_id: mpinId, deviceKey: key });

/** The browser's storage goes, its cookies stay. */
async function forget(page) {
    await page.goto('/mpin/icon.svg');
    await page.evaluate(() => new Promise((resolve) => {
        localStorage.clear();
        indexedDB.deleteDatabase('mpin').onsuccess = resolve;
    }));
}

/** The session goes, and what the browser is known by stays. */
async function signOutOnly(page) {
    const cookies = await page.context().cookies();
    await page.context().clearCookies();
    await page.context().addCookies(cookies.filter(({ name }) => name.includes('known')));
}

/** A page of an application's own, with nothing but the pad. */
async function application(page) {
    await page.route('**/application', (route) => route.fulfill({ contentType: 'text/html', body: `<!doctype html>
        <html lang="en"><head><title>An application</title><script type="module" src="/mpin/mpin-pad.js"></script></head>
        <body><main><mpin-pad settings="/rps/clientSettings"></mpin-pad></main></body></html>` }));
    await page.goto('/application');
}

/** Signs in with the PIN of this device, and stays signed in. */
async function signInByPin(page) {
    await page.goto('/login');
    await typePin(page, '7391');
    await page.waitForURL(({ pathname }) => pathname === '/');
}

async function locked(page, name) {
    await enrol(page, name, '7391');
    await page.goto('/login');
    for (const text of ['2 tries left', '1 try left', '']) {
        await typePin(page, '0001');
        await (text ? alert(page, text) : screen(page, 'locked'));
    }
}

async function setUpJohn(t, page) {
    await page.goto('/protected');
    await signInByPassword(page, t.site);
    await screen(page, 'offer');
    await page.getByRole('button', { name: 'Set up PIN' }).click();
    await choosePin(page, '7391');
    await page.waitForURL(({ pathname }) => pathname === '/protected');
}

run({
    async a_locked_device_says_so_at_once_without_a_pin(t) {
        const page = await openProfile(t);
        await locked(page, 'lotte');
        await page.reload();
        await screen(page, 'locked');
        await check(page, 'locked-at-once');
        await records(page, { state: '' }); // as one that was locked elsewhere
        await page.reload();
        await screen(page, 'locked');
        assert.equal((await records(page))[0].state, 'locked');
    },

    async a_device_that_was_unlocked_asks_for_its_pin_again(t) {
        const page = await openProfile(t);
        await enrol(page, 'ulf', '7391');
        await records(page, { state: 'locked' });
        await page.goto('/login');
        await screen(page, 'enter');
        await typePin(page, '7391');
        await page.waitForURL(({ pathname }) => pathname === '/');
    },

    async a_device_without_a_key_can_try_its_pin(t) {
        const page = await openProfile(t);
        await enrol(page, 'otto', '7391');
        const [{ key }] = await records(page, { key: '', state: 'locked' });
        await page.goto('/login');
        await screen(page, 'locked');
        await page.getByRole('button', { name: 'Try again' }).click();
        await typePin(page, '7391');
        await page.waitForURL(({ pathname }) => pathname === '/');
        assert.equal((await records(page))[0].key, key, 'the right PIN brings it');
    },

    async a_withdrawn_device_says_so_at_once(t) {
        const page = await openProfile(t);
        await enrol(page, 'wanda', '7391');
        await page.route('**/rps/standing', (route) => route.fulfill({ status: 403, json: { code: 'identity_revoked' } }));
        await page.goto('/login');
        await screen(page, 'withdrawn');
        await page.getByRole('button', { name: 'Set up again' }).waitFor();
    },

    async a_server_that_does_not_know_how_a_device_stands_takes_its_pin(t) {
        const page = await openProfile(t);
        await enrol(page, 'nina', '7391');
        for (const answer of [{ status: 404, body: '' }, { status: 403, json: { code: 'device_key_wrong' } }, { status: 500, body: '' }]) {
            await page.unroute('**/rps/standing');
            await page.route('**/rps/standing', (route) => route.fulfill(answer));
            await page.goto('/login');
            await screen(page, 'enter');
            await typePin(page, '7391');
            await page.waitForURL(({ pathname }) => pathname === '/');
            await signOut(page);
        }
    },

    async remove_ends_the_device_at_the_server_too(t) {
        const page = await openProfile(t);
        await enrol(page, 'rosa', '7391');
        const [device] = await records(page);
        assert.equal(await standing(page, device), '200');
        await page.goto('/login');
        await screen(page, 'enter');
        await page.getByRole('button', { name: 'change' }).click();
        await page.getByRole('button', { name: 'Reset or remove a PIN' }).click();
        await page.getByRole('button', { name: 'Remove' }).click();
        await page.context().setOffline(true);
        await page.getByRole('button', { name: 'Remove rosa' }).click();
        await alert(page, 'Can\'t reach');
        await check(page, 'remove-offline');
        await page.context().setOffline(false);
        assert.equal((await records(page)).length, 1, 'unheard, it stays');
        await page.getByRole('button', { name: 'Remove rosa' }).click();
        await page.waitForFunction(() => !document.querySelector('.mp-screen-remove'));
        assert.equal((await records(page)).length, 0);
        assert.equal(await standing(page, device), '403 identity_revoked');
        await page.goto('/login');
        await page.waitForSelector('.pin-usable');
        assert.equal(await page.locator('.mp-screen-forgotten').count(), 0, 'what was removed is not forgotten');
    },

    async a_browser_that_forgot_has_the_name_filled_in_and_replaces_the_old_one(t) {
        const page = await openProfile(t);
        await setUpJohn(t, page);
        const [old] = await records(page);
        await signOutOnly(page);
        await forget(page);
        await page.goto('/protected');
        await page.getByText('This browser forgot your set-up. Sign in once').waitFor();
        assert.equal(await page.inputValue('#username'), 'john');
        assert.equal(await page.evaluate(() => document.activeElement.id), 'password');
        await check(page, 'forgotten-password');
        await page.fill('#password', t.site.password);
        await page.keyboard.press('Enter');
        await screen(page, 'offer');
        await page.getByRole('heading', { name: 'This browser forgot your set-up' }).waitFor();
        await check(page, 'forgotten-offer');
        assert.equal(await standing(page, old), '200');
        await page.getByRole('button', { name: 'Set up PIN' }).click();
        await choosePin(page, '2846');
        await page.waitForURL(({ pathname }) => pathname === '/protected');
        assert.equal(await standing(page, old), '403 identity_revoked');
        assert.equal(await standing(page, (await records(page))[0]), '200');
    },

    async who_registered_openly_and_was_forgotten_is_not_asked_for_a_password(t) {
        const page = await openProfile(t);
        await enrol(page, 'olga', '7391');
        await signInByPin(page);
        await signOutOnly(page);
        await forget(page);
        await page.goto('/protected');
        await screen(page, 'forgotten');
        await page.getByText('olga was set up here without a password').waitFor();
        await check(page, 'forgotten-open');
        assert.equal(await page.getByRole('button', { name: 'Set up again' }).count(), 0);
        await page.getByRole('button', { name: 'Set up a PIN for another name' }).click();
        await screen(page, 'add');
    },

    async a_session_by_pin_sets_up_no_device_and_leads_to_a_proof(t) {
        for (const [user, setUp] of [['john', setUpJohn], ['ole', async (t, page) => void await enrol(page, 'ole', '7391')]]) {
            const page = await openProfile(t);
            await setUp(t, page);
            await signOut(page);
            await signInByPin(page);
            await forget(page);
            await application(page);
            await screen(page, 'offer');
            await page.getByRole('button', { name: 'Set up PIN' }).click();
            await screen(page, 'reset-help');
            await page.getByText(user === 'john' ? 'john has to sign in another way first' : 'nobody can check whose name it is').waitFor();
            await page.getByRole('button', { name: 'Other ways' }).click();
            await page.waitForURL(({ pathname, search }) => pathname === '/login' && search.includes('fresh=1'));
        }
    },

    async what_is_cleared_while_the_pad_is_open_leads_on(t) {
        const page = await openProfile(t);
        await enrol(page, 'clara', '7391');
        await page.goto('/login');
        await screen(page, 'enter');
        const devtools = await page.context().newCDPSession(page);
        await devtools.send('Storage.clearDataForOrigin', { origin: t.site.url, storageTypes: 'indexeddb,local_storage' });
        await typePin(page, '7391');
        await screen(page, 'add');
    },

    async a_storage_that_an_application_has_filled_up_keeps_no_pin_out(t) {
        const page = await openProfile(t);
        await page.goto('/mpin/icon.svg');
        const fill = () => page.evaluate(() => {
            for (let size = 1 << 22, i = 0; size >= 1; i++)
                try {
                    localStorage.setItem('fill' + i, 'x'.repeat(size));
                } catch {
                    size >>= 1;
                }
        });
        await fill();
        await enrol(page, 'fred', '7391');
        await page.goto('/mpin/icon.svg');
        await fill();
        await signInByPin(page);
    },

    async who_removes_their_pin_is_signed_out_and_not_told_that_the_browser_forgot(t) {
        const page = await openProfile(t);
        await enrol(page, 'rita', '7391');
        await signInByPin(page);
        await application(page);
        await page.getByRole('button', { name: 'change' }).click();
        await page.getByRole('button', { name: 'Reset or remove a PIN' }).click();
        await page.getByRole('button', { name: 'Remove' }).click();
        await page.getByRole('button', { name: 'Remove rita' }).click();
        await screen(page, 'add');
    },

    async the_browser_is_asked_once_to_keep_what_it_has(t) {
        const page = await openProfile(t);
        const asked = [];
        await page.exposeFunction('asked', () => asked.push(1));
        await page.addInitScript(() => {
            navigator.storage.persist = async () => globalThis.asked();
        });
        await enrol(page, 'paula', '7391');
        await enrol(page, 'paul', '7391');
        assert.equal(asked.length, 1);
    },

    async who_wants_no_pin_on_this_device_is_not_asked_again(t) {
        const page = await openProfile(t);
        await page.goto('/protected');
        await signInByPassword(page, t.site);
        await screen(page, 'offer');
        await check(page, 'offer-not-here');
        await page.getByRole('button', { name: 'Not on this device' }).click();
        await page.waitForURL(({ pathname }) => pathname === '/protected');
        await signOut(page);
        await page.goto('/protected');
        await signInByPassword(page, t.site);
        await page.waitForURL(({ pathname }) => pathname === '/protected');
        await page.goto('/login');
        await check(page, 'signed-in-declined');
        await page.getByRole('link', { name: 'Set up a PIN on this device' }).click(); // a change of mind
        await screen(page, 'offer');
        await page.getByRole('button', { name: 'Set up PIN' }).click();
        await choosePin(page, '7391');
        await page.waitForURL(({ pathname }) => pathname === '/');
        assert.equal(await page.evaluate(() => localStorage.getItem('mpin-declined')), '[]');
    },

    async signing_out_can_be_cancelled_and_is_said(t) {
        const page = await openProfile(t);
        await page.goto('/protected');
        await signInByPassword(page, t.site);
        await page.getByRole('link', { name: 'Not now' }).click();
        await page.waitForURL(({ pathname }) => pathname === '/protected');
        await page.evaluate(() => location.assign('/logout'));
        await page.getByRole('link', { name: 'Cancel' }).click();
        await page.waitForURL(({ pathname }) => pathname === '/protected');
        await page.goto('/logout');
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.getByRole('heading', { name: 'You have been signed out.' }).waitFor();
        await page.waitForURL(({ pathname }) => pathname === '/');
        await page.route('**/first.js', (route) => route.abort()); // it does not go on by itself
        await page.goto('/logout?out=1');
        await check(page, 'signed-out');
        await page.getByRole('link', { name: 'Continue' }).click();
        await page.waitForURL(({ pathname }) => pathname === '/');
    },

    async a_name_with_ten_devices_reads_which_and_a_replacement_is_none(t) {
        const page = await openProfile(t);
        await page.goto('/protected');
        await signInByPassword(page, t.site);
        await screen(page, 'offer');
        const kept = await page.evaluate(async () => {
            const ask = async (method, url, body) => (await fetch(url, {
                method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
            })).json();
            for (let i = 1; i <= 10; i++) {
                const made = await ask('POST', '/rps/register', { userId: 'john', mobile: 0, deviceName: i < 10 ? `Laptop ${i}` : undefined });
                if (made.code)
                    return made.code;
                await ask('POST', `/rps/signature/${made.mpinId}`, { regOTT: made.regOTT });
            }
            return 'ten';
        });
        assert.ok(['ten', 'too_many_identities'].includes(kept), kept);
        await page.getByRole('button', { name: 'Set up PIN' }).click();
        await alert(page, 'all were used in the last 30 days');
        const devices = await page.locator('.mp-devices li').allTextContents();
        assert.equal(devices.length, 10);
        assert.ok(devices.some((text) => text === 'Laptop 1 · Last used today'), devices.join('\n'));
        await check(page, 'too-many');
        await page.getByRole('link', { name: 'Not now' }).click();
        await page.waitForURL(({ pathname }) => pathname === '/protected');
    },

    async the_password_forms_throttle_counts_down(t) {
        const page = await openProfile(t);
        await page.goto('/login');
        for (let i = 0; i < 40 && !await page.locator('[data-seconds]').count(); i++) {
            await signInByPassword(page, { user: 'john', password: `wrong ${i}` });
            await page.waitForLoadState();
        }
        const seen = page.locator('[data-seconds] [aria-hidden]');
        const left = async () => Number((await seen.textContent()).match(/\d+/)[0]);
        const first = await left();
        assert.ok(await page.getByRole('button', { name: 'Sign in', exact: true }).isDisabled());
        await page.waitForFunction((first) =>
            Number(document.querySelector('[data-seconds] [aria-hidden]').textContent.match(/\d+/)[0]) < first, first);
        await check(page, 'login-throttled');
    },
});
