// SPDX-License-Identifier: Apache-2.0
// No answer: what can be done then.

import { goOn, others, toOtherWays } from './elsewhere.js';

/** @typedef {import('./stage.js').Stage} Stage */

/** What a refusal is told as that is not the server's own. @param {number} status */
export const strange = (status) => status === 404 || status === 410 ? 'missing' : 'blocked';

const AGAIN = 3_000; // ms before the site is asked again
const SLOWEST = 30_000; // ms between questions

/**
 * The site, or the host that it needs, gives no answer; or what answers is not the site.
 * @param {Stage} stage
 * @param {{host?: string, status?: number, code?: string, id?: string, opening?: boolean}} error
 */
export function offline(stage, { host, status = 0, id, opening = false }) {
    const site = host ?? stage.flow.rps?.settings.title ?? location.hostname;
    const again = stage.button('primary', 'try_again', () => stage.go('start'));
    stage.notice('offline', status >= 400 && status < 500 ? strange(status) : 'offline', [again, goOn(stage),
        others(stage) && stage.button('plain', 'other', () => toOtherWays(stage))], { site, code: id ?? String(status) });
    whenBack(stage, opening);
}

/**
 * Goes on by itself as soon as the site answers again. Where something else than the site was out of reach, its answer alone
 * says nothing.
 * @param {Stage} stage
 * @param {boolean} down the site is known to give no answer
 */
function whenBack(stage, down) {
    const { section, flow } = stage;
    const back = () => stage.section === section && stage.go('start');
    let wait = AGAIN;
    const ask = async () => {
        if (stage.section !== section)
            return;
        const up = document.hidden ? !down : await flow.open().then(() => true, () => false);
        if (up && down)
            return back();
        down ||= !up;
        if (down)
            setTimeout(ask, wait = Math.min(wait * 2, SLOWEST));
    };
    setTimeout(ask, wait);
    addEventListener('online', back, { once: true });
}
