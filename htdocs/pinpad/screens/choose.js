// SPDX-License-Identifier: Apache-2.0
// The identities of this device: who signs in.

import { identitiesOf } from '../keep/identities.js';
import { avatar, h } from './dom.js';
import { otherWays } from './elsewhere.js';

/** @param {import('./stage.js').Stage} stage */
export async function choose(stage) {
    const known = await identitiesOf(stage.flow.rps) ?? [];
    if (!known.length) // another tab has removed them
        return stage.go('home');
    stage.show('choose', stage.text('who'),
        h('ul.mp-list', {}, ...known.map((identity) => h('li', {},
            h('button.mp-row', { type: 'button', onclick: () => stage.go('enter', identity) },
                avatar(identity.user), h('span.mp-name', {}, identity.user,
                    identity.device && h('small', {}, identity.device)))))),
        h('div.mp-buttons', {},
            stage.flow.rps.takesNames && stage.button('plain', 'add_here', () => stage.go('add')),
            stage.button('plain', 'manage_short', () => stage.go('manage')),
            ...(stage.options.others ? [] : otherWays(stage))));
}
