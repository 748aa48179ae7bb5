// SPDX-License-Identifier: Apache-2.0
// conf/forward in Chromium, as it is shipped but for ports and folders: nginx, HAProxy and Caddy (Debian's packages,
// unpacked) in front of an application, each asking conf/forward/httpd.conf about every request.
const { port } = require('../lib/ports.cjs');
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { join } = require('node:path');
const { build, openProfile, root, run } = require('./browser.js');
const { launchChromium } = require('./engines/chromium.js');
const { libraries, unpacked } = require('../lib/debian.cjs');
const { apxs, makeFolder, ready, removeFolder, startHttpd, startProgram } = require('./program.js');

const httpdPort = port, appPort = port + 1;
const folder = makeFolder('forward', build);
const WIKI = 'https://wiki.example.com';
const shipped = (name) => readFileSync(join(root, 'conf/forward', name), 'utf8')
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${httpdPort}`)
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${appPort}`)
    .replaceAll('/etc/ssl/certs/example.com.pem', join(folder, 'tls.crt'))
    .replaceAll('/etc/ssl/private/example.com.key', join(folder, 'tls.key'));

const httpd = (text) => {
    const own = text
        .replace('/usr/lib/apache2/modules/mod_auth_mpin.so', `${folder}/mod_auth_mpin.so`)
        .replaceAll('/usr/lib/apache2/modules', apxs('LIBEXECDIR'))
        .replace('ServerRoot /etc/apache2', `ServerRoot ${folder}`)
        .replace('/run/apache2/', `${folder}/`)
        .replace('/var/log/apache2/', `${folder}/logs/`)
        .replaceAll('/var/lib/apache2', `${folder}/state`)
        .replaceAll('/var/www', `${folder}/www`)
        .replace('/etc/mime.types', '/dev/null')
        .replace('/etc/apache2/users', `${folder}/users`);
    return `${process.getuid() ? own.replace(/^(User|Group) .*\n/gm, '') : own}MPinRegister signed-in\n`;
};

/** Traefik and Caddy name the client when they ask. */
const namedClients = (text) => text.replaceAll('Require ip 127.0.0.1', `Require expr "%{CONN_REMOTE_ADDR} == '127.0.0.1'"`);

/** Each front: how it is started at a port, and what its httpd has. */
const FRONTS = {
    nginx(at) {
        const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join('\n');
        const user = process.getuid() ? '' : 'user root;\n';
        writeFileSync(join(folder, 'nginx.conf'), `${user}pid ${folder}/nginx.pid;\ndaemon off;\nevents {}\nhttp {\naccess_log off;\n${temp}\n${shipped('nginx.conf').replaceAll('listen 443', `listen 127.0.0.1:${at}`)}}\n`);
        return startProgram(join(unpacked(build, 'nginx'), 'usr/sbin/nginx'), ['-e', join(folder, 'logs/nginx.log'), '-p', folder, '-c', join(folder, 'nginx.conf')]);
    },
    haproxy(at) {
        const there = unpacked(build, 'haproxy', 'libopentracing-c-wrapper0', 'libopentracing1', 'liblua5.3-0');
        writeFileSync(join(folder, 'haproxy.pem'), readFileSync(join(folder, 'tls.crt'), 'utf8') + readFileSync(join(folder, 'tls.key'), 'utf8'));
        writeFileSync(join(folder, 'haproxy.cfg'), shipped('haproxy.cfg').replace('bind :443', `bind 127.0.0.1:${at}`)
            .replace('/etc/haproxy/example.com.pem', join(folder, 'haproxy.pem')).replace('/etc/haproxy/mpin.lua', join(root, 'conf/forward/haproxy.lua')));
        return startProgram(join(there, 'usr/sbin/haproxy'), ['-db', '-f', join(folder, 'haproxy.cfg')], { env: { ...process.env, LD_LIBRARY_PATH: libraries(there) } });
    },
    caddy: (at) => caddy(at, shipped('Caddyfile')),
    /** It hands a 401 with its page on, as Traefik does. */
    caddyInShort: (at) => caddy(at, `wiki.example.com {
\tforward_auth 127.0.0.1:${httpdPort} {
\t\turi /mpin-check
\t\tcopy_headers X-User X-Email X-AMR
\t\theader_up Host login.example.com
\t}
\treverse_proxy 127.0.0.1:${appPort}
}
login.example.com {
\treverse_proxy 127.0.0.1:${httpdPort}
}
`),
};

function caddy(at, sites) {
    const text = `{\n\tadmin off\n\tauto_https disable_redirects\n\thttps_port ${at}\n\tstorage file_system ${folder}/caddy\n}\n${sites}`
        .replace(/^(wiki|login)\.example\.com \{/gm, (line) => `${line}\n\tbind 127.0.0.1\n\ttls ${folder}/tls.crt ${folder}/tls.key`);
    writeFileSync(join(folder, 'Caddyfile'), text);
    return startProgram(join(unpacked(build, 'caddy'), 'usr/bin/caddy'), ['run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')], { env: { ...process.env, HOME: folder } });
}

const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

