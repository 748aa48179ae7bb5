// /mpin/otp.js: fetched where a login has a one-time code.

export { showCode } from '../screens/otp.js';
