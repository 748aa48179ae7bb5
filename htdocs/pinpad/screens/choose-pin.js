// SPDX-License-Identifier: Apache-2.0
// A new identity's PIN is chosen, and entered once more.

import { isWeak, wipe } from '../curve/pin.js';
import { endWaiting } from '../keep/waiting.js';

/** @typedef {import('../keep/flow.js').NewIdentity} NewIdentity */
/** @typedef {import('./stage.js').Stage} Stage */

/** @param {Stage} stage @param {NewIdentity} identity */
export function choosePin(stage, identity) {
    stage.keypad({
        name: 'choose-pin',
        title: stage.text('choose'),
        hint: stage.text('choose_hint', { n: stage.text('n' + stage.flow.rps.settings.pinLength) }),
        user: identity.user,
        action: stage.button('link', 'back', () => {
            endWaiting();
            stage.go('home');
        }),
        onPin: (pin) => {
            if (!isWeak(pin))
                return confirmPin(stage, { identity, chosen: pin });
            wipe(pin);
            stage.pad?.refuse();
            stage.warn(stage.text('weak'));
        },
    });
}

/** @param {Stage} stage @param {{identity: NewIdentity, chosen: Uint8Array<ArrayBuffer>}} state */
function confirmPin(stage, { identity, chosen }) {
    stage.keypad({
        name: 'confirm-pin',
        title: stage.text('once_more'),
        hint: stage.text('once_more_hint'),
        user: identity.user,
        action: stage.button('link', 'back', () => choosePin(stage, identity)),
        onPin: (pin) => {
            const same = pin.every((digit, i) => digit === chosen[i]);
            wipe(chosen);
            if (same)
                return stage.go('finish', { identity, pin });
            wipe(pin);
            choosePin(stage, identity);
            stage.warn(stage.text('differ'));
        },
    });
}
