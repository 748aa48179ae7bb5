// SPDX-License-Identifier: Apache-2.0
// How the login page comes: in three round trips, each file once, nothing at the next visit, and nothing moves.
const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { enrol, openProfile, run, startSite, typePin } = require('./browser.js');
const { apxs, until } = require('./program.js');

const LOGIN = '/login?return=/protected';

let log;

const place = (path) => `
<Location ${path}>
    SetHandler mpin-trusted-login
    AuthType Basic
    AuthName Company
    AuthBasicProvider file
    Require valid-user
</Location>`;

function more(folder) {
    log = join(folder, 'demo/access.log');
    return `
LoadModule auth_basic_module ${apxs('LIBEXECDIR')}/mod_auth_basic.so
MPinTrustedLogin corp /trusted/corp Basic "Company & friends"
MPinTrustedLogin school /trusted/school Basic "A school"
${place('/trusted/corp')}${place('/trusted/school')}
`;
}

/** In the page, before its own scripts: how far what is seen moves. */
function noteShifts() {
    const note = (entries) => entries.forEach(({ value, sources }) => window.shifts.push([value,
        ...sources.map(({ node, previousRect, currentRect }) => `${node?.nodeName} ${node?.className} ${JSON.stringify([previousRect, currentRect])}`)]));
    window.shifts = [];
    const observer = new PerformanceObserver((list) => note(list.getEntries()));
    observer.observe({ type: 'layout-shift', buffered: true });
    window.allShifts = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => {
        note(observer.takeRecords());
        done(window.shifts);
    }))));
}

/**
 * What a page asks for: the name, and in which round trip. The document is the first; what stands in it is asked for in the
 * second; what a script asks for waits for the answers that have come by then, and is one behind the last of them. A Worker's
 * script is not seen to come out of the cache: how often each file is asked for, the server's log says.
 */
async function record(page) {
    const cdp = await page.context().newCDPSession(page);
    const asked = new Map(); // by address
    const trips = new Map(); // by the browser's number
    let reached = 0;
    await cdp.send('Network.enable');
    cdp.on('Network.requestWillBeSent', ({ requestId, request: { url }, initiator }) => {
        if (!url.startsWith('http') || asked.has(url))
            return;
        const trip = initiator.type === 'parser' ? 2 : reached + 1;
        trips.set(requestId, trip);
        asked.set(url, { name: new URL(url).pathname.split('/').pop(), trip });
    });
    cdp.on('Network.loadingFinished', ({ requestId }) => reached = Math.max(reached, trips.get(requestId) ?? 0));
    return {
        all: () => [...asked.values()].filter(({ name }) => name !== 'standing'),
        async forget() {
            await cdp.send('Network.clearBrowserCache');
            trips.clear();
            asked.clear();
            reached = 0;
        },
    };
}

/** The log's lines, in which the names of our files are left out. */
const served = () => readFileSync(log, 'utf8').split('\n').filter(Boolean).map((line) => /"(\w+ \S+)/.exec(line)[1]);

const shown = (page) => page.waitForSelector('.mp-screen:not(.mp-screen-loading, .mp-screen-slow)', { state: 'attached' });

const FILES = ['first.js', 'icon.svg', 'login-pad.js', 'mpin.css', 'worker.js'];

/** Each file that was asked for came once, in three round trips at most. */
async function isNear(net, before, names) {
    console.log(`# ${net.all().map(({ name, trip }) => `${trip} ${name}`).join(', ')}`);
    assert.ok(Math.max(...net.all().map(({ trip }) => trip)) <= 3);
    assert.deepEqual(net.all().map(({ name }) => name).sort(), ['clientSettings', 'login', ...names].sort());
    const lines = await until('the log', () => {
        const all = served().slice(before);
        return all.filter((line) => line.includes('/mpin/')).length >= names.length && all;
    });
    assert.equal(lines.filter((line) => line.includes('/mpin/')).length, names.length);
    assert.equal(lines.filter((line) => line.includes('Settings')).length, 1);
}

run({
    async the_pad_is_ready_after_three_round_trips(t) {
        const page = await openProfile(t);
        await enrol(page, 'lena', '7391');
        const net = await record(page);
        for (const [language, more] of [['en', []], ['de', ['de.json']]]) {
            await page.setExtraHTTPHeaders({ 'Accept-Language': language });
            await net.forget();
            const before = served().length;
            await page.goto(LOGIN);
            await page.waitForSelector('.mp-pad:not([data-locked])');
            await until('the last of them', () => served().slice(before).some((line) => line.includes('standing')));
            await isNear(net, before, [...FILES, ...more]);
        }
    },

    async who_has_no_pin_waits_no_longer(t) {
        const page = await openProfile(t);
        const net = await record(page);
        const before = served().length;
        await page.goto(LOGIN);
        await shown(page);
        await isNear(net, before, FILES);
    },

    async the_next_visit_asks_for_no_file(t) {
        const page = await openProfile(t);
        await enrol(page, 'mara', '7391');
        const before = served().length;
        await page.goto(LOGIN);
        await typePin(page, '7391');
        await page.waitForURL('**/protected');
        await until('the log', () => served().slice(before).some((line) => line.includes('mpinAuthenticate')));
        const lines = served().slice(before);
        const end = lines.findIndex((line) => line.includes('mpinAuthenticate'));
        assert.deepEqual(lines.slice(0, end).filter((line) => line.includes('/mpin/')), [], 'nor whether one has changed');
        assert.equal(lines.filter((line) => line.includes('Settings')).length, 1);
    },

    async no_browser_asks_for_the_settings_twice(t) {
        for (const name of ['firefox', 'webkit']) {
            const engine = await require(`./engines/${name}.js`).launch();
            try {
                const page = await engine.openPage(t.problems);
                const before = served().length;
                await page.goto(t.site.url + LOGIN);
                await until('the pad', () => page.evaluate(`!!document.querySelector('.mp-screen')`));
                await until('the log', () => served().length > before);
                assert.deepEqual(served().slice(before).filter((line) => /Settings/.test(line)), ['GET /rps/clientSettings'], name);
            } finally {
                await engine.close();
            }
        }
    },

    async a_page_of_another_version_has_its_pad(t) {
        const page = await openProfile(t);
        await enrol(page, 'nele', '7391');
        await page.route('**/login?*', async (route) => {
            const response = await route.fetch({ maxRetries: 3 });
            await route.fulfill({ response, body: (await response.text()).replace(/\/mpin\/[0-9a-f]{16}\//g, '/mpin/0123456789abcdef/') });
        });
        await page.goto(LOGIN);
        await typePin(page, '7391');
        await page.waitForURL('**/protected');
    },

    async nothing_moves(t) {
        for (const [width, height] of [[390, 844], [1280, 900], [1280, 1200], [800, 600], [360, 640]]) {
            const page = await openProfile(t, { viewport: { width, height } });
            await enrol(page, `olga${width}x${height}`, '7391');
            await page.addInitScript(noteShifts);
            const stranger = await openProfile(t, { viewport: { width, height } });
            await stranger.addInitScript(noteShifts);
            for (const one of [page, stranger]) {
                await one.goto(LOGIN);
                await shown(one);
                const shifts = await one.evaluate(() => window.allShifts());
                const sum = shifts.reduce((all, [value]) => all + value, 0);
                console.log(`# ${width}x${height} ${one === page ? 'with' : 'without'} a PIN: ${sum.toFixed(4)}`);
                assert.ok(sum < 0.01, JSON.stringify(shifts));
            }
        }
    },
}, () => startSite(more));
