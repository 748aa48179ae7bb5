// SPDX-License-Identifier: Apache-2.0
// /mpin/mail.js: fetched where a name is proven by its mailbox.

export { default as english } from 'texts:mail';
export { mail as screen } from '../screens/mail.js';
