// SPDX-License-Identifier: Apache-2.0
// Sentences that end a way, and what can be done then.

import { otherWays } from './elsewhere.js';

/** @typedef {import('./stage.js').Stage} Stage */

/** The browser keeps nothing. @param {Stage} stage */
export function storage(stage) {
    stage.notice('storage', 'storage', otherWays(stage));
}

/** The site, or the host that it needs, gives no answer. @param {Stage} stage @param {{host?: string}} error */
export function offline(stage, { host }) {
    const site = host ?? stage.flow.rps?.settings.title ?? location.hostname;
    const again = stage.button('primary', 'try_again', () => stage.go('start'));
    stage.notice('offline', 'offline', [again], { site });
}
