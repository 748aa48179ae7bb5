// SPDX-License-Identifier: Apache-2.0
// A site as conf/miracl.conf or conf/examples/openid.conf sets it up, with places and ports of the test's own, and its OpenID
// provider beside it.
const { port } = require('../lib/ports.cjs');
const { execFileSync } = require('node:child_process');
const { chmodSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { OpenID } = require('../lib/openid.cjs');
const { build } = require('./browser.js');
const { loads, shipped } = require('./shipped.js');
const { makeFolder, ready, removeFolder, startHttpd, until } = require('./program.js');

const url = `http://127.0.0.1:${port}`;
const SECRET = 'only-for-tests-0123456789abcdef';

const client = (id, callback, at = url) => ({
    client_id: id, client_secret: SECRET, redirect_uris: [at + callback], token_endpoint_auth_method: 'client_secret_basic',
    post_logout_redirect_uris: [`${at}/login`, `${at}/`], backchannel_logout_uri: `${at}${callback}?logout=backchannel`, backchannel_logout_session_required: true,
});

/** An authority, and what it has certified for both of this machine's names. */
function certified(folder) {
    mkdirSync(folder);
    const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
    openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '3', '-subj', '/CN=An authority', '-keyout', 'ca.key', '-out', 'ca.pem');
    openssl('req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', 'key.pem', '-out', 'cert.csr');
    openssl('x509', '-req', '-days', '3', '-copy_extensions', 'copy', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-in', 'cert.csr', '-out', 'cert.pem');
    return { key: readFileSync(join(folder, 'key.pem')), cert: readFileSync(join(folder, 'cert.pem')) };
}

/** The site by TLS, and what mod_auth_openidc trusts the provider's certificate by. */
const overTLS = (text, folder) => `${text.replace(/^Define SITE http:/m, 'Define SITE https:')}
${loads('ssl')}SSLEngine On
SSLSessionCache none
SSLCertificateFile "${folder}/tls/cert.pem"
SSLCertificateKeyFile "${folder}/tls/key.pem"
OIDCCABundlePath "${folder}/tls/ca.pem"
`;

/** What stands in the secret's file, for a provider. */
const secretFile = (define, issuer) => `Define ${define} ${issuer}
OIDCClientID wiki
OIDCClientSecret "${SECRET}"
OIDCCryptoPassphrase "0123456789abcdef0123456789abcdef"
`;

/** Of conf/FILE, and `name`d so. `edit` changes the configuration; `more` is added to it. `people` have e-mails that are verified. `tls`: both speak TLS. */
async function startOpenIDSite({ file, name, callback, edit = (text) => text, more = '', people = [], tls = false }) {
    const folder = makeFolder('openid', build);
    mkdirSync(join(folder, 'www/html/protected'), { recursive: true });
    writeFileSync(join(folder, 'www/html/index.html'), 'outside\n');
    writeFileSync(join(folder, 'www/html/protected/index.html'), '<!DOCTYPE html><html lang="en"><title>Inside</title><h1>inside</h1>\n');
    const at = tls ? url.replace('http:', 'https:') : url;
    const cert = tls ? certified(join(folder, 'tls')) : null;
    const op = await OpenID.start(port + 1, [client('wiki', callback, at)], {}, 'localhost', cert);
    for (const one of people)
        op.people[one] = { email: `${one}@example.org`, email_verified: true };
    const site = {
        url: at, folder, op, httpd: null,
        log: () => readFileSync(join(folder, 'logs/error.log'), 'utf8'),
        async begin() {
            const own = shipped(file, folder);
            const text = edit(tls ? overTLS(own, folder) : own);
            writeFileSync(join(folder, `${name}.secret`), secretFile(`${name.toUpperCase()}_ISSUER`, op.issuer));
            chmodSync(join(folder, `${name}.secret`), 0o600);
            this.httpd = startHttpd(folder, `${text}\nMPinAuditLog "${folder}/logs/audit.log"\nLogLevel info auth_mpin:debug auth_openidc:debug\nStartServers 2\nThreadsPerChild 25\n${more}`);
            await ready(this.httpd, port);
        },
        async end() {
            this.httpd.kill('SIGTERM');
            await until('httpd to end', () => this.httpd.exitCode !== null || this.httpd.signalCode !== null);
        },
        async stop() {
            await this.end();
            await op.stop();
            removeFolder(folder);
        },
    };
    try {
        await site.begin();
    } catch (error) {
        await op.stop();
        throw error;
    }
    return site;
}

/* ---- people ---- */

/** What a browser says of itself that opens a page. */
const PAGE = { Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };

const heading = (page) => page.locator('main h1').first().innerText();
const path = (page) => new URL(page.url()).pathname;

/** What the login page says that the provider has told: e-mail and user id. */
const told = (page) => page.locator('.told dd').allInnerTexts();

/** Says at the provider who they are. */
async function say(page, name) {
    await page.waitForURL('**/interaction/*');
    await page.fill('input[name=name]', name);
    await page.getByRole('button', { name: 'Sign in' }).click({ noWaitAfter: true });
}

/** Signs out at the provider, by a page of its own in the same browser, until what is protected here asks for a login. */
async function signOutThere(page, issuer) {
    const provider = await page.context().newPage();
    await provider.goto(`${issuer}/session/end`);
    await provider.getByRole('button', { name: 'Sign out here' }).click();
    await provider.waitForURL('**/session/end/success');
    await until('the session to end', async () => {
        await page.goto('/protected/');
        return path(page) === '/login';
    });
}

/** Is somebody signed in? */
const isIn = async (page, at = url) => (await page.context().request.get(`${at}/protected/`, { maxRedirects: 0, headers: PAGE })).status() === 200;

/** So long that the module asks the provider again. */
const laterThanOnce = () => new Promise((done) => setTimeout(done, 1500));

module.exports = { PAGE, client, heading, isIn, laterThanOnce, path, say, signOutThere, startOpenIDSite, told, url };
