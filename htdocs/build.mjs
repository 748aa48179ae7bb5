// SPDX-License-Identifier: Apache-2.0
// `node htdocs/build.mjs OUT` builds the pages: bundles of the PIN pad, styles, pictures, texts, templates. OUT.packages lists
// the npm packages of which something is in them: tools/sbom tells them.

import { build } from 'esbuild';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2];

/** The English texts of these scripts are no burden to the others: by the word that their keys begin with, or by the keys. */
const APART = ['phone', 'mobile', 'mail', 'kept', 'otp', 'address', 'confirm'];
/** @type {Record<string, string[]>} */
const BY_KEY = {
    'choose-pin': ['choose', 'choose_hint', 'once_more', 'once_more_hint', 'differ', 'weak'],
    refusals: ['again', 'expired', 'forbidden', 'forbidden_ask', 'full', 'locked', 'lost', 'mails_often', 'name_taken', 'outdated',
        'registration_closed', 'registration_lost', 'reset_help', 'too_many', 'too_many_account', 'unnamed', 'withdrawn', 'empty', 'empty_ask',
        'empty_password', 'storage', 'storage_alone', 'insecure', 'reset_open', 'reset_ask', 'name_taken_only', 'name_foreign',
        'device_bad', 'not_here', 'sign_in'],
};
const script = (key) => Object.keys(BY_KEY).find((name) => BY_KEY[name].some((one) => [`pad_${one}`, `pad_${one}_text`].includes(key)))
    ?? APART.find((name) => `${key}_`.startsWith(`pad_${name}_`)) ?? (key.startsWith('pad_') ? 'en' : '');

const english = JSON.parse(readFileSync(join(source, 'texts/en.json'), 'utf8'));
const others = readdirSync(join(source, 'texts')).map((name) => name.slice(0, -5)).filter((name) => name !== 'en');

/** What a page of files says until it has its texts, in the order of its elements, by language. */
const waiting = () => Object.fromEntries(others.map((language) => {
    const { loading, late, try_again } = JSON.parse(readFileSync(join(source, `texts/${language}.json`), 'utf8'));
    return [language, [loading, late, try_again]];
}));

/** English texts of the pad without "pad_". @param {string} path of their module */
const englishOf = (path) => Object.fromEntries(Object.entries(english).filter(([key]) => `texts:${script(key)}` === path)
    .map(([key, text]) => [key.slice('pad_'.length), text]));

/** The catalogues as modules: English texts, the other languages with spaces between, and what is said while one waits. */
const texts = {
    name: 'texts',
    setup({ onResolve, onLoad }) {
        onResolve({ filter: /^texts:/ }, ({ path }) => ({ path, namespace: 'texts' }));
        onLoad({ filter: /./, namespace: 'texts' }, ({ path }) => {
            const contents = path === 'texts:languages' ? others.join(' ')
                : path === 'texts:waiting' ? waiting() : englishOf(path);
            return { contents: JSON.stringify(contents), loader: 'json' };
        });
    },
};

/** Parts that few need: fetched by name, from beside the script that wants them. */
const FETCHED = ['worker', 'worker-bncx', 'milagro', 'phone', 'mail', 'kept', 'otp', 'address', 'choose-pin', 'confirm', 'refusals', 'qr',
    'original'];

/** Each script that is served, its source and its format. */
const SCRIPTS = [
    ['mpin.js', 'pinpad/entries/classic.js', 'iife'],
    ['mpin/mpin-pad.js', 'pinpad/entries/element.js', 'esm'],
    ['mpin/mpin-mobile.js', 'pinpad/entries/mobile-element.js', 'esm'],
    ...FETCHED.map((name) => [`mpin/${name}.js`, `pinpad/entries/${name}.js`, 'esm']),
    ['mpin/first.js', 'pages/first.js', 'iife'],
    ['mpin/login.js', 'pages/login.js', 'esm'],
    ['mpin/codes.js', 'pages/codes.js', 'esm'],
    ['mpin/passkey.js', 'pages/passkey.js', 'esm'],
    ['m/start.js', 'mobile/start.js', 'esm'],
];

/** The login page has its script and its PIN pad in one request. */
const LOGIN_PAGE = "import './pages/login.js'; import './pinpad/entries/element.js';";

/** @type {import('esbuild').BuildOptions & {metafile: true}} */
const BUNDLED = {
    bundle: true, metafile: true, minify: true, target: 'es2022', charset: 'utf8', legalComments: 'none', plugins: [texts],
};

rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, 'mpin'), { recursive: true });
const built = await Promise.all([
    ...SCRIPTS.map(([served, from, format]) => build({
        ...BUNDLED, entryPoints: [join(source, from)], format, outfile: join(out, served),
    })),
    build({ ...BUNDLED, stdin: { contents: LOGIN_PAGE, resolveDir: source }, format: 'esm', outfile: join(out, 'mpin/login-pad.js') }),
    build({ entryPoints: [join(source, 'styles.css')], bundle: true, minify: true, outfile: join(out, 'mpin/mpin.css') }),
    build({ entryPoints: [join(source, 'status.css')], minify: true, outfile: join(out, 'mpin/status.css') }),
]);
const bundled = built.flatMap(({ metafile }) => Object.values(metafile?.outputs ?? {})).flatMap(({ inputs }) => Object.keys(inputs)
    .filter((file) => inputs[file].bytesInOutput > 0)).flatMap((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []);
writeFileSync(`${out}.packages`, [...new Set(bundled)].sort().map((name) => `${name}\n`).join(''));
cpSync(join(source, 'texts'), join(out, 'mpin/texts'), { recursive: true });
cpSync(join(source, 'pictures'), join(out, 'mpin'), { recursive: true });
cpSync(join(source, 'pages'), join(out, 'pages'), { recursive: true, filter: (file) => !file.endsWith('.js') });

// The phone's page for applications that send their files themselves: nothing of it goes into the module. A phone is signed
// in by no other, and shows no code.
const NOT_OF_PHONES = ['phone', 'otp', 'qr', 'original'];
const OF_PHONES = ['mpin-mobile', ...FETCHED.filter((name) => !NOT_OF_PHONES.includes(name))].map((name) => name + '.js');
cpSync(join(source, 'mobile'), join(out, 'm'), { recursive: true, filter: (file) => !file.endsWith('.js') });
for (const name of [...OF_PHONES, 'mpin.css', 'icon.svg', 'texts'])
    cpSync(join(out, 'mpin', name), join(out, 'm', name), { recursive: true });
