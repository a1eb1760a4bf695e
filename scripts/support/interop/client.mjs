// Goes through the plan with the TypeScript SDK, or without any SDK, which loses no field that it does not know.
//
//   node client.mjs sdk|raw PLAN OUT SDK_FOLDER
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { pathToFileURL } from 'node:url';

const [kind, plan, out, sdkFolder] = process.argv.slice(2);
const patience = 30_000;
const clientInfo = { name: `interop-${kind}`, version: '1' };

async function sdkConnection({ command, args, env }) {
  const load = (file) => import(pathToFileURL(path.join(sdkFolder, 'dist/esm', file)));
  const [{ Client }, { StdioClientTransport, getDefaultEnvironment }, { ResultSchema }] = await Promise.all(
    ['client/index.js', 'client/stdio.js', 'types.js'].map(load),
  );
  const client = new Client(clientInfo);
  const environment = { ...getDefaultEnvironment(), ...env };
  await client.connect(new StdioClientTransport({ command, args, env: environment, stderr: 'ignore' }));
  return {
    request: (method, params, onprogress) =>
      client.request({ method, params }, ResultSchema, { onprogress, timeout: patience }),
    close: () => client.close(),
    changed: (method) => new Promise((heard) => (client.fallbackNotificationHandler = (n) => n.method === method && heard())),
  };
}

async function rawConnection({ command, args, env }) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'ignore'] });
  const waiting = new Map();
  const progress = new Map();
  const listeners = new Map();
  readline.createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line);
    if (message.method === 'notifications/progress') progress.get(message.params.progressToken)?.(message.params);
    else if (message.method && message.id === undefined) listeners.get(message.method)?.();
    else if (message.method) send({ id: message.id, error: { code: -32601, message: 'Method not found' } });
    else waiting.get(message.id)?.(message);
  });
  const send = (message) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  let last = 0;
  const request = (method, params, onprogress) =>
    new Promise((resolve, reject) => {
      const id = ++last;
      const timer = setTimeout(() => reject(new Error(`no answer to ${method}`)), patience);
      waiting.set(id, ({ result, error }) => {
        clearTimeout(timer);
        if (error) reject(Object.assign(new Error(error.message), error));
        else resolve(result);
      });
      if (onprogress) {
        progress.set(id, ({ progressToken, ...report }) => onprogress(report));
        params = { ...params, _meta: { progressToken: id } };
      }
      send({ id, method, params });
    });
  await request('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo });
  send({ method: 'notifications/initialized' });
  return {
    request,
    close: () => {
      child.stdin.end();
      const killer = setTimeout(() => child.kill('SIGTERM'), 2_000);
      return new Promise((gone) => child.on('exit', gone)).finally(() => clearTimeout(killer));
    },
    changed: (method) => new Promise((heard) => listeners.set(method, heard)),
  };
}

async function step(connection, { method, params, progress }) {
  const reports = [];
  try {
    const result = await connection.request(method, params, progress ? (report) => reports.push(report) : undefined);
    return progress ? { result, progress: reports } : { result };
  } catch ({ code, message, data }) {
    return { error: { code, message, data } };
  }
}

// The gateway's first list does not wait for servers; a client that hears `list_changed` asks again.
async function listed(connection, first, changed) {
  if (first.error || first.result.tools.length > 0) return first;
  await Promise.race([changed, new Promise((late) => setTimeout(late, 10_000))]);
  return step(connection, { method: 'tools/list', params: {} });
}

async function run(session) {
  let connection;
  try {
    connection = await (kind === 'raw' ? rawConnection(session) : sdkConnection(session));
  } catch (error) {
    return { failure: String(error.message ?? error) };
  }
  const changed = connection.changed('notifications/tools/list_changed');
  const answers = [];
  for (const next of session.steps) {
    const answer = await step(connection, next);
    answers.push(next.method === 'tools/list' ? await listed(connection, answer, changed) : answer);
  }
  await connection.close();
  return { answers };
}

const results = [];
for (const session of JSON.parse(fs.readFileSync(plan, 'utf8'))) {
  results.push({ server: session.server, way: session.way, ...(await run(session)) });
}
fs.writeFileSync(out, JSON.stringify(results, null, 1));
process.exit(0);
