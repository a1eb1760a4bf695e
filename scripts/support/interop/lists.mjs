// Has a command line client look at every server of the plan: `claude mcp list`, `gemini mcp list`.
//
//   node lists.mjs claude|gemini PROGRAM PLAN OUT HOME
//
// HOME is a new folder: the client finds there the servers of the plan, and nothing of the user's.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const [client, program, plan, out, home] = process.argv.slice(2);
const sessions = JSON.parse(fs.readFileSync(plan, 'utf8'));
const nameOf = ({ server, way }) => `${server}-${way}`;
const settings = { claude: '.claude.json', gemini: '.gemini/settings.json' }[client];

const entry = ({ command, args, env }) => ({ ...(client === 'claude' && { type: 'stdio' }), command, args, env });
const mcpServers = Object.fromEntries(sessions.map((session) => [nameOf(session), entry(session)]));
const project = path.join(home, 'project');
fs.mkdirSync(project, { recursive: true });
fs.mkdirSync(path.dirname(path.join(home, settings)), { recursive: true });
fs.writeFileSync(path.join(home, settings), JSON.stringify({ mcpServers }), { mode: 0o600 });

const env = {
  ...process.env,
  HOME: home,
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
  GEMINI_CLI_TRUST_WORKSPACE: 'true',
};
const options = { cwd: project, env, timeout: 120_000, stdio: ['ignore', 'pipe', 'pipe'] };
const lines = execFileSync(program, ['mcp', 'list'], options).toString().split('\n');
// Both print `name: command - status`, and one of them a mark before it.
const statusOf = (session) => {
  const line = lines.find((line) => line.replace(/^[^\w]+/, '').startsWith(`${nameOf(session)}:`));
  return line?.slice(line.lastIndexOf(' - ') + 3).trim() ?? 'not listed';
};
const results = sessions.map((session) => ({ server: session.server, way: session.way, status: statusOf(session) }));
fs.writeFileSync(out, JSON.stringify(results, null, 1));
