// SPDX-License-Identifier: Apache-2.0
// What a browser fetches ahead of its person, or for no person, changes nothing and costs nobody the way.
const assert = require('node:assert/strict');
const { mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { openProfile, run, signInByPassword, startSite } = require('./browser.js');
const { until } = require('./program.js');

let log;

const rules = (action, urls) => `<!doctype html><title>portal</title><h1>portal</h1>
<script type="speculationrules">{"${action}": [{"source": "list", "urls": ${JSON.stringify(urls)}, "eagerness": "immediate"}]}</script>
${urls.map((url) => `<a href="${url}">${url}</a>`).join('\n')}`;

const pages = {
    'prefetch.html': rules('prefetch', ['/secret/page.html', '/login?return=/secret/page.html']),
    'prerender.html': rules('prerender', ['/secret/page.html', '/login?return=/secret/page.html']),
    'frame.html': '<!doctype html><title>portal</title><iframe src="/secret/page.html"></iframe>',
    'parts.html': `<!doctype html><title>portal</title><link rel="manifest" href="/secret/m"><link rel="icon" href="/secret/i">
<link rel="stylesheet" href="/secret/s"><img src="/secret/p"><script src="/secret/j"></script><video src="/secret/v"></video>
<script type="module">await Promise.allSettled([fetch('/secret/f'), navigator.serviceWorker.register('/secret/w')]);
new Worker('/secret/k'); new EventSource('/secret/e'); new WebSocket('/secret/x');</script>`,
};

function more(folder) {
    const site = join(folder, 'ahead');
    mkdirSync(join(site, 'secret'), { mode: 0o755, recursive: true });
    for (const [name, text] of Object.entries({ ...pages, 'secret/page.html': '<!doctype html><title>secret</title><h1>secret</h1>' }))
        writeFileSync(join(site, name), text, { mode: 0o644 });
    log = join(folder, 'demo/ahead.log');
    return `
AddType text/html .html
LogFormat "%{Sec-Purpose}i|%>s|%U|%{Set-Cookie}o" ahead
CustomLog "${log}" ahead
Alias /portal "${site}"
Alias /secret "${site}/secret"
<Directory "${site}">
    Require all granted
</Directory>
<Location /secret>
    AuthType MPin
    Require valid-user
</Location>
`;
}

const asked = () => readFileSync(log, 'utf8').split('\n').filter(Boolean).map((line) => {
    const [purpose, status, path, cookie] = line.split('|');
    return { purpose, status, path, cookie };
});
const ahead = (path) => asked().filter((one) => one.purpose.startsWith('prefetch') && one.path === path);

async function fetches(t, action) {
    const page = await openProfile(t);
    await page.goto(`/portal/${action}.html`);
    for (const path of ['/secret/page.html', '/login'])
        await until(`${path} to be fetched ahead`, () => ahead(path).length);
    assert.deepEqual(await page.context().cookies(), [], 'no cookie');
    await page.click('a[href="/secret/page.html"]');
    await page.waitForURL('**/login?return=*');
    await signInByPassword(page, t.site);
    await page.getByRole('link', { name: 'Not now' }).click();
    await page.waitForURL('**/secret/page.html');
    assert.equal(await page.textContent('h1'), 'secret');
    await page.goto(`/portal/${action}.html`);
    await until('the page to be fetched ahead again', () => ahead('/secret/page.html').some((one) => /^(200|304)$/.test(one.status)));
    await page.click('a[href="/secret/page.html"]');
    await page.waitForURL('**/secret/page.html');
    assert.equal(await page.textContent('h1'), 'secret');
}

run({
    prefetched_pages_lead_on_when_they_are_opened: (t) => fetches(t, 'prefetch'),
    prerendered_pages_lead_on_when_they_are_opened: (t) => fetches(t, 'prerender'),

    async a_frame_shows_the_way_out_and_what_else_is_part_of_a_page_sets_nothing(t) {
        const page = await openProfile(t);
        await page.goto('/portal/parts.html');
        for (const one of 'ispjvfwkex')
            await until(`/secret/${one} to be asked for`, () => asked().some(({ path }) => path === `/secret/${one}`));
        for (const { path, status, cookie } of asked().filter((one) => /^\/secret\/.$/.test(one.path)))
            assert.deepEqual([path, status, cookie], [path, '401', '-']);
        assert.deepEqual(await page.context().cookies(), []);

        await page.goto('/portal/frame.html');
        await page.frameLocator('iframe').locator('a[target=_top]').waitFor();
        assert.deepEqual(await page.context().cookies(), []);
        await page.frameLocator('iframe').locator('a[target=_top]').click();
        await page.waitForURL('**/login?return=*');
        await signInByPassword(page, t.site);
        await page.getByRole('link', { name: 'Not now' }).click();
        await page.waitForURL('**/portal/frame.html');
        await page.frameLocator('iframe').getByRole('heading', { name: 'secret' }).waitFor();
    },
}, () => startSite(more));
