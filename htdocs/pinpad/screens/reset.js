// SPDX-License-Identifier: Apache-2.0
// A new PIN for a name. The name is proved first, by being signed in or by a mail.

import { beginReset, beginSetup } from '../keep/identities.js';
import { others, toOtherWays } from './elsewhere.js';
import { register } from './setup.js';

/** @typedef {import('../keep/store.js').Identity} Identity */
/** @typedef {import('./stage.js').Stage} Stage */

/**
 * @param {Stage} stage
 * @param {Identity | {user: string}} identity the browser may have lost it, and know the name only
 */
export function reset(stage, identity) {
    const { user } = identity;
    const { rps } = stage.flow;
    const old = 'mpinId' in identity ? identity : undefined;
    if (rps.proves(user) || rps.settings.signedIn?.user === user)
        return register(stage, { user, device: old?.device, old });
    if (!others(stage) || (old && rps.unproven(old))) // who never had a password is not asked for it
        return stage.go('resetHelp', identity);
    old ? beginReset(old) : beginSetup(user);
    toOtherWays(stage, { user, reset: true });
}
