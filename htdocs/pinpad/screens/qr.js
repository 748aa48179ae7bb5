// SPDX-License-Identifier: Apache-2.0
// A QR code (ISO/IEC 18004) where the server has drawn none: bytes, level M, versions 1 to 10, which is 213 bytes.

const QUIET = 4; // modules of white around

/** Codewords in all, those for correction in each block, and the blocks, of each version from 1 on. */
const VERSIONS = [
    [26, 10, 1], [44, 16, 1], [70, 26, 1], [100, 18, 2], [134, 24, 2],
    [172, 16, 4], [196, 18, 4], [242, 22, 4], [292, 22, 5], [346, 26, 5],
];

// ---- bytes -----------------------------------------------------------------------------------------

/** Powers of 2 in the field of 256 elements. @type {number[]} */
const POWER = [];
/** Their logarithms. @type {number[]} */
const LOG = [];
for (let i = 0, x = 1; i < 255; i++, x = (x << 1) ^ ((x >> 7) * 0x11d)) {
    POWER[i] = x;
    LOG[x] = i;
}

/** @param {number} a @param {number} b */
const times = (a, b) => a && b ? POWER[(LOG[a] + LOG[b]) % 255] : 0;

/** The polynomial (x - 1)(x - 2)(x - 4)… without its first coefficient, which is 1. @param {number} degree */
function generator(degree) {
    let all = [1];
    for (let i = 0; i < degree; i++)
        all = [...all, 0].map((coefficient, at) => coefficient ^ times(all[at - 1] ?? 0, POWER[i]));
    return all.slice(1);
}

/** The codewords that correct those. @param {number[]} data @param {number[]} divisor */
function correction(data, divisor) {
    const rest = divisor.map(() => 0);
    for (const byte of data) {
        const factor = byte ^ /** @type {number} */ (rest.shift());
        rest.push(0);
        divisor.forEach((coefficient, i) => rest[i] ^= times(coefficient, factor));
    }
    return rest;
}

/** Mode, length, text, end and filling. @param {Uint8Array} text @param {number} version @param {number} room */
function dataOf(text, version, room) {
    const length = version < 10 ? 8 : 16;
    const bits = '0100' + text.length.toString(2).padStart(length, '0')
        + [...text].map((byte) => byte.toString(2).padStart(8, '0')).join('');
    const ended = bits + '0000'.slice(0, room * 8 - bits.length);
    const data = (ended.match(/.{1,8}/g) ?? []).map((byte) => parseInt(byte.padEnd(8, '0'), 2));
    for (let i = 0; data.length < room; i++)
        data.push(i % 2 ? 0x11 : 0xec);
    return data;
}

/** Data and correction of all blocks, in turns. @param {number[]} data @param {number} each @param {number} count */
function woven(data, each, count) {
    const short = Math.floor(data.length / count), divisor = generator(each);
    const blocks = Array.from({ length: count }, (_, i) => {
        const longBefore = Math.max(0, i - (count - data.length % count));
        const from = i * short + longBefore;
        return data.slice(from, from + short + (i >= count - data.length % count ? 1 : 0));
    });
    /** @param {number[][]} rows */
    const inTurns = (rows) => Array.from({ length: Math.max(...rows.map((row) => row.length)) },
        (_, i) => rows.flatMap((row) => row[i] ?? [])).flat();
    return [...inTurns(blocks), ...inTurns(blocks.map((block) => correction(block, divisor)))];
}

// ---- modules ---------------------------------------------------------------------------------------

/** A number with the bits that correct it behind. @param {number} value @param {number} bits @param {number} divisor */
function corrected(value, bits, divisor) {
    let rest = value << bits;
    for (let at = 31 - Math.clz32(rest); rest >> bits; at = 31 - Math.clz32(rest))
        rest ^= divisor << (at - bits);
    return (value << bits) | rest;
}

/** Which modules a mask turns over. @type {((x: number, y: number) => boolean)[]} */
const MASKS = [
    (x, y) => !((x + y) % 2), (_, y) => !(y % 2), (x) => !(x % 3), (x, y) => !((x + y) % 3),
    (x, y) => !(((y >> 1) + Math.floor(x / 3)) % 2), (x, y) => !(x * y % 2 + x * y % 3),
    (x, y) => !((x * y % 2 + x * y % 3) % 2), (x, y) => !(((x + y) % 2 + x * y % 3) % 2),
];

/** The modules of a version: undefined where text goes. */
class Grid {
    /** @param {number} version */
    constructor(version) {
        this.size = 17 + 4 * version;
        /** @type {(0 | 1 | undefined)[][]} by row */
        this.rows = Array.from({ length: this.size }, () => Array(this.size).fill(undefined));
        const end = this.size - 7;
        for (let i = 8; i < end - 1; i++)
            this.put(i, 6, i % 2 === 0).put(6, i, i % 2 === 0);
        for (const [x, y] of [[3, 3], [end + 3, 3], [3, end + 3]])
            this.square(x, y, 4, [0, 1, 3]);
        this.alignment(version);
        if (version > 6)
            this.number(version);
        this.format(0); // its place is taken
    }

