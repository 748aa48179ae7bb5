// Made by htdocs/build.mjs.
declare module 'texts:en' {
    /** The pad's texts in English: the keys that start with "pad_", but those below. */
    const texts: Record<string, string>;
    export default texts;
}
declare module 'texts:phone' {
    /** Those that start with "pad_phone_". */
    const texts: Record<string, string>;
    export default texts;
}
declare module 'texts:mail' {
    /** Those that start with "pad_mail_". */
    const texts: Record<string, string>;
    export default texts;
}
declare module 'texts:otp' {
    /** Those that start with "pad_mail_". */
    const texts: Record<string, string>;
    export default texts;
}
declare module 'texts:kept' {
    /** Those that start with "pad_kept_". */
    const texts: Record<string, string>;
    export default texts;
}
declare module 'texts:mobile' {
    /** Those that start with "pad_mobile_". */
    const texts: Record<string, string>;
    export default texts;
}
declare module 'texts:languages' {
    /** Languages that have a catalogue of their own, but English. */
    const languages: string[];
    export default languages;
}
