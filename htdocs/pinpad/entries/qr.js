// SPDX-License-Identifier: Apache-2.0
// /mpin/qr.js: fetched where a server gives a QR code's address and no picture of it.

export { qrSvg } from '../screens/qr.js';
