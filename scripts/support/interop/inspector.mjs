// Goes through the plan with MCP Inspector's command line: one process, and one connection, per request.
//
//   node inspector.mjs INSPECTOR PLAN OUT
//
// That is slow, so each server gets its list and its first calls only, and no second run without the gateway.
import { execFile } from 'node:child_process';
import fs from 'node:fs';

const [inspector, plan, out] = process.argv.slice(2);
const calls = 2;

const sessions = JSON.parse(fs.readFileSync(plan, 'utf8')).filter(({ way }) => way !== 'again');
const config = `${out}.config`;
const entries = sessions.map(({ server, way, command, args, env }) => [`${server}-${way}`, { type: 'stdio', command, args, env }]);
fs.writeFileSync(config, JSON.stringify({ mcpServers: Object.fromEntries(entries) }));

function shortened({ way, steps }) {
  if (way !== 'meta') return steps.slice(0, 1 + calls);
  const [list, discover, batch] = structuredClone(steps);
  batch.params.arguments.tool_calls.length = Math.min(calls, batch.params.arguments.tool_calls.length);
  return [list, discover, batch];
}

function ask({ server, way }, { method, params }) {
  const tool = method === 'tools/call' ? ['--tool-name', params.name, '--tool-args-json', JSON.stringify(params.arguments)] : [];
  const line = [inspector, '--cli', '--config', config, '--server', `${server}-${way}`, '--method', method, ...tool];
  return new Promise((answered) => {
    execFile('node', [...line, '--format', 'json', '-q'], { timeout: 60_000, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      try {
        answered(JSON.parse(stdout));
      } catch {
        answered({ error: { message: `${error?.message ?? 'no JSON'}: ${stderr}`.slice(-500) } });
      }
    });
  });
}

async function run(session) {
  const answers = [];
  for (const step of shortened(session)) answers.push(await ask(session, step));
  return { server: session.server, way: session.way, answers };
}

// One by one: on a busy machine a server could else start later than the gateway's first list waits for it.
const results = [];
for (const session of sessions) results.push(await run(session));
fs.writeFileSync(out, JSON.stringify(results, null, 1));
