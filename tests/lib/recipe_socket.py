#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A WebSocket, both ends. `recipe_socket.py serve PORT` says who was let in, then echoes. `recipe_socket.py ask URL COOKIE`
prints what it hears, sends each line that it reads, and prints the answer; or "refused STATUS"."""

import asyncio
import sys

import websockets


async def answer(socket):
    await socket.send("hello " + socket.request_headers.get("X-User", "(nobody)"))
    async for message in socket:
        await socket.send("echo " + message)


async def serve(port):
    async with websockets.serve(answer, "127.0.0.1", port):
        await asyncio.Future()


async def ask(url, cookie):
    headers = {"Cookie": cookie} if cookie else {}
    try:
        async with websockets.connect(url, extra_headers=headers, open_timeout=60, ping_interval=None) as socket:
            print(await socket.recv(), flush=True)
            while line := await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
                await socket.send(line.strip())
                print(await socket.recv(), flush=True)
    except websockets.exceptions.InvalidStatusCode as refusal:
        print("refused", refusal.status_code, flush=True)
    except websockets.exceptions.ConnectionClosed:
        print("closed", flush=True)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[2])) if sys.argv[1] == "serve" else ask(sys.argv[2], sys.argv[3]))
