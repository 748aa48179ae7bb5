// SPDX-License-Identifier: Apache-2.0
// Writes the files of a folder as one C table (base/assets.h): what the module serves and renders is inside
// it, so that one LoadModule needs nothing beside it. Usage: node embed.mjs FOLDER OUTPUT.c
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};

const [folder, output] = process.argv.slice(2);

function filesIn(dir) {
  return readdirSync(join(folder, dir)).flatMap((name) => {
    const path = dir ? `${dir}/${name}` : name;
    return statSync(join(folder, path)).isDirectory() ? filesIn(path) : [path];
  });
}

function bytes(name, data) {
  const lines = [];
  for (let i = 0; i < data.length; i += 24) lines.push([...data.subarray(i, i + 24)].join(','));
  return `static const unsigned char ${name}[] = {\n${lines.join(',\n')},\n0};\n`;
}

const files = filesIn('').filter((path) => TYPES[extname(path)] && !path.startsWith('m/')).sort();
const hashOf = (data) => createHash('sha256').update(data).digest('hex').slice(0, 16);
let arrays = '';
let served = '';
const rows = files.map((path, i) => {
  const data = readFileSync(join(folder, path));
  const packed = gzipSync(data, { level: 9 });
  const etag = hashOf(data);
  if (path.startsWith('mpin/')) served += `${path} ${etag}\n`;
  arrays += bytes(`plain_${i}`, data) + bytes(`packed_${i}`, packed);
  return `    {"${path}", "${TYPES[extname(path)]}", "\\"${etag}\\"", plain_${i}, ${data.length}, "\\"${etag}-gz\\"", packed_${i}, ${packed.length}},`;
});

writeFileSync(output, `/* Made by src/base/embed.mjs: do not edit. */
#include "base/assets.h"

${arrays}
const asset_t assets_table[] = {
${rows.join('\n')}
};
const apr_size_t assets_count = ${rows.length};
const char assets_version[] = "${hashOf(served)}";
`);
