// SPDX-License-Identifier: Apache-2.0
// The computer that is about to be signed in: seen before anything is asked.

import { identitiesOf } from '../keep/identities.js';
import { h, textWith } from './dom.js';

/** @typedef {import('../keep/phone-flow.js').Visit} Visit */
/** @typedef {import('../keep/store.js').Identity} Identity */
/** @typedef {import('./mobile.js').PhoneStage} PhoneStage */

/** @param {PhoneStage} stage @param {Visit} visit */
export function computer(stage, visit) {
    const { choices } = visit;
    stage.show('mobile-computer', stage.text('mobile_computer'),
        facts(stage, visit),
        choices && h('p.mp-ask', { id: 'mp-pick' }, stage.text('mobile_pick')),
        choices && h('div.mp-picks', { role: 'group', 'aria-labelledby': 'mp-pick' }, ...choices.map((choice) =>
            h('button.mp-key', { type: 'button', onclick: () => pick(stage, visit, choice) }, choice))),
        stage.lines,
        h('div.mp-buttons', {},
            !choices && stage.button('primary', 'continue', () => identityFor(stage, visit)),
            stage.button('plain', choices ? 'mobile_none' : 'mobile_cancel', () => stage.go('cancel'))));
}

/** @param {PhoneStage} stage @param {Visit} visit */
function facts(stage, { desktop, origin = location.host, secondTap: far }) {
    const hint = far ? 'li.mp-caution' : 'li';
    return h('ul.mp-facts', {},
        desktop && h('li', {}, h('strong', {}, desktop.browser)),
        desktop && h('li.mp-address', {}, desktop.address),
        h('li', {}, ...textWith(stage.text, 'mobile_to', 'site', h('strong', {}, origin))),
        desktop && h(hint, {}, stage.text(desktop.sameNetwork ? 'mobile_near' : 'mobile_far')),
        desktop && h(hint, {}, stage.text(desktop.seen ? 'mobile_seen' : 'mobile_unseen')));
}

/** @param {PhoneStage} stage @param {Visit} visit @param {string} choice */
function pick(stage, visit, choice) {
    visit.choice = choice;
    return visit.secondTap ? secondTap(stage, { visit }) : identityFor(stage, visit);
}

/**
 * A computer that nobody knows, somewhere else.
 * @param {PhoneStage} stage
 * @param {{visit: Visit, identity?: Identity}} state `identity` was to sign in when it turned out
 */
export function secondTap(stage, { visit, identity }) {
    stage.notice('mobile-far', 'mobile_sure', [
        stage.button('danger', 'mobile_sure_yes', () => {
            visit.confirmed = true;
            return identity ? stage.go('enter', identity) : identityFor(stage, visit);
        }),
        stage.button('primary', 'mobile_sure_no', () => stage.go('cancel'))]);
}

/** The one whom the computer expects, or the only one; else the person chooses. @param {PhoneStage} stage @param {Visit} visit */
async function identityFor(stage, visit) {
    const { PrerollId } = visit;
    const known = await identitiesOf(stage.flow.rps) ?? [];
    const expected = known.find((identity) => identity.user === PrerollId) ?? (known.length === 1 && known[0]);
    return expected ? stage.go('enter', expected) : stage.go('choose', () => computer(stage, visit));
}
