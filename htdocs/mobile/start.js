// SPDX-License-Identifier: Apache-2.0
// Files know neither their reader's language nor their RPS.

/** What index.html says until the page is there, in the other languages. @type {Record<string, string[]>} */
const WAITING = {
    de: ['Einen Moment…', 'Das dauert länger als sonst. Vielleicht liegt es an der Verbindung.', 'Noch einmal'],
    es: ['Un momento…', 'Esto tarda más de lo normal. Puede ser la conexión.', 'Reintentar'],
    ar: ['لحظة من فضلك…', 'يستغرق هذا وقتًا أطول من المعتاد. قد يكون السبب هو الاتصال.', 'إعادة المحاولة'],
    fr: ['Un instant…', 'C’est plus long que d’habitude. C’est peut-être la connexion.', 'Réessayer'],
    ja: ['お待ちください…', 'いつもより時間がかかっています。接続に原因があるかもしれません。', 'もう一度試す'],
    zh: ['请稍候…', '等待的时间比平时长，可能是网络连接的问题。', '重试'],
};

const language = navigator.language.slice(0, 2);
if (language in WAITING) {
    document.documentElement.lang = language;
    document.documentElement.dir = language === 'ar' ? 'rtl' : 'ltr';
    document.querySelectorAll('.waiting p, .waiting a').forEach((element, i) => element.textContent = WAITING[language][i]);
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

export {};
