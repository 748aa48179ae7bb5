// SPDX-License-Identifier: Apache-2.0
// Every word a person reads. English comes with the program, the others are fetched when they are wanted.

import english from 'texts:en';
import languages from 'texts:languages';

const LIMIT = 4_000; // ms: rather in English than not at all

/**
 * `add` brings English texts that only some need; those of another language have come with the others.
 * @typedef {((key: string, values?: Record<string, string | number>) => string)
 *     & {add: (english: Record<string, string>) => void}} Text
 */

/**
 * @param {string} base address of the assets, with a trailing slash
 * @param {string} wanted language tag
 * @param {Record<string, any>} [custom] texts of the page's own: {language: {key: text}}
 * @returns {Promise<Text>}
 */
export async function loadTexts(base, wanted, custom = {}) {
    const language = wanted.slice(0, 2).toLowerCase();
    let ours = english;
    const fetched = languages.includes(language)
        && await fetch(base + 'texts/' + language + '.json', { signal: AbortSignal.timeout(LIMIT) }).then((response) => response.json()).catch(() => {});
    const theirs = { ...fetched, ...custom[language] };
    /** @param {string} key @param {Record<string, string | number>} [values] */
    const text = (key, values = {}) => (theirs['pad_' + key] ?? ours[key] ?? key).replace(/\{(\w+)\}/g,
        (/** @type {string} */ _, /** @type {string} */ name) => String(values[name] ?? ''));
    text.add = (/** @type {Record<string, string>} */ more) => {
        ours = { ...ours, ...more };
    };
    return text;
}
