// SPDX-License-Identifier: Apache-2.0
// A SAML identity provider that nobody here wrote: SimpleSAMLphp of Debian, in PHP's own server. Anna, whose password is
// anna-secret, and others have accounts; `sps` are the service providers that it knows, by their entity id.
const { execFileSync, spawn } = require('node:child_process');
const { existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const PHP = '/usr/bin/php';
const WWW = '/usr/share/simplesamlphp/www';

/** uid => other attributes */
const PEOPLE = {
    anna: { mail: ['anna@example.org'], groups: ['staff', 'admins'] },
    'anna.evil': { mail: ['evil@example.org'] },
    bob: { mail: ['bob@example.org', 'anna@example.org'] },
    nobody: { uid: [] },
    two: { uid: ['two', 'anna'] },
    spaced: { uid: ['anna smith'] },
};

const php = (value) => Array.isArray(value) ? `[${value.map(php).join(', ')}]`
    : value && typeof value === 'object' ? `[${Object.entries(value).map(([key, each]) => `${php(key)} => ${php(each)}`).join(', ')}]`
        : value === null || typeof value === 'boolean' || typeof value === 'number' ? String(value)
            : `'${String(value).replace(/[\\']/g, '\\$&')}'`;

/** A key and a certificate of its own. */
function certificate(folder, name) {
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`,
        '-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.crt`)], { stdio: 'ignore' });
    return readFileSync(join(folder, `${name}.crt`), 'utf8').replace(/-----[^-]+-----|\s/g, '');
}

class IdP {
    constructor(folder, port, host = '127.0.0.1') {
        Object.assign(this, { folder, port, url: `http://${host}:${port}`, program: null, env: {} });
        this.entity = `${this.url}/idp`;
        for (const part of ['', 'log', 'data', 'tmp', 'sessions', 'metadata'])
            mkdirSync(join(folder, part), { recursive: true });
        certificate(folder, 'idp');
        this.write('config.php', `$config = ${php({
            baseurlpath: `${this.url}/`, certdir: `${folder}/`, loggingdir: `${folder}/log/`, datadir: `${folder}/data/`, tempdir: `${folder}/tmp`,
            metadatadir: `${folder}/metadata/`, attributenamemapdir: '/etc/simplesamlphp/attributemap/', secretsalt: 'salt-of-a-test',
            'auth.adminpassword': 'admin-of-a-test', technicalcontact_name: 'test', technicalcontact_email: 'na@example.org', timezone: 'UTC',
            'logging.handler': 'file', 'logging.level': 6, 'enable.saml20-idp': true, 'module.enable': { exampleauth: true, core: true, saml: true },
            'session.cookie.secure': false, 'session.cookie.samesite': 'Lax', 'language.cookie.secure': false, 'language.cookie.samesite': 'Lax',
            'session.phpsession.savepath': `${folder}/sessions`, 'session.phpsession.cookiename': 'SimpleSAML', 'store.type': 'phpsession',
            'admin.checkforupdates': false, 'metadata.sources': [{ type: 'flatfile' }], 'trusted.url.domains': [],
        })};`);
        this.write('authsources.php', `$config = ${php({ users: { 0: 'exampleauth:UserPass',
            ...Object.fromEntries(Object.entries(PEOPLE).map(([name, more]) => [`${name}:${name}-secret`, { uid: [name], ...more }])) } })};`);
    }

    write(name, text) { writeFileSync(join(this.folder, name), `<?php\n${text}\n`); }

    /** What it says of itself; `more` are options of SimpleSAMLphp's saml20-idp-hosted.php. */
    be(more = {}) {
        this.write('metadata/saml20-idp-hosted.php', `$metadata[${php(this.entity)}] = ${php({ host: '__DEFAULT__', privatekey: 'idp.key',
            certificate: 'idp.crt', auth: 'users', 'sign.logout': true, 'redirect.sign': true, ...more })};`);
        return this;
    }

    /** Which service providers there are: {entity: options of saml20-sp-remote.php} */
    know(sps) {
        this.write('metadata/saml20-sp-remote.php', Object.entries(sps).map(([entity, sp]) => `$metadata[${php(entity)}] = ${php(sp)};`).join('\n'));
        return this;
    }

    start() {
        this.program = spawn(PHP, ['-d', 'opcache.enable=0', '-d', 'display_errors=0', '-S', `127.0.0.1:${this.port}`, '-t', WWW],
            { stdio: ['ignore', 'ignore', 'pipe'],
                env: { ...process.env, SIMPLESAMLPHP_CONFIG_DIR: this.folder, PHP_CLI_SERVER_WORKERS: '3', ...this.env }, detached: true });
        this.program.said = '';
        this.program.stderr.on('data', (text) => this.program.said += text);
        return this;
    }

    /** A LogoutRequest of its own for somebody, signed with `key` (a file), in an envelope: from server to server. */
    logoutBySoap({ name, session, sp, destination, key = join(this.folder, 'idp.key') }) {
        const script = `
require '/usr/share/simplesamlphp/lib/_autoload.php';
$key = new RobRichards\\XMLSecLibs\\XMLSecurityKey(RobRichards\\XMLSecLibs\\XMLSecurityKey::RSA_SHA256, ['type' => 'private']);
$key->loadKey(${php(key)}, true);
$issuer = new SAML2\\XML\\saml\\Issuer();
$issuer->setValue(${php(this.entity)});
$name = new SAML2\\XML\\saml\\NameID();
$name->setValue(${php(name)});
$name->setSPNameQualifier(${php(sp)});
$name->setFormat('urn:oasis:names:tc:SAML:2.0:nameid-format:transient');
$request = new SAML2\\LogoutRequest();
$request->setIssuer($issuer);
$request->setDestination(${php(destination)});
$request->setNameId($name);
$request->setSessionIndex(${php(session)});
$request->setSignatureKey($key);
$xml = $request->toSignedXML();
echo '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>', $xml->ownerDocument->saveXML($xml), '</S:Body></S:Envelope>';`;
        return execFileSync(PHP, ['-r', script], { encoding: 'utf8', env: { ...process.env, SIMPLESAMLPHP_CONFIG_DIR: this.folder } });
    }

    log() { return existsSync(join(this.folder, 'log/simplesamlphp.log')) ? readFileSync(join(this.folder, 'log/simplesamlphp.log'), 'utf8') : ''; }

    /** Its workers are a group of their own. */
    stop() {
        if (this.program && this.program.exitCode === null)
            process.kill(-this.program.pid, 'SIGTERM');
        this.program = null;
    }
}

/** An SP's entry for mod_auth_mellon's endpoints. */
const mellonAt = (endpoints, cert, more = {}) => ({
    AssertionConsumerService: [{ index: 0, isDefault: true, Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST', Location: `${endpoints}/postResponse` }],
    SingleLogoutService: [{ Binding: 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect', Location: `${endpoints}/logout` }],
    NameIDFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient', certData: cert, 'validate.authnrequest': true, 'validate.logout': true, ...more,
});

module.exports = { IdP, PEOPLE, certificate, mellonAt };
