// SPDX-License-Identifier: Apache-2.0
// When something was last used, as people say it.

const DAY = 86_400_000; // ms

/** "Last used 3 days ago", with the digits that all else has, '' for never. @param {import('./stage.js').Stage} stage @param {number} [used] ms */
export function lastUse(stage, used) {
    if (!used)
        return '';
    const language = stage.root.closest('[lang]')?.getAttribute('lang') || 'en';
    const days = Math.round((used - Date.now()) / DAY);
    const when = new Intl.RelativeTimeFormat(language + '-u-nu-latn', { numeric: 'auto' }).format(days, 'day');
    return stage.text('used', { when });
}
