// SPDX-License-Identifier: Apache-2.0
// /mpin/phone.js: fetched when somebody wants to sign in with a phone.

export { default as english } from 'texts:phone';
export { phone as screen } from '../screens/phone.js';
