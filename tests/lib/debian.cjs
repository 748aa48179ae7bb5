// SPDX-License-Identifier: Apache-2.0
// Debian.pm for tests in JavaScript: programs of Debian packages, fetched once and unpacked in the build folder.
const { execFileSync, spawnSync } = require('node:child_process');
const { existsSync, mkdirSync } = require('node:fs');
const { join } = require('node:path');

/** The folder in which the files of the first package lie, with those that its programs need beside it. */
function unpacked(build, ...packages) {
    const there = join(build, 'debian', packages[0]);
    if (existsSync(join(there, 'unpacked')))
        return there;
    mkdirSync(there, { recursive: true });
    for (const name of packages)
        execFileSync('sh', ['-c', `apt-get download -q ${name} >>apt.log 2>&1 && dpkg -x ${name}_*.deb .`], { cwd: there });
    execFileSync('touch', ['unpacked'], { cwd: there });
    return there;
}

/** Where the libraries of such packages lie, for LD_LIBRARY_PATH. */
const libraries = (folder) => join(folder, 'usr/lib', spawnSync('dpkg-architecture', ['-qDEB_HOST_MULTIARCH'], { encoding: 'utf8' }).stdout?.trim() || `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`);

module.exports = { libraries, unpacked };
