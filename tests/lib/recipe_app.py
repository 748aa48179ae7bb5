#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An application behind httpd, in Flask, for the recipes: it tells what it was told of its user, and has a login of its own.
python3 recipe_app.py PORT serves it; mod_wsgi takes `application`."""

import json
import sys

from flask import Flask, Response, redirect, request, session

application = Flask(__name__)
application.secret_key = "of this test"


@application.route("/login", methods=["GET", "POST"])
def login():
    if request.method == "POST":
        session["account"] = request.form["account"]
        return redirect("/inside")
    return (
        "<!doctype html><html lang=en><title>Application</title><h1>The application's own login</h1>"
        "<form method=post><label>Account <input name=account></label><button>Enter</button></form>"
    )


@application.post("/logout")
def logout():
    session.clear()
    return redirect("/login")


@application.route("/inside")
def inside():
    return (
        f"<!doctype html><html lang=en><title>Inside</title><h1>Account {session.get('account')}</h1>"
        f"<p id=user>{request.headers.get('X-User')}</p>"
        "<form method=post action=/logout><button>Leave the account</button></form>"
        '<a href="/_mpin/logout">Sign out of the site</a>'
    )


@application.route("/", defaults={"path": ""})
@application.route("/<path:path>")
def told(path):
    environ = {name: value for name, value in request.environ.items() if name in ("REMOTE_USER", "AUTH_TYPE") or name.startswith("MPIN_")}
    # names in lower case, as a proxy sends them with the letters of its configuration
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Response(json.dumps({"path": path, "environ": environ, "headers": headers}), mimetype="application/json")


if __name__ == "__main__":
    application.run(port=int(sys.argv[1]), threaded=True)
