#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real SMTP server for tests: python3 server.py PORT MAILBOX [tls|starttls CERT KEY] [auth USER PASSWORD] [refuse]

Each mail that it takes becomes one line of JSON in MAILBOX: envelope, headers, text and HTML as read by Python's own parser.
It says "ready" when it listens on 127.0.0.1."""
import email
import email.policy
import json
import ssl
import sys
import threading

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

words = sys.argv[3:]


def after(word, count):
    at = words.index(word) + 1 if word in words else None
    return words[at:at + count] if at is not None else None


class Mailbox:
    def __init__(self, path):
        self.path = path

    async def handle_RCPT(self, server, session, envelope, address, options):
        if 'refuse' in words or address.startswith('nobody@'):
            return '550 5.1.1 no such mailbox'
        envelope.rcpt_tos.append(address)
        return '250 OK'

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        bodies = {part.get_content_subtype(): part.get_content() for part in message.walk() if not part.is_multipart()}
        with open(self.path, 'a', encoding='utf-8') as mailbox:
            print(json.dumps({
                'from': envelope.mail_from, 'to': envelope.rcpt_tos, 'tls': session.ssl is not None or 'tls' in words,
                'user': str(session.auth_data or ''), 'subject': message['subject'],
                'headers': {name: str(value) for name, value in message.items()},
                'defects': [repr(defect) for part in message.walk() for defect in part.defects],
                'type': message.get_content_type(), 'text': bodies.get('plain'), 'html': bodies.get('html'),
            }), file=mailbox, flush=True)
        return '250 OK'


def authenticator(server, session, envelope, mechanism, data):
    user, password = after('auth', 2)
    right = data.login == user.encode() and data.password == password.encode()
    return AuthResult(success=right, handled=False, auth_data=data.login.decode(errors='replace'))


def context():
    files = after('tls', 2) or after('starttls', 2)
    if not files:
        return None
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*files)
    return made


options = {}
if 'starttls' in words:
    options.update(tls_context=context(), require_starttls=True)
if 'auth' in words:
    options.update(authenticator=authenticator, auth_required=True, auth_require_tls='starttls' in words)

Controller(Mailbox(sys.argv[2]), hostname='127.0.0.1', port=int(sys.argv[1]),
           ssl_context=context() if 'tls' in words else None, **options).start()
print('ready', flush=True)
threading.Event().wait()
