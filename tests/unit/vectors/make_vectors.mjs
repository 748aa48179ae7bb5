// SPDX-License-Identifier: Apache-2.0
// Writes mpin.json: M-Pin as MIRACL's own library (npm package amcl-js, curve BLS12381) computes it.
// The generator is seeded, so every run writes the same file:
//   node tests/unit/vectors/make_vectors.mjs > tests/unit/vectors/mpin.json
import { createHash } from "node:crypto";
import { createRequire } from "node:module";

const { CTX } = createRequire(import.meta.url)("amcl-js");
const ctx = new CTX("BLS12381");
const { MPIN } = ctx;
MPIN.MAXPIN = 100000000; // PINs of 4 to 8 digits; the package is set for 4
MPIN.PBLEN = 27;

const COUNT = 48;
const WITH_SECOND_DTA_AND_PERMIT = 8;
const DST = "BLS12381G1_XMD:SHA-256_SSWU_NU_MPIN";
const DST_PERMIT = DST + "_TP";

const rng = new ctx.RAND();
rng.clean();
rng.seed(100, Array.from({ length: 100 }, (_, i) => i + 1));

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const scalarHex = (bytes) => hex(bytes.slice(16)); // 48 bytes, of which 16 are zero

function must(code) {
    if (code !== 0)
        throw new Error(`amcl-js: ${code}`);
}

function randomScalar() {
    const s = [];
    must(MPIN.RANDOM_GENERATE(rng, s));
    return s;
}

function curvePoint(dst, message) {
    const point = [];
    MPIN.ENCODE_TO_CURVE(MPIN.asciitobytes(dst), [...message], point);
    return point;
}

function add(a, b) {
    const sum = ctx.ECP.fromBytes(a);
    sum.add(ctx.ECP.fromBytes(b));
    const bytes = [];
    sum.toBytes(bytes, false);
    return bytes;
}

function addG2(a, b) {
    const sum = ctx.ECP2.fromBytes(a);
    sum.add(ctx.ECP2.fromBytes(b));
    const bytes = [];
    sum.toBytes(bytes, false);
    return bytes;
}

function clientSecret(master, point) {
    const secret = [];
    must(MPIN.GET_CLIENT_SECRET(master, point, secret));
    return secret;
}

function serverSecret(master) {
    const secret = [];
    must(MPIN.GET_SERVER_SECRET(master, secret));
    return secret;
}

/* U and the secret that the PIN opens, for a given x. */
function pass1(point, x, pin, token) {
    const secret = [], u = [];
    must(MPIN.CLIENT_1(point, null, x, pin, token, secret, u));
    return { u, secret };
}

function pass2(x, y, secret) {
    const v = [...secret];
    must(MPIN.CLIENT_2(x, y, v));
    return v;
}

function permitVector(h, hash, master, x, y, secret, sq, day) {
    const date = Buffer.alloc(4);
    date.writeUInt32BE(day);
    const ht = curvePoint(DST_PERMIT, Buffer.concat([date, hash]));
    const permit = clientSecret(master, ht);
    const both = add(h, ht);
    const ut = clientSecret(x, both); // x * (H + H_T)
    const v = pass2(x, y, add(secret, permit));
    must(MPIN.SERVER(both, y, sq, ut, v));
    return { date: day, permit: hex(permit), ut: hex(ut), v: hex(v) };
}

function secondDta(h, client, sq) {
    const master = randomScalar();
    const client2 = clientSecret(master, h);
    const sq2 = serverSecret(master);
    return {
        client_share: hex(client2),
        client_sum: hex(add(client, client2)),
        server_share: hex(sq2),
        server_sum: hex(addG2(sq, sq2)),
    };
}

function vector(i) {
    const mpinId = Buffer.from(JSON.stringify({
        mobile: i % 2,
        issued: `2024-03-0${1 + i % 9} 10:00:00.000000`,
        userID: `user${i}@example.com`,
        salt: createHash("md5").update(`salt ${i}`).digest("hex"),
    }));
    const hash = createHash("sha256").update(mpinId).digest();
    const digits = 4 + i % 5;
    const pin = i === 0 ? 7 : createHash("sha256").update(`pin ${i}`).digest().readUInt32BE() % 10 ** digits;
    const wrongPin = (pin + 1 + i) % 10 ** digits;

    const master = randomScalar();
    const h = curvePoint(DST, hash);
    const client = clientSecret(master, h);
    const token = [...client];
    must(MPIN.EXTRACT_PIN(h, pin, token));
    const sq = serverSecret(master);

    const x = randomScalar();
    const y = randomScalar();
    const { u, secret } = pass1(h, x, pin, token);
    const v = pass2(x, y, secret);
    must(MPIN.SERVER(h, y, sq, u, v));

    const wrongV = pass2(x, y, pass1(h, x, wrongPin, token).secret);
    if (MPIN.SERVER(h, y, sq, u, wrongV) !== MPIN.BAD_PIN)
        throw new Error("amcl-js takes a wrong PIN");

    const made = {
        mpin_id: hex(mpinId), hash: hex(hash), pin, wrong_pin: wrongPin,
        master: scalarHex(master), h: hex(h), client_secret: hex(client), token: hex(token),
        server_secret: hex(sq), x: scalarHex(x), u: hex(u), y: scalarHex(y), v: hex(v),
        wrong_v: hex(wrongV),
    };
    if (i < WITH_SECOND_DTA_AND_PERMIT) {
        made.second_dta = secondDta(h, client, sq);
        made.permit = permitVector(h, hash, master, x, y, secret, sq, 19800 + i);
    }
    return made;
}

const vectors = Array.from({ length: COUNT }, (_, i) => vector(i));
process.stdout.write(JSON.stringify(vectors, null, 1) + "\n");
