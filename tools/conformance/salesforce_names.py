"""A proxy that leads to local-org whoever calls Salesforce by a name, for clients whose addresses are fixed.

It answers CONNECT, as clients send it for https when HTTPS_PROXY names a proxy, and joins the connection with local-org's
port for https, so the TLS is between the client and local-org. Other names than Salesforce's are refused, so no client
reaches anything else. Argument: the port of local-org's https. It says its own port on standard output.
"""

import asyncio
import re
import sys

NAMES = re.compile(r"(login|test|[a-z0-9-]+\.my)\.salesforce\.com:443")


async def pipe(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def answer(reader, writer):
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, target, _ = head.split(" ", 2)
        if method != "CONNECT" or not NAMES.fullmatch(target):
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            writer.close()
            return
        from_org, to_org = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
    except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        writer.close()
        return
    writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    await asyncio.gather(pipe(reader, to_org), pipe(from_org, writer))


async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
