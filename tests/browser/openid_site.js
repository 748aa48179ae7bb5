// SPDX-License-Identifier: Apache-2.0
// A site as conf/miracl.conf or conf/examples/openid.conf sets it up, with places and ports of the test's own, and its OpenID
// provider beside it.
const { port } = require('../lib/ports.cjs');
const { execFileSync } = require('node:child_process');
const { chmodSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { join, resolve } = require('node:path');
const { OpenID } = require('../lib/openid.cjs');
const { apxs, makeFolder, ready, removeFolder, startHttpd, until } = require('./program.js');

const root = resolve(__dirname, '../..');
const build = resolve(root, process.env.BUILD || 'build');
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
LoadModule ssl_module ${apxs('LIBEXECDIR')}/mod_ssl.so
SSLEngine On
SSLSessionCache none
SSLCertificateFile "${folder}/tls/cert.pem"
SSLCertificateKeyFile "${folder}/tls/key.pem"
OIDCCABundlePath "${folder}/tls/ca.pem"
`;

/** What stands in the secret's file, for a provider. */
const secretFile = (name, issuer) => `Define ${name} ${issuer}
OIDCClientID wiki
OIDCClientSecret "${SECRET}"
OIDCCryptoPassphrase "0123456789abcdef0123456789abcdef"
`;

/** The shipped file for this machine: everything else is as it stands there. */
function localized(text, folder) {
    return text
        .replaceAll('/usr/lib/apache2/modules/mod_auth_mpin.so', `${folder}/mod_auth_mpin.so`)
        .replaceAll('/usr/lib/apache2/modules', apxs('LIBEXECDIR'))
        .replace(/^ServerRoot .*/m, `ServerRoot "${folder}"`)
        .replace(/^PidFile .*/m, `PidFile "${folder}/httpd.pid"`)
        .replace(/^ErrorLog .*/m, `ErrorLog "${folder}/logs/error.log"`)
        .replace(/^(User|Group) .*\n/mg, process.getuid() === 0 ? '$&' : '')
        .replaceAll('/var/lib/apache2/mpin-keys', `${folder}/keys`)
        .replaceAll('/var/lib/apache2/mpin', `${folder}/store`)
        .replaceAll('/var/www/html', `${folder}/site`)
        .replace(/127\.0\.0\.1:8005/g, `127.0.0.1:${port}`);
}

/** `edit` changes the configuration; `more` is added to it. `tls`: both speak TLS. */
async function startOpenIDSite({ file, secret, callback, edit = (text) => text, more = '', provider = {}, tls = false }) {
    const folder = makeFolder('openid', build);
    mkdirSync(join(folder, 'site/protected'), { recursive: true });
    mkdirSync(join(folder, 'store'));
    if (process.getuid() === 0)
        execFileSync('chown', ['www-data', join(folder, 'store')]);
    writeFileSync(join(folder, 'site/index.html'), 'outside\n');
    writeFileSync(join(folder, 'site/protected/index.html'), '<!DOCTYPE html><html lang="en"><title>Inside</title><h1>inside</h1>\n');
    const at = tls ? url.replace('http:', 'https:') : url;
    const cert = tls ? certified(join(folder, 'tls')) : null;
    const op = await OpenID.start(port + 1, [client('wiki', callback, at)], provider, 'localhost', cert);
    const site = {
        url: at, folder, op, httpd: null,
        log: () => readFileSync(join(folder, 'logs/error.log'), 'utf8'),
        async begin() {
            const own = localized(readFileSync(join(root, file), 'utf8'), folder);
            const text = edit(tls ? overTLS(own, folder) : own);
            writeFileSync(join(folder, secret.name), secretFile(secret.define, op.issuer));
            chmodSync(join(folder, secret.name), 0o600);
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

module.exports = { client, localized, root, startOpenIDSite, url };
