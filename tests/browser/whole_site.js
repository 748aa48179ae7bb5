// SPDX-License-Identifier: Apache-2.0
// A site with all that /account can show: PINs, passkeys, apps, numbers, WorkOS, recovery codes, remembered browsers. Three
// kinds of it side by side, each with a store of its own: names are proven by the password, by a mail, or by nobody.
const { port } = require('../lib/ports.cjs');
const { execFileSync } = require('node:child_process');
const { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { build, openProfile } = require('./browser.js');
const { PYTHON, apxs, makeFolder, ready, removeFolder, startHttpd, startProgram, until } = require('./program.js');
const { startWebhook } = require('../lib/senders.cjs');
const { KEY, startWorkOS } = require('../lib/workos.cjs');

const KINDS = { 'signed-in': 'signed-in', mail: 'mail', open: 'open' };
const urls = Object.fromEntries(Object.keys(KINDS).map((kind, i) => [kind, `http://localhost:${port + i}`]));
const [mailPort, smsPort, workosPort] = [port + 5, port + 6, port + 7];
const PASSWORD = 'k7-maple-42';

const vhost = (folder, kind) => `Listen 127.0.0.1:${new URL(urls[kind]).port}
<VirtualHost 127.0.0.1:${new URL(urls[kind]).port}>
MPinEngine On
MPinPublicURL ${urls[kind]}
MPinCookieName ${kind}
MPinStore "lmdb:${folder}/store-${kind}"
MPinStoreSize 64M
MPinRegister ${kind}
MPinAuditLog "${folder}/logs/audit-${kind}.log"
${kind === 'signed-in' ? `MPinPasswordProvider file
<Location /login>
AuthUserFile "${folder}/users"
</Location>` : 'MPinRegisterAllow any'}
</VirtualHost>`;

const configuration = (folder, more) => `${process.getuid() === 0 ? 'User www-data\nGroup www-data\n' : ''}ServerRoot "${folder}"
ServerName localhost
PidFile "${folder}/httpd.pid"
ErrorLog "${folder}/logs/error.log"
LogLevel warn auth_mpin:debug
StartServers 2
ThreadsPerChild 8
MaxRequestWorkers 64
${['mpm_event', 'authn_core', 'authn_file', 'authz_core', 'authz_user', 'unique_id', 'dir', 'alias'].map((name) =>
        `LoadModule ${name}_module ${apxs('LIBEXECDIR')}/mod_${name}.so`).join('\n')}
LoadModule auth_mpin_module "${folder}/mod_auth_mpin.so"
DocumentRoot "${folder}/site"
MPinKeyFile "${folder}/keys/mpin.keys"
MPinTitle Wiki
MPinMail smtp://127.0.0.1:${mailPort}
MPinMailFrom wiki@example.org
MPinTOTP Wiki
MPinSMS webhook http://127.0.0.1:${smsPort}/ countries=+49,+1 template="Wiki: {{code}}"
MPinWorkOS "${folder}/workos.key" http://127.0.0.1:${workosPort} template="Wiki: {{code}}"
MPinRememberBrowser 30d
MPinThrottle address=100000/60s account=100000/60s
<Location /vault>
AuthType MPin
MPinSecondFactor totp
Require valid-user
</Location>
${more(folder)}
${Object.keys(KINDS).map((kind) => vhost(folder, kind)).join('\n')}`;

/** `more(folder)` stands in its configuration; `people` have PASSWORD. */
async function startWhole(people = ['john@example.org'], more = (_) => '') {
    const folder = makeFolder('whole', build);
    const mailbox = join(folder, 'mailbox');
    mkdirSync(join(folder, 'site/vault'), { recursive: true });
    for (const place of ['', 'vault/'])
        writeFileSync(join(folder, 'site', place, 'index.html'), '<!doctype html><html lang="en"><title>in</title><h1>inside</h1>');
    for (const name of people)
        execFileSync('htpasswd', [...name === people[0] ? ['-c'] : [], '-Bb', '-C', '4', join(folder, 'users'), name, PASSWORD], { stdio: 'ignore' });
    writeFileSync(join(folder, 'workos.key'), `WORKOS_API_KEY=${KEY}\n`);
    chmodSync(join(folder, 'workos.key'), 0o600);
    const smtp = startProgram(PYTHON, [join(__dirname, '../smtp/server.py'), `${mailPort}`, mailbox]);
    const workos = await startWorkOS(workosPort), webhook = await startWebhook(smsPort);
    const httpd = startHttpd(folder, configuration(folder, more));
    const stop = () => {
        for (const program of [httpd, smtp])
            program.kill('SIGTERM');
        workos.close();
        webhook.close();
        if (!process.env.KEEP)
            removeFolder(folder);
    };
    try {
        await Promise.all([ready(smtp, mailPort), ...Object.values(urls).map((url) => ready(httpd, Number(new URL(url).port)))]);
    } catch (error) {
        stop();
        throw error;
    }
    const lines = (file) => existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line)) : [];
    return {
        url: urls['signed-in'], folder, httpd, webhook, workos, stop,
        mails: (to) => lines(mailbox).filter((mail) => mail.to.includes(to)),
        audit: (kind) => lines(join(folder, `logs/audit-${kind}.log`)),
    };
}

/** A passkey's keeper, plugged into the page. */
async function plugIn(page) {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    await cdp.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true,
        hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } });
}

module.exports = { KINDS, PASSWORD, openProfile, plugIn, startWhole, until, urls };
