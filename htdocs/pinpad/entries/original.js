// SPDX-License-Identifier: Apache-2.0
// /mpin/original.js: fetched by pages with options that only Milagro's pad knows the meaning of.

export { EMAIL, numberOf, textsOf } from '../wire/original.js';
