// SPDX-License-Identifier: Apache-2.0
// The identities of this device, and what has become of each: who signs in.

import { identitiesOf } from '../keep/identities.js';
import { avatar, h } from './dom.js';
import { otherWays } from './elsewhere.js';
import { lastUse } from './days.js';

/** What has become of an identity, by its state. @type {Record<string, string>} */
const ENDS = { locked: 'kept_locked', withdrawn: 'kept_withdrawn', outdated: 'kept_outdated' };

/**
 * @param {import('./stage.js').Stage} stage
 * @param {() => unknown} [back] to where the person was
 */
export async function choose(stage, back = () => stage.go('home')) {
    const known = await identitiesOf(stage.flow.rps) ?? [];
    if (!known.length) // another tab has removed them
        return stage.go('home');
    stage.show('choose', stage.text('who'),
        h('ul.mp-list', {}, ...known.map((identity, i) => h('li', {},
            h('button.mp-row', {
                type: 'button', 'aria-describedby': `mp-standing-${i}`,
                onclick: () => stage.go('enter', identity),
            },
            avatar(identity.user), h('span.mp-name', {}, identity.user,
                h('span', { id: `mp-standing-${i}`, 'aria-hidden': 'true' }, ...standing(stage, identity))))))),
        h('div.mp-buttons', {},
            stage.flow.rps.takesNames && stage.button('plain', 'add_here', () => stage.go('add')),
            stage.button('plain', 'manage_short', () => stage.go('manage')),
            ...(stage.options.others ? [] : otherWays(stage)),
            stage.button('plain', 'back', back)));
}

/**
 * What is worth knowing of it, heard after the name: its device's name, and that it is locked, or when it was used last.
 * @param {import('./stage.js').Stage} stage
 * @param {import('../keep/store.js').Identity} identity
 */
function standing(stage, identity) {
    const { device, state } = identity;
    const words = [device, !state && lastUse(stage, identity.used)].filter(Boolean).join(' · ');
    return [words && h('small', {}, words), state && h('small.mp-caution', {}, stage.text(ENDS[state]))];
}