    /** @param {number} x @param {number} y @param {unknown} dark */
    put(x, y, dark) {
        if (this.rows[y] && x >= 0 && x < this.size)
            this.rows[y][x] = dark ? 1 : 0;
        return this;
    }

    /** Rings round a module, dark at those distances. @param {number} x @param {number} y @param {number} most @param {number[]} dark */
    square(x, y, most, dark) {
        for (let dy = -most; dy <= most; dy++)
            for (let dx = -most; dx <= most; dx++)
                this.put(x + dx, y + dy, dark.includes(Math.max(Math.abs(dx), Math.abs(dy))));
    }

    /** @param {number} version */
    alignment(version) {
        const last = this.size - 7;
        const at = version < 2 ? [] : version < 7 ? [6, last] : [6, (6 + last) / 2, last];
        for (const x of at)
            for (const y of at)
                if (!(x === 6 && y === 6) && !(x === 6 && y === last) && !(x === last && y === 6))
                    this.square(x, y, 2, [0, 2]);
    }

    /** @param {number} version */
    number(version) {
        const bits = corrected(version, 12, 0x1f25);
        for (let i = 0; i < 18; i++) {
            const far = this.size - 11 + i % 3, near = Math.floor(i / 3);
            this.put(far, near, bits >> i & 1).put(near, far, bits >> i & 1);
        }
    }

    /** Level M, and which mask it is, twice. @param {number} mask */
    format(mask) {
        const bits = corrected(mask, 10, 0x537) ^ 0x5412, { size } = this;
        const first = [0, 1, 2, 3, 4, 5, 7, 8]; // down the column, then along the row
        for (let i = 0; i < 15; i++) {
            const dark = bits >> i & 1;
            i < 8 ? this.put(8, first[i], dark) : this.put(i === 8 ? 7 : 14 - i, 8, dark);
            i < 8 ? this.put(size - 1 - i, 8, dark) : this.put(8, size - 15 + i, dark);
        }
        this.put(8, size - 8, 1);
    }

    /** The places of the text, in its order. */
    *free() {
        for (let right = this.size - 1, up = true; right > 0; right -= 2, up = !up) {
            if (right === 6)
                right--; // the column of the timing
            for (let i = 0; i < this.size; i++)
                for (const x of [right, right - 1]) {
                    const y = up ? this.size - 1 - i : i;
                    if (this.rows[y][x] === undefined)
                        yield [x, y];
                }
        }
    }
}

/** How hard it is to read. @param {Grid} grid */
function penalty({ rows, size }) {
    const lines = [...rows, ...rows.map((_, x) => rows.map((row) => row[x]))].map((line) => line.join(''));
    const dark = rows.flat().filter(Boolean).length;
    let sum = 10 * Math.floor(Math.abs(dark * 20 / size ** 2 - 10));
    for (const line of lines) {
        for (const [run] of line.matchAll(/0{5,}|1{5,}/g))
            sum += run.length - 2;
        sum += 40 * [...line.matchAll(/(?=00001011101|10111010000)/g)].length;
    }
    for (let y = 1; y < size; y++)
        for (let x = 1; x < size; x++)
            sum += new Set([rows[y][x], rows[y - 1][x], rows[y][x - 1], rows[y - 1][x - 1]]).size === 1 ? 3 : 0;
    return sum;
}

/** The modules with their text, by the mask that reads best. @param {number} version @param {number[]} codewords */
function drawn(version, codewords) {
    const grids = MASKS.map((turns, mask) => {
        const grid = new Grid(version);
        let i = 0;
        for (const [x, y] of [...grid.free()]) {
            grid.put(x, y, (codewords[i >> 3] >> (7 - i % 8) & 1) ^ Number(turns(x, y)));
            i++;
        }
        grid.format(mask);
        return grid;
    });
    const hard = grids.map(penalty);
    return grids[hard.indexOf(Math.min(...hard))];
}

// ---- the picture -----------------------------------------------------------------------------------

/**
 * An SVG document as our server would draw it; undefined for a text that is too long.
 * @param {string} text
 */
export function qrSvg(text) {
    const bytes = new TextEncoder().encode(text);
    const at = VERSIONS.findIndex(([all, each, blocks], i) => bytes.length + (i < 9 ? 2 : 3) <= all - each * blocks);
    if (at < 0)
        return undefined;
    const [all, each, blocks] = VERSIONS[at], version = at + 1;
    const { rows, size } = drawn(version, woven(dataOf(bytes, version, all - each * blocks), each, blocks));
    const runs = rows.flatMap((row, y) => [...row.join('').matchAll(/1+/g)].map(({ 0: run, index }) =>
        `M${Number(index) + QUIET} ${y + QUIET}h${run.length}v1h-${run.length}z`));
    const side = size + 2 * QUIET;
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges">`
        + `<path fill="#fff" d="M0 0h${side}v${side}h-${side}z"/><path fill="#000" d="${runs.join('')}"/></svg>`;
}
