#!/usr/bin/env python3
"""The echo server on the Python SDK (`pip install "mcp>=2"`), for `scripts/bench.sh --spaced --echo PROGRAM`."""

from mcp.server import MCPServer

server = MCPServer("echo")


@server.tool()
def echo(message: str) -> str:
    """Says the message again."""
    return message


server.run("stdio")
