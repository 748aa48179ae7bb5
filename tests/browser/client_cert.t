// SPDX-License-Identifier: Apache-2.0
// Client certificates by mod_ssl: conf/examples/client-cert.conf as it is shipped, with an authority of the test's own. Who
// has a good one signs in; without one, or with one that is another's, too old or revoked, nobody does, and other ways stay.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { mkdirSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const { request: ask } = require('node:https');
const { join } = require('node:path');
const { build, openProfile, run } = require('./browser.js');
const { check } = require('./pictures.js');
const { code } = require('./authenticator.js');
const { makeFolder, ready, removeFolder, startHttpd, until } = require('./program.js');
const { port, url, writeSite } = require('./saml_site.js');
const { checked, loads, shipped } = require('./shipped.js');

const openssl = (folder, ...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });

/** An authority with a list of what it has revoked; `certify` makes NAME.key and NAME.pem. */
function authority(folder, name) {
    mkdirSync(folder, { recursive: true });
    openssl(folder, 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '3', '-subj', `/O=${name}/CN=authority`, '-keyout', 'ca.key', '-out', 'ca.pem');
    writeFileSync(join(folder, 'index'), '');
    writeFileSync(join(folder, 'serial'), '1000\n');
    writeFileSync(join(folder, 'number'), '01\n');
    writeFileSync(join(folder, 'ca.conf'), `[ca]
default_ca=here
[here]
database=index
serial=serial
crlnumber=number
new_certs_dir=.
certificate=ca.pem
private_key=ca.key
default_md=sha256
default_days=2
default_crl_days=2
policy=any
copy_extensions=copy
unique_subject=no
[any]
organizationName=optional
commonName=supplied`);
    const list = () => openssl(folder, 'ca', '-config', 'ca.conf', '-gencrl', '-out', 'crl.pem');
    list();
    return {
        list,
        certify(file, { cn = 'Anna Smith', mail, days = ['-days', '2'] }) {
            openssl(folder, 'req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', `/O=Example Corp/CN=${cn}`, ...mail ? ['-addext', `subjectAltName=email:${mail}`] : [],
                '-keyout', `${file}.key`, '-out', `${file}.csr`);
            openssl(folder, 'ca', '-batch', '-notext', '-config', 'ca.conf', ...days, '-in', `${file}.csr`, '-out', `${file}.pem`);
        },
        revoke(file) {
            openssl(folder, 'ca', '-config', 'ca.conf', '-revoke', `${file}.pem`);
            list();
        },
    };
}

async function start() {
    const folder = makeFolder('cert', build);
    writeSite(folder);
    execFileSync('htpasswd', ['-bcB', '-C', '4', join(folder, 'users'), 'john', 'john-secret'], { stdio: 'ignore' });
    const ours = authority(join(folder, 'clients'), 'Ours'), theirs = authority(join(folder, 'theirs'), 'Theirs');
    ours.certify('anna', { mail: 'Anna@example.org' });
    ours.certify('anna-again', { mail: 'anna@example.org' });
    ours.certify('namesake', { mail: 'anna.smith@example.org' });
    ours.certify('nameless', {});
    ours.certify('anna-renewed', { mail: 'Anna@example.org' });
    ours.certify('old', { mail: 'anna@example.org', days: ['-startdate', '20200101000000Z', '-enddate', '20210101000000Z'] });
    ours.certify('revoked', { mail: 'anna@example.org' });
    ours.revoke('revoked');
    theirs.certify('stranger', { mail: 'anna@example.org' });
    const site = { url, folder, ours, httpd: null };
    /** `change` makes the text of the configuration another one. */
    site.begin = async (change = (text) => text) => {
        site.httpd = startHttpd(folder, change(`${shipped('examples/client-cert.conf', folder)}
LogLevel warn auth_mpin:debug
${loads('headers', 'include', 'http2')}
Protocols h2 http/1.1
<Directory ${folder}/www/html>
    Options +Includes
    AddOutputFilter INCLUDES .shtml
</Directory>
<Location /members>
    Header always set X-Who "expr=%{REMOTE_USER}|%{reqenv:MPIN_PROVIDER}|%{reqenv:MPIN_SUBJECT}|%{reqenv:MPIN_EMAIL}|%{reqenv:MPIN_AMR}"
    Header always set X-Card "expr=%{reqenv:MPIN_CLAIM_SSL_CLIENT_S_DN_CN}"
</Location>
<Location /twice>
    AuthType MPin
    MPinSecondFactor totp
    Require valid-user
</Location>
MPinTOTP Wiki
MPinSecondFactorEnrol On
MPinPassHeaders X-Card=claim:SSL_CLIENT_S_DN_CN`));
        await ready(site.httpd, port);
    };
    site.end = () => new Promise((done) => {
        site.httpd.once('exit', done);
        site.httpd.kill('SIGTERM');
    });
    site.stop = () => {
        site.httpd?.kill('SIGTERM');
        removeFolder(folder);
    };
    try {
        await site.begin();
    } catch (error) {
        site.stop();
        throw error;
    }
    site.checked = () => checked('examples/client-cert.conf', folder);
    return site;
}

