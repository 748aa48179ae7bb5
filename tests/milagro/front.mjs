// SPDX-License-Identifier: Apache-2.0
// httpd with this module in front of the old Milagro server, by the shipped conf/milagro-rps.conf with other ports. For
// tests only.

import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startMilagro } from './rps.mjs';

const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../..');
const apxs = (name) => execFileSync('apxs', ['-q', name], { encoding: 'utf8' }).trim();

/**
 * The site on `port`, the RPS on port + 1, its D-TAs above it; browsers ask the second one at its own origin. Its password user is john, with john-secret.
 * @param {object} options
 * @param {number} options.port
 * @param {string} options.build
 * @param {string} [options.conf] more directives
 * @param {object} [options.milagro] options of startMilagro
 */
export async function startFront({ port, build, conf = '', milagro = {} }) {
    const url = `http://127.0.0.1:${port}`;
    const folder = mkdtempSync('/var/tmp/mpin-front-'); // the store wants no tmpfs
    const stops = [() => rmSync(folder, { recursive: true, force: true })];
    const stop = async () => {
        for (const each of stops.splice(0).reverse())
            await each();
    };
    const dta = `http://127.0.0.1:${port + 3}`; // on an origin of its own, as its owner has it
    const rps = await startMilagro({
        port: port + 1, rpa: url, publicUrl: url, secondUrl: dta, storageUrl: 'https://timepermits.example.net', ...milagro });
    stops.push(rps.stop);

    chmodSync(folder, 0o755);
    mkdirSync(join(folder, 'site/protected'), { recursive: true });
    writeFileSync(join(folder, 'site/protected/index.html'), 'protected\n');
    writeFileSync(join(folder, 'site/index.html'), '<!doctype html><title>in</title>in\n');
    copyFileSync(join(build, 'mod_auth_mpin.so'), join(folder, 'mod_auth_mpin.so'));
    execFileSync('htpasswd', ['-Bbc', '-C', '4', join(folder, 'users'), 'john', 'john-secret'], { stdio: 'ignore' });
    const modules = apxs('LIBEXECDIR');
    const loads = ['mpm_event', 'authn_core', 'authn_file', 'authz_core', 'authz_user', 'dir', 'proxy', 'proxy_http', 'headers',
        'alias', 'mime'].map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so\n`).join('');
    const shipped = readFileSync(join(root, 'conf/milagro-rps.conf'), 'utf8')
        .replace(/127\.0\.0\.1:8011/g, `127.0.0.1:${port + 1}`).replace(/127\.0\.0\.1:8002/g, `127.0.0.1:${port + 3}`)
        .replace('#MPinSecondDTA https://dta.example.net', `MPinSecondDTA ${dta}`);
    writeFileSync(join(folder, 'httpd.conf'), `ServerRoot "${folder}"
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
PidFile "${folder}/httpd.pid"
ErrorLog "${folder}/error_log"
DefaultRuntimeDir "${folder}"
Mutex "file:${folder}" default
${process.getuid() ? '' : 'User www-data\nGroup www-data\n'}${loads}TypesConfig /dev/null
AddType text/html .html
LoadModule auth_mpin_module "${folder}/mod_auth_mpin.so"
DocumentRoot "${folder}/site"
DirectoryIndex index.html
MPinEngine On
MPinStore "lmdb:${folder}/state/store"
MPinKeyFile "${folder}/state/keys/mpin.keys"
MPinPasswordProvider file
MPinThrottle address=100000/60s account=100000/60s
MPinAuditLog "${folder}/audit_log"
<Location /login>
AuthUserFile "${folder}/users"
</Location>
<Location />
AuthType MPin
Require valid-user
</Location>
${shipped}
${conf || 'MPinRegister signed-in open\nMPinRegisterAllow any\n'}`);
    const httpd = spawn(`${apxs('SBINDIR')}/apache2`, ['-f', join(folder, 'httpd.conf'), '-DFOREGROUND'],
        { stdio: 'inherit', detached: true });
    const ended = new Promise((done) => httpd.once('exit', done));
    stops.push(async () => {
        process.kill(httpd.pid, 'SIGTERM');
        await ended;
    });
    const log = () => { try { return readFileSync(join(folder, 'error_log'), 'utf8'); } catch { return ''; } };
    for (let i = 0; !await fetch(url + '/mpin.js').then((answer) => answer.ok, () => false); i++) {
        if (i > 1200 || httpd.exitCode !== null) {
            await stop();
            throw new Error('httpd does not start: ' + log());
        }
        await pause(50);
    }
    return { url, rps, folder, log, stop, audit: () => readFileSync(join(folder, 'audit_log'), 'utf8'), user: 'john', password: 'john-secret' };
}
