// SPDX-License-Identifier: Apache-2.0
// Client certificates by mod_ssl: conf/examples/client-cert.conf as it is shipped, with an authority of the test's own. Who
// has a good one signs in; without one, or with one that is another's, too old or revoked, nobody does, and other ways stay.
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { request: ask } = require('node:https');
const { join } = require('node:path');
const { build, openProfile, run } = require('./browser.js');
const { check } = require('./pictures.js');
const { makeFolder, ready, removeFolder, startHttpd } = require('./program.js');
const { example, loads, port, said, url, writeSite } = require('./saml_site.js');

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
    ours.certify('old', { mail: 'anna@example.org', days: ['-startdate', '20200101000000Z', '-enddate', '20210101000000Z'] });
    ours.certify('revoked', { mail: 'anna@example.org' });
    ours.revoke('revoked');
    theirs.certify('stranger', { mail: 'anna@example.org' });
    const httpd = startHttpd(folder, `${example('client-cert', folder)}
LogLevel warn auth_mpin:debug
${loads('headers')}
<Location /members>
    Header always set X-Who "expr=%{REMOTE_USER}|%{reqenv:MPIN_PROVIDER}|%{reqenv:MPIN_SUBJECT}|%{reqenv:MPIN_EMAIL}|%{reqenv:MPIN_AMR}"
</Location>`);
    const stop = () => {
        httpd.kill('SIGTERM');
        removeFolder(folder);
    };
    try {
        await ready(httpd, port);
    } catch (error) {
        stop();
        throw error;
    }
    const checked = () => {
        writeFileSync(join(folder, 'example.conf'), `${example('client-cert', folder)}\nDefaultRuntimeDir ${folder}\n`);
        return said('-t', '-f', join(folder, 'example.conf'));
    };
    return { url, folder, stop, checked, errors: () => readFileSync(join(folder, 'logs/error.log'), 'utf8') };
}

const file = (t, name) => join(t.site.folder, name === 'stranger' ? 'theirs' : 'clients', name);

const holder = (t, name, options = {}) => openProfile(t, { ignoreHTTPSErrors: true, ...options,
    ...name ? { clientCertificates: [{ origin: url, certPath: `${file(t, name)}.pem`, keyPath: `${file(t, name)}.key` }] } : {} });

/** Requests of one browser without a window, with the certificate `name`: {status, headers, text}; it keeps its cookies. */
function client(t, name) {
    const cookies = {};
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