const file = (t, name) => join(t.site.folder, name === 'stranger' ? 'theirs' : 'clients', name);

const holder = (t, name, options = {}) => openProfile(t, { ignoreHTTPSErrors: true, ...options,
    ...name ? { clientCertificates: [{ origin: url, certPath: `${file(t, name)}.pem`, keyPath: `${file(t, name)}.key` }] } : {} });

/** Requests of one browser without a window, with the certificate `name`: {status, headers, text}; it keeps its cookies. */
function client(t, name, cookies = {}) {
    const keys = name ? { cert: readFileSync(`${file(t, name)}.pem`), key: readFileSync(`${file(t, name)}.key`) } : {};
    return (path, { method = 'GET', headers = {} } = {}) => new Promise((resolve, reject) => {
        const cookie = Object.entries(cookies).map((pair) => pair.join('=')).join('; ');
        ask(new URL(path, url), { method, agent: false, rejectUnauthorized: false, ...keys,
            headers: { Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', ...cookie && { cookie }, ...headers } }, async (answer) => {
            for (const line of answer.headers['set-cookie'] ?? []) {
                const [, key, value] = /^([^=]+)=([^;]*)/.exec(line);
                cookies[key] = value;
                if (/Max-Age=0/i.test(line))
                    delete cookies[key];
            }
            let text = '';
            for await (const piece of answer.setEncoding('utf8'))
                text += piece;
            resolve({ status: answer.statusCode, headers: answer.headers, text });
        }).on('error', reject).end();
    });
}

async function come(get, headers = {}) {
    await get('/login/with/card');
    const answer = await get('/trusted/card', { headers });
    const { status, headers: { 'x-who': who } } = await get('/members/');
    return { answer, who: status === 200 ? who : '' };
}

function assertRefused({ answer, who }, what) {
    assert.equal(answer.status, 403, what);
    assert.match(answer.text, /Login failed!/, what);
    assert.match(answer.text, /href="\/login\/with\/card[^"]*">Try again</, what);
    assert.match(answer.text, /Sign in another way/, what);
    assert.equal(answer.headers['www-authenticate'], undefined, `${what}: no password is asked`);
    assert.equal(who, '', what);
}

const basic = (name, password) => ({ Authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` });

run({
    async a_certificate_signs_in_by_the_button(t) {
        assert.equal(t.site.checked(), 'Syntax OK\n', 'httpd -t');
        const page = await holder(t, 'anna');
        await page.goto('/members/');
        await page.getByRole('link', { name: 'Company card' }).click();
        await page.waitForURL('**/login?offer=1*');
        await page.goto('/members/');
        assert.equal(await page.locator('h1').innerText(), 'inside members');
        await page.goto('/logout');
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.getByText('You are still signed in at Company card').waitFor();
    },

    async who_has_none_has_other_ways(t) {
        const page = await holder(t, null);
        await page.goto('/login?return=/members/');
        await page.getByRole('link', { name: 'Company card' }).click();
        await page.getByRole('heading', { name: 'Login failed!' }).waitFor();
        await check(page, 'card-failed');
        await page.getByRole('link', { name: 'Sign in another way' }).click();
        await page.fill('#username', 'john');
        await page.fill('#password', 'john-secret');
        await page.getByRole('button', { name: 'Sign in', exact: true }).click();
        await page.waitForURL('**/login?offer=1*');
        await page.goto('/members/');
        assert.equal(await page.locator('h1').innerText(), 'inside members');
        t.problems.splice(0, t.problems.length, ...t.problems.filter((one) => !/status of 403/.test(one)));
    },

    async people_are_who_the_authority_says_whatever_their_names(t) {
        for (const [name, expected] of [['anna', 'card:Anna@example.org|card|Anna@example.org|anna@example.org|trusted'],
            ['namesake', 'card:anna.smith@example.org|card|anna.smith@example.org|anna.smith@example.org|trusted'],
            ['anna-again', 'card:anna@example.org|card|anna@example.org|anna@example.org|trusted']])
            assert.equal((await come(client(t, name))).who.toLowerCase(), expected.toLowerCase(), name);
        assertRefused(await come(client(t, 'nameless')), 'one without an address');
    },

    async without_a_good_certificate_no_password_helps(t) {
        assertRefused(await come(client(t, null)), 'no certificate');
        for (const [name, password] of [['anna@example.org', 'x'], ['/O=Example Corp/CN=Anna Smith', 'password'], ['', ''], ['anonymous', 'anna@example.org']])
            assertRefused(await come(client(t, null), basic(name, password)), `no certificate, but a password of ${name}`);
    },

    async a_revoked_old_or_foreign_certificate_connects_nobody(t) {
        for (const name of ['revoked', 'old', 'stranger'])
            await assert.rejects(come(client(t, name)), /alert|ECONNRESET|EPIPE|hang up/i, name);
        assert.equal((await client(t, null)('/login')).status, 200, 'without it people go on');
    },

    async headers_are_no_certificate(t) {
        const headers = { SSL_CLIENT_VERIFY: 'SUCCESS', 'SSL-Client-Verify': 'SUCCESS', SSL_CLIENT_SAN_Email_0: 'anna@example.org', 'X-SSL-Client-S-DN': 'CN=Anna',
            'SSL_CLIENT_S_DN': '/CN=Anna', 'X-Client-Cert': 'x', 'Client-Cert': 'x', 'Remote-User': 'anna@example.org' };
        assertRefused(await come(client(t, null), headers), 'headers');
        assert.match((await come(client(t, 'namesake'), headers)).who, /^card:anna\.smith@/, 'beside a certificate');
        assert.match((await come(client(t, 'namesake'), { ...headers, ...basic('anna@example.org', 'x') })).who, /^card:anna\.smith@/, 'beside one, and a password');
    },

    async a_card_that_is_exchanged_in_a_session_is_another_person_only_where_it_is_asked(t) {
        const cookies = {};
        const refresh = async (name) => {
            const get = client(t, name, cookies);
            await get('/refresh', { method: 'POST', headers: { Origin: url, 'Sec-Fetch-Site': 'same-origin' } });
            return get('/trusted/card?refresh=1');
        };
        const who = async (name) => {
            const { status, headers } = await client(t, name, cookies)('/members/');
            return status === 200 ? headers['x-who'].split('|')[0] : '';
        };
        await come(client(t, 'anna', cookies));
        assert.equal(await who('namesake'), 'card:Anna@example.org', 'the session is hers, whatever card is in');
        assert.equal((await refresh('anna-renewed')).status, 303);
        assert.equal(await who('anna-renewed'), 'card:Anna@example.org', 'a new card of hers changes nothing');
        const other = await refresh('namesake');
        assert.match(other.text, /names somebody else by now/);
        assert.equal(await who('namesake'), '', '... and that of somebody else ends it');
        await come(client(t, 'anna', cookies));
        const before = { ...cookies };
        await come(client(t, 'namesake', cookies));
        assert.equal(await who('anna'), 'card:anna.smith@example.org', 'who comes by it is who it says');
        Object.keys(cookies).forEach((key) => delete cookies[key]);
        Object.assign(cookies, before);
        assert.equal(await who('anna'), '', 'the session before has ended');
    },

    async a_card_revoked_in_a_session_comes_in_no_more_and_a_refresh_ends_it(t) {
        const cookies = {};
        await come(client(t, 'anna-renewed', cookies));
        t.site.ours.revoke('anna-renewed');
        t.site.httpd.kill('SIGUSR1');
        await until('the new list', () => client(t, 'anna-renewed')('/login').then(() => false, () => true));
        const bare = client(t, null, cookies);
        assert.equal((await bare('/members/')).status, 200, 'the session goes on');
        await bare('/refresh', { method: 'POST', headers: { Origin: url, 'Sec-Fetch-Site': 'same-origin' } });
        const answer = await bare('/trusted/card?refresh=1');
        assert.equal(answer.status, 403);
        assert.match(answer.text, /Company card did not sign you in/);
        assert.equal((await bare('/members/')).status, 302, 'and ends where it is asked for news');
    },

    async a_second_step_comes_after_it(t) {
        const page = await holder(t, 'namesake');
        const toPlace = async () => {
            await page.goto('/twice/');
            await page.getByRole('link', { name: 'Company card' }).click();
            await page.waitForURL(/login\/step|offer=1/);
            await page.goto('/twice/');
        };
        await toPlace();
        await page.getByRole('button', { name: 'Set up an authenticator app' }).click();
        const secret = await page.locator('#totp-secret').innerText();
        await page.fill('#code', await code(secret, -30));
        await page.keyboard.press('Enter');
        await page.waitForURL('**/twice/');
        await page.goto('/logout');
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.getByText('You are still signed in at Company card').waitFor();
        await toPlace();
        await page.getByRole('heading', { name: 'One more step' }).waitFor();
        await page.fill('#code', await code(secret));
        await page.keyboard.press('Enter');
        await page.waitForURL('**/twice/');
        assert.equal(await page.locator('h1').innerText(), 'inside twice');
    },

    async what_is_in_a_card_is_a_claim_and_ssl_user_name_is_nobody(t) {
        await t.site.end();
        await t.site.begin((text) => `${text}
<Location />
    SSLUserName SSL_CLIENT_S_DN_CN
</Location>`);
        const get = client(t, 'namesake');
        assert.equal((await get('/members/')).status, 302, 'a card alone opens no place of ours');
        assert.match((await come(get)).who, /^card:anna\.smith@example\.org\|/);
        assert.equal((await get('/members/')).headers['x-card'], 'Anna Smith');
        const forged = client(t, null);
        assertRefused(await come(forged, { 'X-Card': 'Anna Smith', ...basic('Anna Smith', 'password') }), 'no card, but its name');
        await t.site.end();
        await t.site.begin((text) => text.replace('SSLOptions +FakeBasicAuth', 'SSLUserName SSL_CLIENT_SAN_Email_0\n    SSLOptions'));
        const named = await come(client(t, 'namesake'));
        assert.equal(named.who, '', 'SSLUserName alone signs nobody in');
        assert.match(named.answer.text, /Login failed!/);
    },

    async loaded_in_both_orders_no_page_of_ours_is_shown_by_another(t) {
        for (const place of ['basic', 'trusted'])
            mkdirSync(join(t.site.folder, 'www/html', place), { recursive: true });
        writeFileSync(join(t.site.folder, 'www/html/basic/page.shtml'), 'around\n<!--#include virtual="/members/index.html" -->\n');
        writeFileSync(join(t.site.folder, 'www/html/basic/land.shtml'), 'around\n<!--#include virtual="/trusted/card" -->\n');
        const beside = (text) => `${text}
<Location /basic>
    SSLOptions +FakeBasicAuth
    AuthType Basic
    AuthName other
    AuthBasicProvider anon
    Anonymous *
    Anonymous_MustGiveEmail Off
    Require valid-user
</Location>`;
        const oursFirst = (text) => {
            const line = /^LoadModule auth_mpin_module .*\n/m.exec(text)[0];
            return text.replace(line, '').replace(/^LoadModule ssl_module/m, `${line}LoadModule ssl_module`);
        };
        const curl = (protocol, path, ...args) => execFileSync('curl', ['-sk', protocol, '-D', '-', '--cert', `${file(t, 'namesake')}.pem`, '--key', `${file(t, 'namesake')}.key`,
            '-H', 'Accept: text/html', ...args, `${url}${path}`], { encoding: 'utf8' });
        for (const order of [(text) => text, oursFirst]) {
            await t.site.end();
            await t.site.begin((text) => order(beside(text)));
            const get = client(t, 'namesake');
            assert.match((await come(get)).who, /^card:anna\.smith@/);
            for (const protocol of ['--http1.1', '--http2']) {
                const jar = join(t.site.folder, 'jar');
                rmSync(jar, { force: true });
                curl(protocol, '/login/with/card', '-c', jar);
                assert.match(curl(protocol, '/basic/page.shtml'), /around/);
                assert.doesNotMatch(curl(protocol, '/basic/page.shtml'), /inside members/);
                assert.doesNotMatch(curl(protocol, '/basic/land.shtml', '-b', jar), /set-cookie: __Host-mpin=/i);
                assert.match(curl(protocol, '/trusted/card', '-b', jar), /set-cookie: __Host-mpin=/i, `${protocol}: the place itself signs in`);
            }
        }
    },

    async only_a_page_that_began_here_signs_in(t) {
        const get = client(t, 'anna');
        const answer = await get('/trusted/card');
        assert.equal(answer.status, 403);
        assert.match(answer.text, /Login failed!.*did not begin/s);
        for (const method of ['POST', 'HEAD', 'OPTIONS', 'PUT']) {
            await get('/login/with/card');
            assert.ok((await get('/trusted/card', { method, headers: { Origin: url } })).status >= 400, method);
        }
        await get('/login/with/card');
        assert.equal((await get('/trusted/card', { headers: { 'Sec-Purpose': 'prefetch' } })).status, 403);
        assert.equal((await get('/members/')).status, 302);
    },
}, start);
