// /mpin/milagro.js: fetched where the server is Milagro's.

export { adapt } from '../wire/milagro.js';
