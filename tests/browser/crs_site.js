// SPDX-License-Identifier: Apache-2.0
// A site behind mod_security with the Core Rule Set as Debian ships both, SecRuleEngine On and nothing else changed; with
// a password user, names by mail, and phones. What the rules say stands in the error log.
const { port } = require('../lib/ports.cjs');
const { execFileSync } = require('node:child_process');
const { readFileSync, writeFileSync, mkdirSync, chmodSync } = require('node:fs');
const { join } = require('node:path');
const { build } = require('./browser.js');
const { startWebhook } = require('../lib/senders.cjs');
const { KEY, startWorkOS } = require('../lib/workos.cjs');
const { PYTHON, apxs, makeFolder, ready, removeFolder, startHttpd, startProgram, until } = require('./program.js');

// By its name: the rules take a number in Host for something to look at.
const url = `http://localhost:${port}`;
const folder = makeFolder('crs', build);
const mailbox = join(folder, 'mailbox');
const modules = apxs('LIBEXECDIR');
const who = process.getuid() === 0 ? 'User www-data\nGroup www-data\n' : '';

/** Debian's own, but that it acts, and writes into our folder. */
function rules() {
    const recommended = readFileSync('/etc/modsecurity/modsecurity.conf-recommended', 'utf8');
    mkdirSync(join(folder, 'modsecurity'));
    chmodSync(join(folder, 'modsecurity'), 0o777);
    writeFileSync(join(folder, 'unicode.mapping'), readFileSync('/etc/modsecurity/unicode.mapping'));
    return recommended.replace('SecRuleEngine DetectionOnly', 'SecRuleEngine On')
        .replace(/^(SecAuditLog|SecDataDir|SecTmpDir) .*/gm, (_, name) =>
            `${name} ${folder}/modsecurity${name === 'SecAuditLog' ? '/audit.log' : ''}`);
}

const configuration = () => `${who}ServerRoot "${folder}"
ServerName localhost:${port}
Listen 127.0.0.1:${port}
PidFile "${folder}/httpd.pid"
ErrorLog "${folder}/logs/error.log"
LogLevel warn auth_mpin:debug
${['mpm_event', 'authn_core', 'authn_file', 'authz_core', 'authz_user', 'unique_id', 'dir', 'mime', 'security2'].map((name) =>
        `LoadModule ${name}_module ${modules}/mod_${name}.so`).join('\n')}
LoadModule auth_mpin_module "${folder}/mod_auth_mpin.so"
Include "${folder}/modsecurity.conf"
Include /usr/share/modsecurity-crs/owasp-crs.load
DocumentRoot "${folder}/site"
DirectoryIndex index.html
TypesConfig /dev/null
AddType text/html .html
MPinEngine On
MPinPublicURL ${url}
MPinStore "lmdb:${folder}/store"
MPinKeyFile "${folder}/keys/mpin.keys"
MPinTitle Wiki
MPinPasswordProvider file
MPinRegister signed-in mail
MPinRegisterAllow any
MPinMail smtp://127.0.0.1:${port + 1}
MPinMailFrom wiki@example.org
MPinTOTP Wiki
MPinSMS webhook http://127.0.0.1:${port + 2}/ countries=+49,+1 template="Wiki: {{code}}"
MPinWorkOS "${folder}/workos.key" http://127.0.0.1:${port + 3} template="Wiki: {{code}}"
MPinRememberBrowser 30d
<Location /login>
    AuthUserFile "${folder}/users"
</Location>
<Location /protected>
    AuthType MPin
    Require valid-user
</Location>
<Location /protected/vault>
    MPinSecondFactor totp
</Location>`;

async function start() {
    mkdirSync(join(folder, 'site/protected/vault'), { recursive: true });
    for (const place of ['', 'vault'])
        writeFileSync(join(folder, 'site/protected', place, 'index.html'), '<!doctype html><title>in</title><p>You are logged in.');
    writeFileSync(join(folder, 'modsecurity.conf'), rules());
    for (const [name, how] of [['john', '-Bbc'], ['kim', '-Bb']])
        execFileSync('htpasswd', [how, '-C', '4', join(folder, 'users'), name, 'k7-maple-42'], { stdio: 'ignore' });
    writeFileSync(join(folder, 'workos.key'), `WORKOS_API_KEY=${KEY}\n`, { mode: 0o600 });
    const webhook = await startWebhook(port + 2), workos = await startWorkOS(port + 3);
    const smtp = startProgram(PYTHON, [join(__dirname, '../smtp/server.py'), `${port + 1}`, mailbox]);
    const httpd = startHttpd(folder, configuration());
    const stop = () => {
        httpd.kill('SIGTERM');
        smtp.kill('SIGTERM');
        webhook.close();
        workos.close();
        if (!process.env.KEEP)
            removeFolder(folder);
    };
    try {
        await Promise.all([ready(smtp, port + 1), ready(httpd, port)]);
    } catch (error) {
        stop();
        throw error;
    }
    return { url, user: 'john', password: 'k7-maple-42', webhook, stop };
}

/** The link of the last mail to somebody. */
async function linkOf(name) {
    const mail = await until(`a mail to ${name}`, () => {
        try {
            return readFileSync(mailbox, 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line))
                .filter(({ to, text }) => to.includes(name) && text.includes('/mpinActivate?t=')).pop();
        } catch {
            return undefined; // none yet
        }
    });
    return mail.text.match(/http:\/\/\S+\/mpinActivate\?t=[0-9a-f]+/)[0];
}

/** Every rule that had something to say. */
const hits = () => readFileSync(join(folder, 'logs/error.log'), 'utf8').split('\n')
    .filter((line) => /ModSecurity: (Warning|Access denied)/.test(line))
    .map((line) => [...line.matchAll(/\[(id|msg|data|uri) "([^"]*)"\]/g)].map(([, key, value]) => `${key} ${value}`).join(', '));

module.exports = { hits, linkOf, start, url };
