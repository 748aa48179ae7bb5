// SPDX-License-Identifier: Apache-2.0
// Digits as people read them.

import { h } from './dom.js';

/**
 * In groups that the eye can keep: `014 4002`.
 * @param {string} digits
 */
export const grouped = (digits) => digits.replace(/^(\d{3})(?=\d)/, '$1 ');

/**
 * A number on a line of its own; an ear hears its digits one by one.
 * @param {string} digits
 */
export const number = (digits) => h('p.mp-number', {},
    h('span.mp-hidden', {}, [...digits].join(' ')),
    h('span', { 'aria-hidden': 'true' }, grouped(digits)));
