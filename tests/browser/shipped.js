// SPDX-License-Identifier: Apache-2.0
// The configurations of conf/ as they are shipped, with a port and a folder of the test's own: everything else is as it stands
// there.
const { port } = require('../lib/ports.cjs');
const { spawnSync } = require('node:child_process');
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { root } = require('./browser.js');
const { apxs } = require('./program.js');

/** The text of conf/FILE, at our port and in our folder. */
function shipped(file, folder) {
    const text = readFileSync(join(root, 'conf', file), 'utf8')
        .replaceAll('/usr/lib/apache2/modules/mod_auth_mpin.so', `${folder}/mod_auth_mpin.so`)
        .replaceAll('/usr/lib/apache2/modules', apxs('LIBEXECDIR'))
        .replaceAll('https://www.example.com', `https://localhost:${port}`)
        .replace('ServerName www.example.com', 'ServerName localhost')
        .replace('ServerRoot /etc/apache2', `ServerRoot "${folder}"`)
        .replaceAll('/run/apache2/', `${folder}/`)
        .replaceAll('/var/log/apache2/', `${folder}/logs/`)
        .replaceAll('/var/lib/apache2', `${folder}/state`)
        .replaceAll('/var/www', `${folder}/www`)
        .replaceAll('/etc/mime.types', '/dev/null')
        .replaceAll('/etc/apache2/', `${folder}/`)
        .replaceAll('/etc/ssl/certs/www.example.com.pem', `${folder}/tls.crt`)
        .replaceAll('/etc/ssl/private/www.example.com.key', `${folder}/tls.key`)
        .replace('Listen 443', `Listen 127.0.0.1:${port}`)
        .replaceAll('127.0.0.1:8005', `127.0.0.1:${port}`);
    return process.getuid() === 0 ? text : text.replace(/^(User|Group) .*\n/gm, '');
}

/** What `httpd -t` says of it. */
function checked(file, folder) {
    writeFileSync(join(folder, 'example.conf'), `${shipped(file, folder)}\nDefaultRuntimeDir ${folder}\n`);
    return spawnSync(join(apxs('SBINDIR'), 'apache2'), ['-t', '-f', join(folder, 'example.conf')], { encoding: 'utf8' }).stderr;
}

/** LoadModule lines of what it has not. */
const loads = (...names) => names.map((name) => `LoadModule ${name}_module ${apxs('LIBEXECDIR')}/mod_${name}.so\n`).join('');

module.exports = { checked, loads, shipped };
