// <mpin-pad settings="…" state="…" user="…" success="…" offer others>: the pad for pages with ES modules.

import { Screens } from '../screens/screens.js';
import { loadTexts } from '../screens/texts.js';

const base = new URL('.', import.meta.url).href;

class MpinPad extends HTMLElement {
    async connectedCallback() {
        /** @param {string} name */
        const value = (name) => this.getAttribute(name) ?? '';
        const text = await loadTexts(base, document.documentElement.lang || navigator.language);
        this.screens = new Screens(this, text, {
            base,
            settings: new URL(value('settings'), document.baseURI).href,
            state: value('state'),
            user: value('user'),
            success: value('success'),
            offer: this.hasAttribute('offer'),
            others: this.hasAttribute('others'),
        });
        this.screens.start();
    }

    /** For the page's own "Sign in another way". */
    byPhone() {
        this.screens?.byPhone();
    }
}

customElements.define('mpin-pad', MpinPad);
