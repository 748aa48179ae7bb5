// SPDX-License-Identifier: Apache-2.0
// No dead ends: every screen of the pad, on every kind of page, at sites of every configuration, for every person. Each
// control is clicked, and does something; and from each screen some of them lead to where one gets in.
const assert = require('node:assert/strict');
const { port } = require('../lib/ports.cjs');
const { build, choosePin, enrol, findings, openProfile, run, screen, signInByPassword, startSite, typePin } = require('./browser.js');
const { apxs, makeFolder, ready, removeFolder, startHttpd } = require('./program.js');

const pinOnly = `http://127.0.0.1:${port + 1}`;
const USER = 'anna@example.org';

/** A site that takes no passwords. */
const pinOnlySite = (folder) => `${process.getuid() === 0 ? 'User www-data\nGroup www-data\n' : ''}ServerRoot "${folder}"
ServerName 127.0.0.1:${port + 1}
Listen 127.0.0.1:${port + 1}
PidFile "${folder}/httpd.pid"
ErrorLog "${folder}/logs/error.log"
${['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'unique_id', 'dir', 'alias'].map((name) =>
        `LoadModule ${name}_module ${apxs('LIBEXECDIR')}/mod_${name}.so`).join('\n')}
LoadModule auth_mpin_module "${folder}/mod_auth_mpin.so"
DocumentRoot "${folder}/logs"
MPinEngine On
MPinPublicURL ${pinOnly}
MPinStore "lmdb:${folder}/store"
MPinKeyFile "${folder}/keys/mpin.keys"
MPinTitle Pins
MPinRegister open
MPinRegisterAllow any`;

/** That one, and the demo, with a place on it that takes PINs only. */
async function start() {
    const folder = makeFolder('walk', build);
    const httpd = startHttpd(folder, pinOnlySite(folder));
    const site = await startSite(() => `
<Location /pins>
    AuthType MPin
    MPinLoginMethods pin
    Require valid-user
</Location>
`);
    const stop = () => {
        httpd.kill('SIGTERM');
        removeFolder(folder);
        site.stop();
    };
    await ready(httpd, port + 1).catch((error) => {
        stop();
        throw error;
    });
    return { ...site, stop };
}

// ---- what differs -------------------------------------------------------------------------------------------------

const OLD = { user: USER, fresh: false };
const NO_PHONE = { getAccessNumberURL: undefined, getQrUrl: undefined };

/** A page that an application has made, with these attributes of the pad. */
const application = (attributes) => async (page, site) => {
    await page.route('**/application', (route) => route.fulfill({ contentType: 'text/html', body: `<!doctype html>
        <html lang="en"><head><title>An application</title><script type="module" src="/mpin/mpin-pad.js"></script></head>
        <body><main><mpin-pad settings="/rps/clientSettings" ${attributes}></mpin-pad></main></body></html>` }));
    await page.goto(`${site}/application`);
};

const PAGES = {
    login: (page, site) => page.goto(`${site}/login`),
    place: (page, site) => page.goto(`${site}/pins`),
    application: application('success="/inside"'),
    bare: application(''),
    phone: (page, site) => page.goto(`${site}/m`),
    async offer(page, site, t) {
        await page.goto(`${site}/login`);
        await signInByPassword(page, t.site);
        await page.waitForSelector('mpin-pad[offer]');
    },
    /** The login page as a person sees it who is signed in and has to show once more that it's them. */
    async confirm(page, site) {
        await page.route('**/login', async (route) => {
            const response = await route.fetch({ maxRetries: 3 });
            await route.fulfill({ response, body: (await response.text()).replace('<mpin-pad ', '<mpin-pad confirm ') });
        });
        await page.goto(`${site}/login`);
    },
};

/**
 * The page, what the site's clientSettings say, and whether somebody has to be asked: then no screen can lead to a way in,
 * and all say so.
 */
