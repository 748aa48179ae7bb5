// SPDX-License-Identifier: Apache-2.0
// The sentences for refusals, as they are said on a screen's alert line.

/** @typedef {import('../wire/exchange.js').RpsError} RpsError */

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
 * @param {RpsError} error
 * @param {import('./texts.js').Text} text
 * @param {import('../wire/rps.js').Settings} settings
 */
export function sentence({ status, code, id, retryAfter }, text, { title: site, suite }) {
    if (code === 'too_many_mails')
        return text('mails_often', { n: Math.ceil(retryAfter / 60) });
    if (code === 'store_full' || code === 'mail_queue_full')
        return text('full', { site });
    if (status === 408)
        return text('expired');
    // One of ours has its code; without, something in front of the site refuses, and the account is not to blame.
    if ((status === 403 || status === 400) && (code || !suite))
        return text(REFUSALS[code ?? ''] ?? 'forbidden', { site, code: id ?? '' });
    return text('trouble', { code: id ?? status });
}
