// SPDX-License-Identifier: Apache-2.0
// A phone signs in another computer: it says which one that is, asks for the number on its screen, then for the PIN.

import { identitiesOf, pendingReset } from '../keep/identities.js';
import { waitingAt } from '../keep/waiting.js';
import { claim, number } from './mobile-code.js';
import { computer, secondTap } from './mobile-computer.js';
import { cancel, codeOver, done } from './mobile-end.js';
import { enter, refused } from './mobile-enter.js';
import { home as homeOfAny, start as startOfAny } from './start.js';
import { SCREENS } from './table.js';

/** @typedef {import('./stage.js').Stage<import('../keep/phone-flow.js').PhoneFlow>} PhoneStage */

/** @param {PhoneStage} stage */
function start(stage) {
    stage.flow.takeCode();
    return startOfAny(stage);
}

/** @param {PhoneStage} stage */
async function home(stage) {
    const { flow } = stage;
    flow.visit = undefined;
    const known = await identitiesOf(flow.rps);
    if (!known || pendingReset(flow.rps, known) || waitingAt(flow.rps.id))
        return homeOfAny(stage);
    if (!known.length)
        return stage.notice('mobile-new', 'mobile_new', [stage.button('primary', 'setup', () => homeOfAny(stage))]);
    const { code } = flow;
    if (code)
        return stage.go('claim', code);
    return stage.go(flow.computer ? 'done' : 'number');
}

/** An identity has been set up here: on to the computer, when this piece of work is done. @param {PhoneStage} stage */
function arrive(stage) {
    stage.go('start');
}

/** The screens of any page, some of them this page's own, and those that only a phone has. */
export const SCREENS_OF_A_PHONE = {
    ...SCREENS, start, home, enter, refused, arrive, number, claim, computer, secondTap, cancel, codeOver, done,
};
