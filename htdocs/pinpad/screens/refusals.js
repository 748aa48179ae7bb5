// SPDX-License-Identifier: Apache-2.0
// Why something was refused, and what can be done: on the alert line of the screen that is shown, or on one of its own.

import { otherWays } from './elsewhere.js';

/** @typedef {import('../wire/exchange.js').RpsError} RpsError */
/** @typedef {import('../keep/store.js').Identity} Identity */
/** @typedef {import('./stage.js').Stage} Stage */

/** Texts of refusals that a person can do something about, by the server's code. @type {Record<string, string>} */
const REFUSALS = {
    name_taken: 'name_taken',
    user_id_invalid: 'name_bad',
    too_many_identities: 'too_many',
    origin_refused: 'trouble',
    registration_closed: 'registration_closed',
    registration_unknown: 'registration_lost',
};

/**
 * Says it where the person still is.
 * @param {Stage} stage
 * @param {{error: RpsError, section: HTMLElement}} state the screen on which it was refused
 */
export function explain(stage, { error, section }) {
    const { settings } = stage.flow.rps;
    const site = settings.siteURL ?? document.documentElement.dataset.site;
    if (stage.section !== section)
        return;
    if (error.code === 'origin_refused' && site)
        return stage.go('address', site);
    stage.warn(sentence(error, stage.text, settings));
}

/**
 * @param {RpsError} error
 * @param {import('./texts.js').Text} text
 * @param {import('../wire/rps.js').Settings} settings
 */
function sentence({ status, code, id, retryAfter }, text, { title: site, contact = '', suite }) {
    if (code === 'too_many_mails')
        return text('mails_often', { n: Math.ceil(retryAfter / 60) });
    if (code === 'store_full' || code === 'mail_queue_full')
        return text('full', { site });
    if (status === 408)
        return text('expired');
    // One of ours has its code; without, something in front of the site refuses, and the account is not to blame.
    if ((status === 403 || status === 400) && (code || !suite))
        return text(REFUSALS[code ?? ''] ?? (contact ? 'forbidden_ask' : 'forbidden'), { site, contact, code: id ?? '' });
    return text('trouble', { code: id ?? status });
}

/**
 * An identity that is good for nothing here any more, and the way to a new one.
 * @param {Stage} stage
 * @param {{identity: Identity, why: 'locked' | 'withdrawn' | 'outdated' | 'lost'}} state
 */
export function ended(stage, { identity, why }) {
    const again = stage.button('primary', 'again', () => stage.go('reset', identity));
    stage.notice(why, why, [again, ...otherWays(stage)]);
}

/** A forgotten PIN, and nowhere to sign in another way. @param {Stage} stage @param {{user: string}} identity */
export function resetHelp(stage, { user }) {
    const back = stage.button('plain', 'back', () => stage.go('home'));
    stage.notice('reset-help', 'reset_help', [...otherWays(stage), back], { user });
}