const CONFIGURATIONS = {
    'passwords, phones, open names': { page: 'login' },
    'passwords and phones': { page: 'login', settings: { registration: ['signed-in'] } },
    'passwords only, and a PIN after that': { page: 'login', settings: { registration: ['signed-in'], ...NO_PHONE } },
    'passwords, names by mail': { page: 'login', settings: { registration: ['signed-in', 'mail'], ...NO_PHONE } },
    'passwords, and nobody may set up a PIN': { page: 'login', settings: { registration: [], ...NO_PHONE } },
    'a place that takes PINs, at a site with passwords': { page: 'place', settings: { registration: ['signed-in'], ...NO_PHONE } },
    'a place that takes PINs, passwords, open names': { page: 'place', settings: NO_PHONE },
    'PINs only, open names': { page: 'login', site: pinOnly, settings: NO_PHONE },
    'PINs only, names by mail': { page: 'login', site: pinOnly, settings: { registration: ['mail'], ...NO_PHONE } },
    'PINs only, and phones': { page: 'login', site: pinOnly, settings: { registration: ['signed-in'] } },
    'PINs only, no phones, no names': { page: 'login', site: pinOnly, settings: { registration: ['signed-in'], ...NO_PHONE }, ask: true },
    'the offer after a password': { page: 'offer', settings: { registration: ['signed-in'], ...NO_PHONE } },
    'a proof once more': { page: 'confirm', settings: { registration: ['signed-in'], signedIn: OLD, ...NO_PHONE } },
    'a proof once more, PINs only': { page: 'confirm', site: pinOnly, settings: { registration: ['signed-in'], signedIn: OLD, ...NO_PHONE }, ask: true },
    'an application\'s page, signed in a while ago': { page: 'application', settings: { registration: ['signed-in'], signedIn: OLD, ...NO_PHONE } },
    'an application\'s page at a site with passwords': { page: 'application', settings: { registration: ['signed-in'], ...NO_PHONE } },
    'an application\'s page at a site with PINs only': { page: 'application', site: pinOnly, settings: NO_PHONE },
    'an application that says who registers': { page: 'bare', settings: { registration: ['application'], loginURL: '', passwords: false, ...NO_PHONE } },
    'the phone\'s page': { page: 'phone', settings: { registration: ['signed-in'] } },
    'the phone\'s page, open names': { page: 'phone' },
    'the phone\'s page, PINs only, names by mail': { page: 'phone', site: pinOnly, settings: { registration: ['mail'] } },
    'the phone\'s page of an application': { page: 'phone', settings: { registration: ['application'], loginURL: '', passwords: false } },
    'an application, and phones': { page: 'bare', settings: { registration: ['application'], loginURL: '', passwords: false } },
};

/** The person's device: no PIN on it, one whose name was proven, one whose name was free, one from before that was noted. */
const PERSONS = {
    'nobody yet': undefined,
    'a proven name': { open: false },
    'a name that was free': { open: true },
    'a name of old': {},
};

/**
 * Each screen by the name that leads to it, with what it is told; `known`: only where there is a PIN, `nameless`: only where
 * nobody may begin with a name.
 */
const error = (status, more) => ({ name: 'error', status, retryAfter: 1, id: 'MPIN0042', unheard: !status || status >= 500, ...more });
const fresh = { mpinId: '7b7d', regOTT: '00', user: USER, device: '', active: true, secret: [] };
const SCREENS = [
    ['start'], ['home'],
    ['offline', error(0)], ['offline', error(503)],
    ['choose', undefined, 'known'],
    ['enter', 'identity', 'known'],
    ...[401, 403, 404, 408, 410, 429, 418, -1].map((status) => ['refused', { error: error(status, { code: 'odd' }), identity: 'identity' }, 'known']),
    ['refused', { error: error(403, { code: 'identity_revoked' }), identity: 'identity' }, 'known'],
    ['refused', { error: error(403, { code: 'way_closed' }), identity: 'identity' }, 'known'],
    ['refused', { error: error(403), identity: 'identity' }, 'known'],
    ['arrive', { location: '/inside' }],
    ['add'],
    ['choosePin', fresh],
    ['finish', { identity: fresh, pin: 'pin' }],
    ['reset', 'identity', 'known'],
    ['address', 'http://localhost:1'],
    ['confirm', { user: USER }],
    ['explain', { error: error(403, { code: 'not_allowed' }), section: 'section' }],
    ...['locked', 'withdrawn', 'outdated', 'lost'].map((why) => ['ended', { identity: 'identity', why }, 'known']),
    ['forgotten', USER],
    ['noPin', 'empty', 'nameless'],
    ...['storage', 'insecure'].map((why) => ['noPin', why]),
    ['resetHelp', 'identity', 'known'],
    ['mail', { identity: { ...fresh, active: false, confirm: '123456' } }],
    ['phone'],
    ['manage', undefined, 'known'],
    ['otp', { otp: '123456', ttlSeconds: 60, location: '/inside' }],
];

