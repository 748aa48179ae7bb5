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

const client = (id, callback) => ({
    client_id: id, client_secret: SECRET, redirect_uris: [url + callback], token_endpoint_auth_method: 'client_secret_basic',
    post_logout_redirect_uris: [`${url}/login`], backchannel_logout_uri: `${url}${callback}?logout=backchannel`, backchannel_logout_session_required: true,
});

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

/** `edit` changes the configuration; `more` is added to it. */
async function startOpenIDSite({ file, secret, callback, edit = (text) => text, more = '', provider = {} }) {
    const folder = makeFolder('openid', build);
    mkdirSync(join(folder, 'site/protected'), { recursive: true });
    mkdirSync(join(folder, 'store'));
    if (process.getuid() === 0)
        execFileSync('chown', ['www-data', join(folder, 'store')]);
    writeFileSync(join(folder, 'site/index.html'), 'outside\n');
    writeFileSync(join(folder, 'site/protected/index.html'), '<!DOCTYPE html><html lang="en"><title>Inside</title><h1>inside</h1>\n');
    const op = await OpenID.start(port + 1, [client('wiki', callback)], provider);
    const site = {
        url, folder, op, httpd: null,
        log: () => readFileSync(join(folder, 'logs/error.log'), 'utf8'),
        async begin() {
            const text = edit(localized(readFileSync(join(root, file), 'utf8'), folder));
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
