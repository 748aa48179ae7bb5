// SPDX-License-Identifier: Apache-2.0
// One passkey for two hosts of a domain (MPinCookieDomain), over https, in Chromium with its virtual authenticator.
const { port } = require('../lib/ports.cjs');
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { createHash } = require('node:crypto');
const { mkdtempSync, rmSync } = require('node:fs');
const { join } = require('node:path');
const { alert, openProfile, run, signInByPassword, signOut, startSite } = require('./browser.js');
const { launchChromium } = require('./engines/chromium.js');
const { add, byPasskey, plugIn, signedIn, withoutAutofill } = require('./keeper.js');

const folder = mkdtempSync('/var/tmp/mpin-hosts-');
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const [key, certificate] = ['tls.key', 'tls.crt'].map((name) => join(folder, name));
execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=keys.test',
    '-addext', 'subjectAltName=DNS:*.keys.test', '-keyout', key, '-out', certificate], { stdio: 'ignore' });
const publicKey = execFileSync('sh', ['-c', `openssl x509 -in ${certificate} -noout -pubkey | openssl pkey -pubin -outform DER`]);

const tls = port + 1;
const at = (host) => `https://${host}.keys.test:${tls}`;
const modules = execFileSync('apxs', ['-q', 'LIBEXECDIR'], { encoding: 'utf8' }).trim();

const host = (name, site) => `
<VirtualHost 127.0.0.1:${tls}>
    ServerName ${name}.keys.test
    SSLEngine On
    SSLCertificateFile "${certificate}"
    SSLCertificateKeyFile "${key}"
    MPinPublicURL ${at(name)}
    MPinStore "lmdb:${site}/demo/hosts"
    MPinCookieDomain keys.test
    MPinSessionRealm keys
    MPinRegister signed-in
</VirtualHost>`;

/** The browser goes to this site for all hosts of the domain, and takes its certificate for a good one: else it has no passkeys. */
const launch = () => launchChromium('--host-resolver-rules=MAP *.keys.test 127.0.0.1',
    `--ignore-certificate-errors-spki-list=${createHash('sha256').update(publicKey).digest('base64')}`);

run({
    async one_passkey_signs_in_at_every_host_of_a_domain(t) {
        const page = await openProfile(t);
        await page.addInitScript(withoutAutofill);
        const keeper = await plugIn(page);
        await page.goto(`${at('one')}/login?return=%2Fprotected`);
        await signInByPassword(page, t.site);
        await page.getByRole('button', { name: 'Set up a passkey' }).click();
        await page.waitForURL('**/protected');
        const [credential] = await keeper.credentials();
        assert.equal(credential.rpId, 'keys.test');

        await signOut(page);
        await page.goto(`${at('two')}/login?return=%2Fprotected%2Fstrong`);
        await byPasskey(page);
        await page.waitForURL(`${at('two')}/protected/strong`);
        await signedIn(page, t.site.user);
        await page.goto(`${at('one')}/protected/strong`);
        await signedIn(page, t.site.user);

        await page.goto(`${at('two')}/account`);
        await page.getByRole('button', { name: 'Add a passkey' }).click();
        await alert(page, 'has a passkey for M-Pin demo already');
        await signOut(page);
        await page.goto(`${t.site.url}/login`); // a site of its own
        await byPasskey(page);
        await alert(page, 'this device has none for M-Pin demo');
    },
}, () => startSite((site) => `
LoadModule socache_shmcb_module ${modules}/mod_socache_shmcb.so
LoadModule ssl_module ${modules}/mod_ssl.so
SSLSessionCache none
Listen 127.0.0.1:${tls} https
${host('one', site)}
${host('two', site)}
`, 'localhost'), launch);
