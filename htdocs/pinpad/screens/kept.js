// SPDX-License-Identifier: Apache-2.0
// The PINs that this device keeps: each can be set anew, or removed.

import { identitiesOf, removeDevice } from '../keep/identities.js';
import { lastUse } from './days.js';
import { avatar, h } from './dom.js';

/** @typedef {import('../keep/store.js').Identity} Identity */
/** @typedef {import('./stage.js').Stage} Stage */

/** @param {Stage} stage */
export async function manage(stage) {
    const known = await identitiesOf(stage.flow.rps) ?? [];
    if (!known.length)
        return stage.go('home');
    stage.show('manage', stage.text('kept_title'),
        h('ul.mp-list', {}, ...known.map((identity) => h('li.mp-card', {},
            h('div.mp-head', {}, avatar(identity.user), h('div.mp-name', {}, identity.user,
                h('small', {}, [identity.device, lastUse(stage, identity.used)].filter(Boolean).join(' · ')),
                h('span.mp-badge', {}, stage.text('kept_badge')))),
            h('div.mp-pair', {},
                stage.button('plain', 'kept_reset', () => stage.go('reset', identity)),
                stage.button('plain', 'kept_remove', () => remove(stage, identity)))))),
        h('div.mp-buttons', {}, stage.button('plain', 'back', () => stage.go('home'))));
}

/** @param {Stage} stage @param {Identity} identity */
function remove(stage, identity) {
    const { user } = identity;
    const unheard = () => stage.warn(stage.text('offline', { site: stage.flow.rps.settings.title }));
    stage.show('remove', stage.text('kept_remove_question', { user }),
        h('p.mp-text', {}, stage.text('kept_remove_text', { user })), stage.lines,
        h('div.mp-buttons', {},
            stage.button('danger', 'kept_remove_user', () => stage.busy(async () => {
                await removeDevice(stage.flow.rps, identity);
                await stage.flow.open(); // its sessions have ended with it
                await manage(stage);
            }, unheard, unheard), { user }),
            stage.button('plain', 'kept_keep', () => manage(stage))));
}
