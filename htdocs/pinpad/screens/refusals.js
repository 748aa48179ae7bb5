// SPDX-License-Identifier: Apache-2.0
// The sentences for refusals, as they are said on a screen's alert line.

/** @typedef {import('../wire/exchange.js').RpsError} RpsError */

/** Texts of refusals that a person can do something about, by the server's code. @type {Record<string, string>} */
const REFUSALS = {
    name_taken: 'name_taken',
    user_id_invalid: 'name_bad',
    too_many_identities: 'too_many',
    registration_closed: 'registration_closed',
    registration_unknown: 'registration_lost',
};

/**
 * @param {RpsError} error
 * @param {import('./texts.js').Text} text
 * @param {string} site
 */
export function sentence({ status, code, id, retryAfter }, text, site) {
    if (code === 'too_many_mails')
        return text('mails_often', { n: Math.ceil(retryAfter / 60) });
    if (code === 'store_full' || code === 'mail_queue_full')
        return text('full', { site });
    if (status === 408)
        return text('expired');
    if (status === 403 || status === 400)
        return text(REFUSALS[code ?? ''] ?? 'forbidden', { site });
    return text('trouble', { code: id ?? status });
}
