// SPDX-License-Identifier: Apache-2.0
// mod_auth_mellon, which says yes to every subrequest before it looks at its own configuration, loaded before us and after us,
// over HTTP/2: it signs in, and no page of ours is shown by way of another one; nor does another one sign anybody in.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { openProfile, run } = require('./browser.js');
const { loads, startSaml, url } = require('./saml_site.js');

const more = (folder) => {
    for (const place of ['basic', 'company']) {
        mkdirSync(join(folder, 'www/html', place), { recursive: true });
        writeFileSync(join(folder, 'www/html', place, 'page.shtml'), 'around\n<!--#include virtual="/members/index.html" -->\n');
        writeFileSync(join(folder, 'www/html', place, 'land.shtml'), 'around\n<!--#include virtual="/trusted/company" -->\n');
    }
    execFileSync('htpasswd', ['-bcB', '-C', '4', join(folder, 'users'), 'john', 'john-secret'], { stdio: 'ignore' });
    return `${loads('include', 'http2', 'headers', 'auth_basic', 'authn_file')}
Protocols h2 http/1.1
<Directory ${folder}/www/html>
    Options +Includes
    AddOutputFilter INCLUDES .shtml
</Directory>
<Location /basic>
    AuthType Basic
    AuthName other
    AuthBasicProvider file
    AuthUserFile ${folder}/users
    Require valid-user
    ErrorDocument 404 /trusted/company
</Location>
<Location /company>
    AuthType Mellon
    MellonEnable auth
    MellonVariable company
    MellonCookiePath /
    MellonEndpointPath /trusted/company/mellon
    Require valid-user
</Location>
<Location /trusted/company>
    MellonCookiePath /
</Location>
<Location /members>
    Header always set X-Who "expr=%{REMOTE_USER}"
</Location>`;
};

/** Our module, loaded before every other that authenticates. */
const oursFirst = (text) => {
    const line = /^LoadModule auth_mpin_module .*\n/m.exec(text)[0];
    return text.replace(line, '').replace(/^LoadModule auth_mellon_module/m, `${line}LoadModule auth_mellon_module`);
};

const curl = (...args) => execFileSync('curl', ['-sk', '--max-time', '30', '-H', 'Accept: text/html', ...args], { encoding: 'utf8' });
const cookiesOf = async (page) => (await page.context().cookies(url)).map(({ name, value }) => `${name}=${value}`).join('; ');

async function tryOut(t) {
    const page = await openProfile(t, { ignoreHTTPSErrors: true });
    await page.goto('/members/');
    await page.getByRole('link', { name: 'Company login' }).click();
    await page.waitForURL('**/loginuserpass.php**');
    await page.fill('#username', 'anna');
    await page.fill('#password', 'anna-secret');
    await page.click('button[type=submit], input[type=submit]');
    await page.waitForURL('**/login?offer=1*');
    const cookies = await cookiesOf(page);
    const mellons = cookies.split('; ').filter((one) => one.startsWith('mellon-')).join('; ');
    assert.notEqual(mellons, '', 'mod_auth_mellon has a session');

    for (const protocol of ['--http1.1', '--http2']) {
        const get = (path, ...args) => curl(protocol, ...args, `${url}${path}`);
        assert.match(get('/members/', '-b', cookies, '-D', '-'), protocol === '--http2' ? /^HTTP\/2 200/ : /^HTTP\/1.1 200/, 'she is in');
        for (const [path, ...args] of [['/basic/page.shtml', '-u', 'john:john-secret'], ['/company/page.shtml', '-b', mellons]]) {
            const text = get(path, ...args);
            assert.match(text, /around/, `${protocol} ${path}: the page is the other module's`);
            assert.doesNotMatch(text, /inside members/, '... and what it includes is ours');
            assert.match(get(path, ...args, '-b', cookies), /around\s.*inside members/s, '... whole for who may see it');
        }
        assert.doesNotMatch(get('/members/', '-b', mellons, '-D', '-'), /inside members|x-who: \S/i, 'its session alone is none of ours');
        const awaiting = get('/login/with/company', '-D', '-', '-o', '/dev/null').match(/set-cookie: ([^;]*)/i)[1];
        for (const [path, ...args] of [['/basic/land.shtml', '-u', 'john:john-secret'], ['/company/land.shtml'], ['/basic/gone', '-u', 'john:john-secret']]) {
            const text = get(path, ...args, '-b', `${mellons}; ${awaiting}`, '-D', '-');
            assert.doesNotMatch(text, /set-cookie: __Host-mpin=/i, `${protocol} ${path} signs nobody in`);
        }
        const ahead = get('/trusted/company', '-b', `${mellons}; ${awaiting}`, '-H', 'Sec-Purpose: prefetch;prerender', '-D', '-');
        assert.match(ahead, /^HTTP\/\S+ 403/, 'nor does what a browser fetches ahead');
        assert.doesNotMatch(ahead, /set-cookie: __Host-mpin=/i);
    }
    assert.doesNotMatch(t.site.errors(), /exit signal/);
}

const start = () => startSaml({ more });

run({
    async mellon_loaded_before_us_and_after_us(t) {
        await tryOut(t);
        await t.site.end();
        await t.site.begin(oursFirst(t.site.text()));
        await tryOut(t);
    },
}, start);
