// SPDX-License-Identifier: Apache-2.0
// conf/examples/saml.conf as it is shipped, with ports and folders of the test's own, beside an identity provider that
// nobody here wrote (tests/lib/samlidp.cjs).
const { port } = require('../lib/ports.cjs');
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { build, openProfile } = require('./browser.js');
const { checked, loads, shipped } = require('./shipped.js');
const { makeFolder, ready, removeFolder, startHttpd, until } = require('./program.js');
const { IdP, certificate, mellonAt } = require('../lib/samlidp.cjs');

const url = `https://localhost:${port}`;
const endpoints = `${url}/trusted/company/mellon`;
const entity = `${endpoints}/metadata`;

const PAGES = ['members', 'twice'];

function writeSite(folder) {
    for (const page of PAGES) {
        mkdirSync(join(folder, 'www/html', page), { recursive: true });
        writeFileSync(join(folder, 'www/html', page, 'index.html'), `<!doctype html><html lang="en"><title>${page}</title><h1>inside ${page}</h1>`);
    }
    writeFileSync(join(folder, 'www/html/index.html'), '<!doctype html><html lang="en"><title>home</title><h1>home</h1>');
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost',
        '-keyout', join(folder, 'tls.key'), '-out', join(folder, 'tls.crt')], { stdio: 'ignore' });
}

/** `change` makes the text of the configuration another one; `sp` and `idp` are options of the provider. */
async function startSaml({ change = (text) => text, more = () => '', sp = {}, idp = {} } = {}) {
    const folder = makeFolder('saml', build);
    writeSite(folder);
    mkdirSync(join(folder, 'mellon'));
    const cert = certificate(join(folder, 'mellon'), 'sp');
    chmodSync(join(folder, 'mellon/sp.key'), 0o600);
    const provider = new IdP(join(folder, 'idp'), port + 1).be(idp).know({ [entity]: mellonAt(endpoints, cert, sp) }).start();
    const site = { url, folder, provider, cert, httpd: null };
    site.errors = () => existsSync(join(folder, 'logs/error.log')) ? readFileSync(join(folder, 'logs/error.log'), 'utf8') : '';
    site.audit = () => existsSync(join(folder, 'logs/audit')) ? readFileSync(join(folder, 'logs/audit'), 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line)) : [];
    site.begin = async (text) => {
        site.httpd = startHttpd(folder, text);
        await ready(site.httpd, port);
    };
    /** What `httpd -t` says of the example alone. */
    site.checked = () => checked('examples/saml.conf', folder);
    site.end = () => new Promise((done) => {
        site.httpd.once('exit', done);
        site.httpd.kill('SIGTERM');
    });
    site.text = () => change(`${shipped('examples/saml.conf', folder)}
LogLevel warn auth_mpin:debug
MPinAuditLog ${folder}/logs/audit
${more(folder)}`);
    site.stop = () => {
        site.httpd?.kill('SIGTERM');
        provider.stop();
        if (!process.env.KEEP)
            removeFolder(folder);
    };
    try {
        await ready(provider.program, port + 1);
        const metadata = await fetch(`${provider.url}/saml2/idp/metadata.php`);
        writeFileSync(join(folder, 'mellon/idp.xml'), await metadata.text());
        await site.begin(site.text());
    } catch (error) {
        site.stop();
        throw error;
    }
    return site;
}

/* ---- people ---- */

const secure = (t, options = {}) => openProfile(t, { ignoreHTTPSErrors: true, ...options });

/** At the provider's page. */
async function showWho(page, name) {
    await page.waitForURL('**/loginuserpass.php**');
    await page.fill('#username', name);
    await page.fill('#password', `${name}-secret`);
    await page.click('button[type=submit], input[type=submit]');
}

/** From a page that wants a login to where it leads. */
async function come(page, name = 'anna', place = '/members/') {
    await page.goto(place);
    await page.getByRole('link', { name: 'Company login' }).click();
    await showWho(page, name);
}

async function comeIn(page, name, place) {
    await come(page, name, place);
    await page.waitForURL('**/login?offer=1*');
}

/** Who the site says that this browser is, '' for nobody. */
async function who(page) {
    const answer = await page.request.get('/members/', { maxRedirects: 0 });
    return answer.status() === 200 ? answer.headers()['x-who'] : '';
}

/** What pages of refusals write into the console. */
const forgiveRefusals = (t) => t.problems.splice(0, t.problems.length, ...t.problems.filter((one) => !/status of (4|50)\d/.test(one)));

/** "Login failed!", another try, and nobody is signed in. */
async function failed(t, page, what) {
    await page.getByRole('heading', { name: 'Login failed!' }).waitFor();
    assert.match(await page.getByRole('link', { name: 'Try again' }).getAttribute('href'), /^\/login\/with\/company/, what);
    assert.equal(await who(page), '', `${what}: nobody is signed in`);
    forgiveRefusals(t);
}

/** Where people sign out at the provider itself. */
const signOutThere = (t) => `${t.site.provider.url}/saml2/idp/SingleLogoutService.php?ReturnTo=${encodeURIComponent(`${t.site.provider.url}/`)}`;

module.exports = { come, comeIn, endpoints, entity, failed, forgiveRefusals, loads, port, secure, showWho, signOutThere,
    startSaml, until, url, who, writeSite };
