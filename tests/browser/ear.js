// SPDX-License-Identifier: Apache-2.0
// What a state sounds like: the accessibility tree as a screen reader would read it, a title that no other state has, and
// nothing that axe-core finds.
const assert = require('node:assert/strict');
const { findings } = require('./browser.js');

const titles = new Map(); // title -> the state that has it

/** The tree of what is shown, without the frame of the page: a line for each thing that is heard. */
const heard = (page) => page.locator('main').ariaSnapshot();

/** Reads a state: its title is its own, what must be heard is, and axe finds nothing. */
async function read(page, state, ...lines) {
    await page.emulateMedia({ reducedMotion: 'reduce' }); // what is half faded in has no contrast yet
    await page.waitForFunction(() => document.title !== '');
    const title = await page.title();
    assert.ok([undefined, state].includes(titles.get(title)), `${state} has the title of ${titles.get(title)}: ${title}`);
    titles.set(title, state);
    const tree = await heard(page);
    for (const line of lines)
        assert.ok(line instanceof RegExp ? line.test(tree) : tree.includes(line), `${state}: ${line} is not heard in\n${tree}`);
    assert.deepEqual(await findings(page), [], state);
}

module.exports = { read };
