// SPDX-License-Identifier: Apache-2.0
// A new PIN for a name. The name is proved first, by being signed in or by a mail.

import { beginReset } from '../keep/identities.js';
import { others, toOtherWays } from './elsewhere.js';
import { register } from './setup.js';

/** @typedef {import('../keep/store.js').Identity} Identity */
/** @typedef {import('./stage.js').Stage} Stage */

/** @param {Stage} stage @param {Identity} identity */
export function reset(stage, identity) {
    const { user, device } = identity;
    const { rps } = stage.flow;
    if (rps.proves(user) || rps.settings.signedIn?.user === user)
        return register(stage, { user, device, old: identity });
    if (!others(stage) || rps.unproven(identity)) // who never had a password is not asked for it
        return stage.go('resetHelp', identity);
    beginReset(identity);
    toOtherWays(stage, { user, reset: true });
}
