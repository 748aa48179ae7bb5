// /mpin/mail.js: fetched where a name is proven by its mailbox.

export { awaitMail } from '../screens/mail.js';