/** A computer whose code this phone has. */
const visit = { wid: '1234567', desktop: { browser: 'Firefox on Linux', address: '192.0.2.1' } };
const SCREENS_OF_A_PHONE = [
    ...SCREENS,
    ['number'], ['claim', visit.wid],
    ['computer', visit], ['computer', { ...visit, choices: ['12', '34', '56'] }], ['computer', { ...visit, choices: ['12'], secondTap: true }],
    ['secondTap', { visit }], ['secondTap', { visit, identity: 'identity' }, 'known'],
    ['cancel'], ['done'],
    ...['mobile_over', 'mobile_taken', 'mobile_wrong', 'mobile_timeout'].map((why) => ['codeOver', why]),
    ...['code_taken', 'wrong_pick', 'phone_timeout', 'second_tap'].map((code) =>
        ['refused', { error: error(409, { code }), identity: 'identity' }, 'known']),
];

// ---- the walk, in the page -----------------------------------------------------------------------------------------

/** Clicks through one configuration; what each control of each screen has led to: {screen: [{control, to}]}. */
async function walk({ screens, person, user }) {
    const pad = document.querySelector('mpin-pad, mpin-mobile');
    const until = async (condition, limit = 3_000) => {
        for (const end = Date.now() + limit; Date.now() < end; await new Promise((done) => setTimeout(done, 5)))
            if (condition())
                return true;
        return false;
    };
    await until(() => pad.stage?.screenName && pad.stage.screenName !== 'loading');
    const { stage } = pad;
    const offered = Object.keys(stage.screens);
    let left = ''; // where a click has led away to
    navigation.addEventListener('navigate', (event) => {
        left = event.destination.url;
        event.preventDefault();
    });
    addEventListener('submit', (event) => left = event.target.matches('.mp-form') ? left : 'password');
    const identity = { mpinId: '7b7d', rps: stage.flow.rps.id, user, device: '', state: '', added: 1, used: 0, ...person };
    const database = await new Promise((resolve) => indexedDB.open('mpin').onsuccess = ({ target }) => resolve(target.result));
    const keep = () => new Promise((resolve) => {
        const store = database.transaction('identities', 'readwrite').objectStore('identities');
        (person ? store.put(identity) : store.clear()).transaction.oncomplete = resolve;
    });
    const filled = (state) => state === 'identity' ? identity : state === 'section' ? stage.section : state === 'pin' ? Uint8Array.of(7, 3, 9, 1)
        : state && typeof state === 'object' && !Array.isArray(state) ? Object.fromEntries(Object.entries(state).map(([key, value]) => [key, filled(value)])) : state;
    const atForm = () => !!document.querySelector('#password-way')?.offsetParent;
    const enter = async ([name, state]) => {
        await until(() => !stage.working);
        await keep();
        sessionStorage.clear();
        if (pad.closest('.second'))
            document.documentElement.dataset.way = 'pin';
        left = '';
        await stage.go('home');
        if (name === 'explain')
            await stage.go('add');
        await stage.go(name, filled(state));
        await until(() => !stage.working && stage.screenName !== 'loading');
    };
    const controls = () => [...document.querySelectorAll('main button, main a[href]')]
        .filter((one) => one.offsetParent && !one.disabled && !one.matches('.mp-key'));
    const where = () => left || (atForm() && !stage.root.offsetParent ? 'password' : stage.screenName);
    const outcome = async (control) => {
        const { section } = stage, { way } = document.documentElement.dataset;
        let said = false; // a form that asks for what is lacking
        document.addEventListener('invalid', () => said = true, { capture: true, once: true });
        const spoken = new MutationObserver(() => said = true);
        spoken.observe(stage.lines, { subtree: true, childList: true, characterData: true });
        spoken.observe(document.body, { subtree: true, attributeFilter: ['aria-pressed'] }); // a password is shown
        control.click();
        const done = await until(() => left || said || stage.section !== section
            || document.documentElement.dataset.way !== way);
        await until(() => !stage.working && stage.screenName !== 'loading');
        spoken.disconnect();
        return done ? where() : 'NOTHING';
    };
    const found = {};
    for (const one of screens.filter(([, , need]) => need !== 'nameless' || !stage.flow.rps.takesNames)) {
        await enter(one);
        const at = where(), shown = controls().length, form = atForm();
        const text = stage.section.innerText;
        const led = [];
        const gone = left;
        for (let i = 0; i < shown && !gone; i++) {
            if (i)
                await enter(one);
            const control = controls()[i];
            if (control)
                led.push({ control: control.innerText, to: await outcome(control) });
        }
        found[JSON.stringify(one)] = { at, form, text, led };
    }
    return { found, offered };
}

