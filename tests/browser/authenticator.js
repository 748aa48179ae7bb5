// SPDX-License-Identifier: Apache-2.0
// An authenticator app, by Debian's oathtool.
const { execFileSync } = require('node:child_process');

const STEP = 30, LEAST = 10; // s

/**
 * What an app shows so many seconds from now. The code of a step ago is too old at the end of this one: it is made where
 * at least LEAST are left to use it.
 */
async function code(secret, later = 0) {
    const left = STEP - Math.floor(Date.now() / 1000) % STEP;
    if (later < 0 && left < LEAST)
        await new Promise((done) => setTimeout(done, left * 1000));
    return execFileSync('oathtool', ['--totp', '-b', '-N', `@${Math.floor(Date.now() / 1000) + later}`,
        secret.replaceAll(' ', '')], { encoding: 'utf8' }).trim();
}

module.exports = { code };
