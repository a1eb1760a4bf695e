// Succeeds once a gateway over HTTP lists a tool.
//
//   node has_tools.mjs URL
const url = process.argv[2];
const version = '2025-11-25';

async function post(body, session) {
  const headers = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
  if (session) Object.assign(headers, { 'Mcp-Session-Id': session, 'MCP-Protocol-Version': version });
  const signal = AbortSignal.timeout(10_000);
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', ...body }), signal });
  return { session: answer.headers.get('mcp-session-id'), text: body.id ? await answer.text() : '' };
}

try {
  const params = { protocolVersion: version, capabilities: {}, clientInfo: { name: 'probe', version: '0' } };
  const { session } = await post({ id: 1, method: 'initialize', params });
  await post({ method: 'notifications/initialized' }, session);
  const { text } = await post({ id: 2, method: 'tools/list' }, session);
  if (session) await fetch(url, { method: 'DELETE', headers: { 'Mcp-Session-Id': session } });
  process.exit(text.includes('"inputSchema"') ? 0 : 1);
} catch {
  process.exit(1);
}
