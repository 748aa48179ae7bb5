// SPDX-License-Identifier: Apache-2.0
// Pictures of a state in four windows (two phones, a laptop, a phone in landscape), light and dark, under build/pictures/:
// nothing wider than its window, nothing smaller than a finger, and axe-core finds nothing.
const assert = require('node:assert/strict');
const { mkdirSync } = require('node:fs');
const { join } = require('node:path');
const { build, findings } = require('./browser.js');

const WINDOWS = [[320, 800], [390, 844], [1280, 720], [844, 390]];
const pictures = join(build, 'pictures');

/** Controls smaller than 44 px in a direction; links within a text are let off. */
const tooSmall = () => [...document.querySelectorAll('button, a, input:not([type=hidden], .mp-field)')]
    .filter((control) => control.checkVisibility()) // not what is folded up
    .map((control) => ({ control, box: control.getBoundingClientRect() }))
    .filter(({ box }) => box.width && (box.width < 44 || box.height < 44))
    .map(({ control, box }) => `${control.outerHTML} ${box.width}x${box.height}`);

async function check(page, name) {
    mkdirSync(pictures, { recursive: true });
    for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        for (const [width, height] of WINDOWS) {
            await page.setViewportSize({ width, height });
            await page.screenshot({ path: join(pictures, `${name}-${width}x${height}-${colorScheme}.png`), fullPage: true });
            assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
                `${name} is wider than ${width} px`);
        }
        assert.deepEqual(await findings(page), [], `${name}, ${colorScheme}`);
    }
    assert.deepEqual(await page.evaluate(tooSmall), [], name);
    await page.setViewportSize({ width: 390, height: 844 });
}

module.exports = { check, pictures };
