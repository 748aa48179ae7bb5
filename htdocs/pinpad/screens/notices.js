// SPDX-License-Identifier: Apache-2.0
// No answer: what can be done then.

import { goOn, others, toOtherWays } from './elsewhere.js';

/** @typedef {import('./stage.js').Stage} Stage */

/** What a refusal is told as that is not the server's own. @param {number} status */
export const strange = (status) => status === 404 || status === 410 ? 'missing' : 'blocked';

/**
 * The site, or the host that it needs, gives no answer; or what answers is not the site.
 * @param {Stage} stage
 * @param {{host?: string, status?: number, code?: string, id?: string}} error
 */
export function offline(stage, { host, status = 0, id }) {
    const site = host ?? stage.flow.rps?.settings.title ?? location.hostname;
    const again = stage.button('primary', 'try_again', () => stage.go('start'));
    stage.notice('offline', status >= 400 && status < 500 ? strange(status) : 'offline', [again, goOn(stage),
        others(stage) && stage.button('plain', 'other', () => toOtherWays(stage))], { site, code: id ?? String(status) });
}
