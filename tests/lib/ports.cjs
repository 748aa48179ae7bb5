// SPDX-License-Identifier: Apache-2.0
// PORT is the first of 19 ports that are this test's own (Ports.pm). A test that was started without runs once more, with
// them: so this comes before everything else of it.
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');

if (!process.env.PORT) {
    const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
    process.exit(spawnSync(join(__dirname, 'with_ports'), again, { stdio: 'inherit' }).status ?? 1);
}

exports.port = Number(process.env.PORT);
