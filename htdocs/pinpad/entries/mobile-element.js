// <mpin-mobile settings="…">: the page that a phone opens to sign in another computer.

import english from 'texts:mobile';
import { Mobile } from '../screens/mobile.js';
import { loadTexts } from '../screens/texts.js';

const base = new URL('.', import.meta.url).href;

class MpinMobile extends HTMLElement {
    async connectedCallback() {
        const text = await loadTexts(base, document.documentElement.lang || navigator.language);
        text.add(english);
        const settings = new URL(this.getAttribute('settings') ?? '', document.baseURI).href;
        new Mobile(this, text, { base, settings, mobile: true }).start();
    }
}

customElements.define('mpin-mobile', MpinMobile);
