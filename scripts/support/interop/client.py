"""Goes through the plan with the Python SDK: python3 client.py auto|legacy|2026-07-28 PLAN OUT."""

import asyncio
import json
import os
import sys
import warnings

warnings.simplefilter("ignore")

from mcp import Client, StdioServerParameters, types  # noqa: E402
from mcp.client.stdio import get_default_environment, stdio_client  # noqa: E402

PATIENCE = 30


def plain(model):
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


async def request(client, step, reports):
    async def progress(done, total, message):
        reports.append({"progress": done, "total": total, "message": message})

    params = step["params"]
    match step["method"]:
        case "tools/list":
            return await client.list_tools()
        case "tools/call":
            callback = progress if step.get("progress") else None
            return await client.call_tool(params["name"], params["arguments"], progress_callback=callback)
        case "resources/list":
            return await client.list_resources()
        case "resources/templates/list":
            return await client.list_resource_templates()
        case "resources/read":
            return await client.read_resource(params["uri"])
        case "prompts/list":
            return await client.list_prompts()
        case "prompts/get":
            return await client.get_prompt(params["name"], params.get("arguments"))


async def answer(client, step):
    reports = []
    try:
        result = plain(await asyncio.wait_for(request(client, step, reports), PATIENCE))
    except Exception as error:  # what the SDK raises is what its user gets
        inner = getattr(error, "error", error)
        return {"error": {"code": getattr(inner, "code", None), "message": str(inner), "data": getattr(inner, "data", None)}}
    return {"result": result, "progress": reports} if step.get("progress") else {"result": result}


async def listed(client, step, changed):
    """The gateway's first list does not wait for servers; a client that hears `list_changed` asks again."""
    first = await answer(client, step)
    for _ in range(3):
        if "error" in first or first["result"]["tools"]:
            break
        try:
            await asyncio.wait_for(changed.wait(), 3)
        except TimeoutError:
            pass
        first = await answer(client, step)
    return first


async def run(session, mode):
    changed = asyncio.Event()

    async def heard(message):
        if isinstance(message, types.ToolListChangedNotification):
            changed.set()

    env = {**get_default_environment(), **session["env"]}
    server = StdioServerParameters(command=session["command"], args=session["args"], env=env)
    with open(os.devnull, "w") as silence:
        transport = stdio_client(server, errlog=silence)
        try:
            async with Client(transport, mode=mode, message_handler=heard, cache=None) as client:
                answers = []
                for step in session["steps"]:
                    list_tools = step["method"] == "tools/list"
                    answers.append(await (listed(client, step, changed) if list_tools else answer(client, step)))
                return {"answers": answers, "revision": client.protocol_version}
        except Exception as error:
            return {"failure": str(error)}


async def main(mode, plan, out):
    with open(plan) as file:
        sessions = json.load(file)
    results = [{"server": s["server"], "way": s["way"], **await run(s, mode)} for s in sessions]
    with open(out, "w") as file:
        json.dump(results, file, indent=1)


asyncio.run(main(*sys.argv[1:]))
