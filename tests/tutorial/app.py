#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The application of Milagro's tutorial, for Python 3 and Flask. It knows the RPS by two addresses, and nothing of whose
RPS that is: python3 app.py PORT RPS, as in: python3 app.py 8005 http://127.0.0.1:8011"""

import json
import secrets
import sys
import urllib.error
import urllib.request

from flask import Flask, jsonify, redirect, render_template, request, send_from_directory, session

PORT = int(sys.argv[1])
RPS_BASE_URL = sys.argv[2]  # private: this application asks it
CLIENT_SETTINGS_URL = RPS_BASE_URL + "/rps/clientSettings"  # public: the PIN pad does
PAD_URL = RPS_BASE_URL + "/mpin.js"
MOBILE_FILES = sys.argv[3] if len(sys.argv) > 3 else "static/m"  # a copy of htdocs/m, with its settings.json

app = Flask(__name__)
app.secret_key = secrets.token_bytes(32)
signed_in = {}  # token -> user: what a session is worth, and what a phone may end


def user():
    return signed_in.get(session.get("token"))


def ask_rps(path, body):
    """POST to the RPS: status and JSON."""
    call = urllib.request.Request(RPS_BASE_URL + path, data=json.dumps(body).encode(), method="POST")
    try:
        with urllib.request.urlopen(call, timeout=5) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.loads(refusal.read() or b"{}")


@app.get("/")
def index():
    return render_template("index.html", user=user())


@app.get("/login")
def loginform():
    return render_template(
        "loginform.html",
        pad=PAD_URL,
        client_settings=CLIENT_SETTINGS_URL,
        mobile_app=request.host_url + "m",
    )


@app.get("/protected")
def protected():
    if not user():
        return redirect("/login")
    return render_template("protected.html", user=user())


@app.post("/mpinVerify")
def mpin_verify():
    """The RPS asks whether somebody may register. Everybody may, at once."""
    asked = request.get_json()
    app.logger.info("%s registers", asked["userId"])
    return jsonify(forceActivate=True)


@app.get("/mpinPermitUser")
def mpin_permit_user():
    """The RPS asks whether somebody's access was withdrawn. Nobody's was."""
    return ""


@app.post("/mpinAuthenticate")
def mpin_authenticate():
    """The PIN pad brings what the RPS gave it, and the RPS says what that is worth."""
    auth_ott = request.get_json()["mpinResponse"]["authOTT"]
    token = secrets.token_hex(16)
    status, answer = ask_rps("/authenticate", {"authOTT": auth_ott, "logoutData": {"sessionToken": token}})
    if status == 200:
        signed_in[token] = answer["userId"]
        session["token"] = token
    return jsonify(someUserData="This will be handled by onSuccessLogin handler."), status


@app.get("/logout", provide_automatic_options=False)
def logout():
    signed_in.pop(session.pop("token", None), None)
    return redirect("/")


@app.route("/logout", methods=["POST", "OPTIONS"])
def logout_by_phone():
    """A phone that has signed a computer in signs it out, from a page of the RPS."""
    if request.method == "POST":
        signed_in.pop((request.get_json(silent=True) or {}).get("sessionToken"), None)
    return "", 200, {"Access-Control-Allow-Origin": RPS_BASE_URL, "Access-Control-Allow-Headers": "Content-Type"}


@app.get("/m")
def mobile():
    return redirect(RPS_BASE_URL + "/m")


@app.get("/m/<path:name>")
def mobile_files(name):
    return send_from_directory(MOBILE_FILES, name)


if __name__ == "__main__":
    app.run("127.0.0.1", PORT, threaded=True)
