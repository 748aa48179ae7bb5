// SPDX-License-Identifier: Apache-2.0
// Programs that a test runs beside its site, and httpd with a configuration of the test's own; and how one waits for them.
const { execFileSync, spawn } = require('node:child_process');
const { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } = require('node:fs');
const { connect } = require('node:net');
const { join } = require('node:path');

/** Debian's, which has Debian's modules; another may come first in PATH. */
const PYTHON = '/usr/bin/python3';

const apxs = (what) => execFileSync('apxs', ['-q', what], { encoding: 'utf8' }).trim();

/** How long tests wait for what is to come, ms: on a busy machine it comes late. */
const PATIENCE = 60_000;

/** Waits for what no event tells of, and gives it. */
async function until(what, condition) {
    for (const end = Date.now() + PATIENCE; Date.now() < end; await new Promise((done) => setTimeout(done, 50))) {
        const found = await condition();
        if (found)
            return found;
    }
    throw new Error(`waited in vain for ${what}`);
}

/** What it says on stderr is in `said`. */
function startProgram(command, args, options = {}) {
    const program = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], ...options });
    program.said = '';
    program.stderr.on('data', (text) => program.said += text);
    return program;
}

const listens = (at) => new Promise((resolve) => {
    const socket = connect(at, '127.0.0.1', () => resolve(true) ?? socket.destroy());
    socket.on('error', () => resolve(false));
});

/** Until a program listens; it may end instead. */
const ready = (program, at) => until(`somebody to listen on ${at}`, () => {
    if (program.exitCode !== null)
        throw new Error(`nobody listens on ${at}: ${program.said}`);
    return listens(at);
});

/** A folder for a site, with the module in it; the store wants no tmpfs. */
function makeFolder(name, build) {
    const folder = mkdtempSync(`/var/tmp/mpin-${name}-`);
    chmodSync(folder, 0o755);
    mkdirSync(join(folder, 'logs'));
    symlinkSync(join(build, 'mod_auth_mpin.so'), join(folder, 'mod_auth_mpin.so'));
    return folder;
}

/** httpd in the foreground with this configuration. */
function startHttpd(folder, configuration, options) {
    writeFileSync(join(folder, 'httpd.conf'), `${configuration}\nDefaultRuntimeDir ${folder}\n`);
    return startProgram(join(apxs('SBINDIR'), 'apache2'), ['-f', join(folder, 'httpd.conf'), '-DFOREGROUND'], options);
}

/** While `then` works the store that lies in `folder` cannot be opened: it is root's, and httpd's children are new. */
async function withoutStore(httpd, folder, then) {
    const give = (user) => execFileSync('chown', ['-R', user, folder]);
    const children = () => readFileSync(`/proc/${httpd.pid}/task/${httpd.pid}/children`, 'utf8').trim().split(' ').map(Number);
    give('root');
    const old = children();
    for (const child of old)
        process.kill(child, 'SIGKILL');
    try {
        await until('new children', () => children().every((child) => child && !old.includes(child)));
        await then();
    } finally {
        give('www-data');
    }
}

const removeFolder = (folder) => rmSync(folder, { recursive: true, force: true });

module.exports = { PATIENCE, PYTHON, apxs, makeFolder, ready, removeFolder, startHttpd, startProgram, until, withoutStore };
