// SPDX-License-Identifier: Apache-2.0
// /mpin/confirm.js: fetched where somebody signed in too long ago to set up a PIN.

export { default as english } from 'texts:confirm';
export { confirm as screen } from '../screens/confirm.js';