// ---- what must hold ------------------------------------------------------------------------------------------------

/** Where one gets in, or does what makes it possible. */
const IN = /^(password|add|choose-pin|mail|phone|mobile-number|offer|https?:.*)$/;

/**
 * From a PIN that is good for nothing any more its own screen is no way. (A browser that can't keep a PIN, at a site that
 * has nothing else, has to be another one.)
 */
const ENDED = /^(locked|withdrawn|outdated|lost|reset-help|empty|confirm)$/;

/** Fails for what leads nowhere. */
function judge(where, found, ask) {
    const steps = {};
    for (const { at, led } of Object.values(found))
        for (const { to } of led)
            (steps[at] ??= new Set()).add(to);
    const reaches = (from, seen) => IN.test(from) || (!seen.has(from)
        && [...steps[from] ?? []].some((to) => reaches(to, seen.add(from))));
    for (const [screen, { at, form, text, led }] of Object.entries(found)) {
        const place = `${where}: ${screen} shows ${at}`;
        for (const { control, to } of led)
            assert.notEqual(to, 'NOTHING', `${place}, where “${control}” does nothing`);
        if (/^https?:/.test(at))
            continue;
        assert.ok(led.length, `${place} without a control that leads on`);
        if (!ENDED.test(at))
            continue;
        if (ask && /^(empty|reset-help)$/.test(at))
            assert.match(text, /Ask the people who run/, `${place}, and says not whom to ask`);
        if (!ask)
            assert.ok(form || led.some(({ to }) => reaches(to, new Set([at, 'enter']))), `${place}, and no way in from there`);
    }
}

/** The RPS as far as the walk needs it: names that were free stay taken, all others are let in. */
async function stubbed(page, { settings = {} }) {
    await page.route('**/clientSettings', async (route) => {
        const response = await route.fetch({ maxRetries: 3 });
        await route.fulfill({ response, json: { ...await response.json(), ...settings } });
    });
    await page.route('**/rps/register', (route) => {
        const { registration = ['open'] } = settings;
        const good = ['application', 'mail', 'signed-in'].find((way) => registration.includes(way));
        const { userId, replaces } = route.request().postDataJSON();
        return good || !replaces ? route.fulfill({ json: { mpinId: '7b7d', regOTT: '00', active: good !== 'mail', confirm: '123456', userId } })
            : route.fulfill({ status: 403, json: { code: 'name_taken', id: 'MPIN0058' } });
    });
    const code = { webOTT: '0', accessNumber: '1234567', qrUrl: 'http://127.0.0.1/m/', ttlSeconds: 60 };
    await page.route(/\/rps\/(getQrUrl|getAccessNumber)/, (route) => route.fulfill({ json: code }));
    await page.route(/\/rps\/(access|codeStatus)$/, (route) => route.fulfill({ json: { status: 'new' } }));
    await page.route(/\/rps\/signature/, (route) => route.fulfill({ status: 401, json: { code: 'not_activated' } }));
}

