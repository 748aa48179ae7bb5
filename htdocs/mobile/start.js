// SPDX-License-Identifier: Apache-2.0
// Files know neither their reader's language nor their RPS.

const language = navigator.language.slice(0, 2);
if (['de', 'en', 'es', 'fr'].includes(language))
    document.documentElement.lang = language;

const { clientSettingsURL } = await (await fetch('settings.json', { cache: 'no-cache' })).json();
const app = document.createElement('mpin-mobile');
app.setAttribute('settings', clientSettingsURL);
document.querySelector('main')?.append(app);
await import(new URL('mpin-mobile.js', import.meta.url).href);

export {};
