// SPDX-License-Identifier: Apache-2.0
// Files know neither their reader's language nor their RPS.

import waiting from 'texts:waiting';

const language = navigator.language.slice(0, 2);
if (language in waiting) {
    document.documentElement.lang = language;
    document.documentElement.dir = language === 'ar' ? 'rtl' : 'ltr';
    document.querySelectorAll('.waiting p, .waiting a').forEach((element, i) => element.textContent = waiting[language][i]);
}

addEventListener('mpin-screen', (event) => document.title = /** @type {CustomEvent} */ (event).detail.title);
addEventListener('online', () => document.querySelector('.waiting') && location.reload());
try {
    const { clientSettingsURL } = await (await fetch('settings.json', { cache: 'no-cache' })).json();
    await import(new URL('mpin-mobile.js', import.meta.url).href);
    const app = document.createElement('mpin-mobile');
    app.setAttribute('settings', clientSettingsURL);
    document.querySelector('.waiting')?.replaceWith(app);
} catch (error) {
    document.documentElement.classList.add('script-failed');
    throw error; // for whoever has copied the files
}