const tests = {};
for (const [name, configuration] of Object.entries(CONFIGURATIONS))
    tests[name] = async (t) => {
        for (const [who, person] of Object.entries(PERSONS)) {
            const page = await openProfile(t);
            await stubbed(page, configuration);
            const site = configuration.site ?? t.site.url;
            await PAGES[configuration.page](page, site, t);
            const all = configuration.page === 'phone' ? SCREENS_OF_A_PHONE : SCREENS;
            const screens = all.filter(([, , need]) => person || need !== 'known');
            const { found, offered } = await page.evaluate(walk, { screens, person, user: USER });
            for (const screen of offered)
                assert.ok(all.some(([one]) => one === screen), `${screen} is walked`);
            if (process.env.SHOW)
                console.log(`# ${name}, ${who}\n${Object.entries(found).map(([key, { at, led }]) => `#   ${key} → ${at}: ${led.map(({ control, to }) => `[${control} → ${to}]`).join(' ')}`).join('\n')}`);
            judge(`${name}, ${who}`, found, configuration.ask);
        }
    };

/** From here on the browser's database fails, in pages and in Workers. @param {string} method 'IDBObjectStore.prototype.put' */
async function breakDatabase(page, method) {
    const broken = `${method} = () => { throw new DOMException('full', 'QuotaExceededError'); };`;
    await page.addInitScript(broken);
    await page.route('**/worker.js', async (route) => {
        const response = await route.fetch({ maxRetries: 3 });
        await route.fulfill({ response, body: broken + await response.text() });
    });
}

Object.assign(tests, {
    async a_private_window_after_a_right_password_goes_on(t) {
        const page = await openProfile(t);
        await breakDatabase(page, 'IDBFactory.prototype.open');
        await page.goto('/protected/deep');
        await signInByPassword(page, t.site);
        await screen(page, 'storage');
        await page.getByRole('link', { name: 'Continue' }).click();
        await page.waitForURL('**/protected/deep');
    },

    async a_full_disk_after_a_chosen_pin_goes_on(t) {
        const page = await openProfile(t);
        await breakDatabase(page, 'IDBObjectStore.prototype.put');
        await page.goto('/protected/deep');
        await signInByPassword(page, t.site);
        await page.getByRole('button', { name: 'Set up PIN' }).click();
        await choosePin(page, '7391');
        await page.getByRole('link', { name: 'Continue' }).click();
        await page.waitForURL('**/protected/deep');
    },

    async a_full_disk_after_a_right_pin_is_no_matter(t) {
        const page = await openProfile(t);
        await enrol(page, 'fulda', '7391');
        await breakDatabase(page, 'IDBObjectStore.prototype.put');
        await page.goto('/protected/deep');
        await typePin(page, '7391');
        await page.waitForURL('**/protected/deep');
    },

    async a_place_that_takes_pins_is_reached_from_a_new_browser(t) {
        const page = await openProfile(t);
        await page.route('**/clientSettings', async (route) => {
            const response = await route.fetch({ maxRetries: 3 });
            await route.fulfill({ response, json: { ...await response.json(), registration: ['signed-in'], ...NO_PHONE } });
        });
        await page.goto('/pins');
        await page.getByRole('button', { name: 'Sign in with your password' }).click();
        await signInByPassword(page, t.site);
        await page.getByRole('button', { name: 'Set up PIN' }).click();
        await choosePin(page, '7391');
        await page.waitForURL('**/pins');
        await page.context().clearCookies();
        await page.goto('/pins');
        await page.getByRole('button', { name: 'Forgot PIN?' }).click();
        await page.getByRole('button', { name: 'Sign in with your password' }).click();
        await signInByPassword(page, t.site);
        await choosePin(page, '8264');
        await page.waitForURL('**/pins');
    },

    async who_never_had_a_password_is_not_asked_for_it(t) {
        const page = await openProfile(t);
        await enrol(page, 'ottilie', '7391');
        await page.goto('/login');
        await page.getByRole('button', { name: 'Forgot PIN?' }).click();
        await screen(page, 'reset-help');
        await page.getByText('ottilie was set up here without a password or a mail').waitFor();
        assert.equal(await page.locator('#reset-first').isVisible(), false);
        await page.getByRole('button', { name: 'Set up a PIN for another name' }).click();
        await screen(page, 'add');
    },

    async without_script_a_site_of_pins_says_what_to_do(t) {
        const page = await openProfile(t, { javaScriptEnabled: false });
        await page.goto(`${pinOnly}/login`);
        assert.equal(await page.locator('noscript p').isVisible(), true);
        await page.locator('noscript a').click();
        await page.waitForURL('**/login');
    },

    async pages_end_with_a_way_on(t) {
        const page = await openProfile(t, { reducedMotion: 'reduce' });
        const titles = {};
        const look = async (path) => {
            assert.ok(await page.locator('main a[href]:visible, main button:visible').count(), path);
            assert.deepEqual(await findings(page), [], path);
            assert.equal(titles[await page.title()], undefined, `${path} has a title of its own`);
            titles[await page.title()] = path;
        };
        for (const path of ['/mpin/nothing-here', '/mpinActivate?t=00', '/m/', '/login?long=1']) {
            await page.goto(path);
            await page.locator('h1:visible').first().waitFor();
            await look(path);
        }
        await signInByPassword(page, t.site);
        await page.getByRole('link', { name: 'Not now' }).click();
        for (const path of ['/login', '/logout']) {
            await page.goto(path);
            await look(path);
        }
        await page.clock.install(); // a page that says what is done stays
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.getByRole('heading', { name: 'You have been signed out.' }).waitFor();
        await look('signed out');
        await page.goto('/login');
        await page.context().clearCookies();
        await page.route('**/login', (route) => route.continue({ headers: { ...route.request().headers(), cookie: 'none=1' } }));
        await signInByPassword(page, t.site);
        await page.getByRole('heading', { name: 'Please switch cookies on' }).waitFor();
        await look('cookies off');
    },
});

run(tests, start);
