// SPDX-License-Identifier: Apache-2.0
// The page is open at another address than the site's own, where nobody can sign in.

import { h } from './dom.js';

/** @param {import('./stage.js').Stage} stage @param {string} url the site's own origin */
export function address(stage, url) {
    const there = new URL(location.pathname + location.search + location.hash, url);
    const go = /^https?:$/.test(there.protocol) && h('a.mp-primary', { href: there.href }, stage.text('address_go'));
    stage.notice('address', 'address_other', [go], { url });
}
