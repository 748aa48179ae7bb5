// SPDX-License-Identifier: Apache-2.0
// Made by htdocs/build.mjs.

/** The pad's texts in English that one script brings. */
declare module 'texts:*' {
    const texts: Record<string, string>;
    export default texts;
}

/** What a page of files says until it has its texts, in the order of its elements, by language. */
declare module 'texts:waiting' {
    const waiting: Record<string, string[]>;
    export default waiting;
}

/** Languages that have a catalogue of their own, but English: two letters each, with spaces between. */
declare module 'texts:languages' {
    const languages: string;
    export default languages;
}