/** Says what it was asked, and with which headers. */
const application = createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><html lang="en"><title>wiki</title><h1>inside ${escape(request.url)}</h1><pre id="headers">${escape(JSON.stringify(request.headers))}</pre><form method="post" action="/save"><button>Save</button></form>`);
});

async function start() {
    mkdirSync(join(folder, 'www/login'), { recursive: true });
    writeFileSync(join(folder, 'www/login/index.html'), '<!doctype html><html lang="en"><title>home</title><h1>home</h1>');
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=example.com', '-addext', 'subjectAltName=DNS:*.example.com',
        '-keyout', join(folder, 'tls.key'), '-out', join(folder, 'tls.crt')], { stdio: 'ignore' });
    for (const name of ['john', 'jane'])
        execFileSync('htpasswd', [name === 'john' ? '-Bbc' : '-Bb', '-C', '4', join(folder, 'users'), name, `${name}-secret`], { stdio: 'ignore' });
    await new Promise((done) => application.listen(appPort, '127.0.0.1', done));
    const stop = () => {
        application.close();
        application.closeAllConnections();
        removeFolder(folder);
    };
    return { url: WIKI, stop };
}

const ended = (program) => new Promise((done) => {
    program.once('exit', done);
    program.kill('SIGTERM');
});

/** The story with a front: its own httpd, and a Chromium for which the hosts are where the front listens. */
async function behind(t, front, change, story) {
    const at = port + 2 + Object.keys(FRONTS).indexOf(front);
    const server = startHttpd(folder, httpd(change(shipped('httpd.conf'))));
    await ready(server, httpdPort);
    const program = FRONTS[front](at);
    const browser = await launchChromium(`--host-resolver-rules=MAP *.example.com:443 127.0.0.1:${at}`);
    try {
        await ready(program, at);
        await story(Object.assign(t, { browser }));
    } finally {
        await browser.close();
        await ended(program);
        await ended(server);
    }
}

const profile = (t) => openProfile(t, { ignoreHTTPSErrors: true });
const headers = async (page) => JSON.parse(await page.textContent('#headers'));

/** Chromium shows no page for an error without a body. */
async function status(page, url) {
    const [answer] = await Promise.all([page.waitForResponse(url), page.goto(url).catch(() => null)]);
    return answer.status();
}

async function signIn(page, name) {
    await page.waitForURL('https://login.example.com/login?*');
    await page.fill('#username', name);
    await page.fill('#password', `${name}-secret`);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('link', { name: 'Not now' }).click();
    await page.waitForURL(`${WIKI}/**`);
}

async function wholeStory(t) {
    const page = await profile(t);
    await page.setExtraHTTPHeaders({ 'X-User': 'root', 'X-Email': 'root@example.com', 'X-AMR': 'mfa', X_User: 'root', X_Email: 'root@example.com', X_AMR: 'mfa' });
    await page.context().addCookies([{ name: 'own', value: '1', url: WIKI }, { name: 'mine', value: '2', url: WIKI }]);
    await page.goto(`${WIKI}/page?a=1&b=x%20y`);
    await signIn(page, 'john');
    assert.equal(page.url(), `${WIKI}/page?a=1&b=x%20y`, 'back at the very page');
    assert.equal(await page.textContent('h1'), 'inside /page?a=1&b=x%20y');
    const seen = await headers(page);
    assert.equal(seen['x-user'], 'john', 'the application knows who it is');
    assert.equal(seen['x-amr'], 'pwd');
    assert.ok(!seen['x-email'], `and nothing that a client made up: ${seen['x-email']}`);
    const spelt = Object.keys(seen).filter((name) => /^x_(user|email|amr)$/.test(name));
    assert.deepEqual(spelt, [], 'also for whom _ is the same as -');
    assert.equal(seen.cookie.replace(/[; ]+/g, ' ').trim(), 'own=1 mine=2', 'its own cookies reach it, and none of ours');

    const script = await page.evaluate(async () => (await fetch('/api', { headers: { 'X-Requested-With': 'x' } })).status);
    assert.equal(script, 200, 'a script of a page is let in');
    assert.equal(await status(page, 'https://login.example.com/mpin-check'), 404, 'nobody else asks');

    await page.goto('https://login.example.com/logout');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('You have been signed out.').waitFor();
    await page.goto(`${WIKI}/again`);
    await page.waitForURL('https://login.example.com/login?*');
    await page.setExtraHTTPHeaders({ 'X-Requested-With': 'x' });
    assert.equal(await status(page, `${WIKI}/api`), 401, 'a script of nobody is told so, and led nowhere');
}

const asIs = (text) => text;

run({
    nginx_asks_who_somebody_is_and_leads_to_the_login_and_back: (t) => behind(t, 'nginx', asIs, wholeStory),
    haproxy_asks_who_somebody_is_and_leads_to_the_login_and_back: (t) => behind(t, 'haproxy', asIs, wholeStory),
    caddy_asks_who_somebody_is_and_leads_to_the_login_and_back: (t) => behind(t, 'caddy', namedClients, wholeStory),
    a_server_that_hands_the_401_on_leads_to_the_login_by_its_page: (t) => behind(t, 'caddyInShort', namedClients, async () => {
        const page = await profile(t);
        await page.goto(`${WIKI}/page?a=1`);
        await signIn(page, 'john');
        assert.equal(page.url(), `${WIKI}/page?a=1`, 'back at the very page');
        assert.equal((await headers(page))['x-user'], 'john');
    }),
}, start);
