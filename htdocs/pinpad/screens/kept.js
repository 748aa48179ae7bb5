// SPDX-License-Identifier: Apache-2.0
// The PINs that this device keeps: each can be set anew, or removed.

import * as store from '../keep/store.js';
import { avatar, h } from './dom.js';

/** @typedef {import('../keep/store.js').Identity} Identity */
/** @typedef {import('./stage.js').Stage} Stage */

const DAY = 86_400_000; // ms

/** @param {Stage} stage */
export async function manage(stage) {
    const known = await store.list(stage.flow.rps.id);
    if (!known.length)
        return stage.go('home');
    stage.show('manage', stage.text('kept_title'),
        h('ul.mp-list', {}, ...known.map((identity) => h('li.mp-card', {},
            h('div.mp-head', {}, avatar(identity.user), h('div.mp-name', {}, identity.user,
                h('small', {}, [identity.device, lastUse(stage, identity)].filter(Boolean).join(' · ')),
                h('span.mp-badge', {}, stage.text('kept_badge')))),
            h('div.mp-pair', {},
                stage.button('plain', 'kept_reset', () => stage.go('reset', identity)),
                stage.button('plain', 'kept_remove', () => remove(stage, identity)))))),
        h('div.mp-buttons', {}, stage.button('plain', 'back', () => stage.go('home'))));
}

/** When it was last used, '' for never. @param {Stage} stage @param {Identity} identity */
export function lastUse(stage, { used }) {
    if (!used)
        return '';
    const language = stage.root.closest('[lang]')?.getAttribute('lang') || 'en';
    const days = Math.round((used - Date.now()) / DAY);
    const when = new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(days, 'day');
    return stage.text('kept_used', { when });
}

/** @param {Stage} stage @param {Identity} identity */
function remove(stage, identity) {
    const { user } = identity;
    stage.show('remove', stage.text('kept_remove_question', { user }),
        h('p.mp-text', {}, stage.text('kept_remove_text', { user })),
        h('div.mp-buttons', {},
            stage.button('danger', 'kept_remove_user', async () => {
                await store.remove(identity.mpinId);
                manage(stage);
            }, { user }),
            stage.button('plain', 'kept_keep', () => manage(stage))));
}
