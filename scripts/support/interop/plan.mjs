// What is tried: five servers, each called without the gateway, and through it in both its ways.
//
//   node plan.mjs WORK TOOLS GATEWAY    writes WORK/plan.json and the gateway's configurations
//
// A session is one connection of one client. `bare` and `again` are the same session twice: what differs
// between them (a clock, a duration) says nothing about the gateway and is left out of the comparison.
import fs from 'node:fs';
import path from 'node:path';

const [work, tools, gateway] = process.argv.slice(2);
const key = 'interop-key-for-one-run';
const npm = path.join(tools, 'interop-npm/node_modules');
// Not by PYTHONPATH: some clients do not let a server have it. Nor by code in the entry: where the repository lies in
// a folder that is anybody's, the gateway keeps such a server away.
const start = path.resolve('scripts/support/interop/start.py');
const python = (module) => [start, path.join(tools, 'interop-python'), module];
const files = path.join(work, 'files');

const servers = [
  {
    name: 'everything',
    command: 'node',
    args: [path.join(npm, '@modelcontextprotocol/server-everything/dist/index.js'), 'stdio'],
    calls: [
      ['echo', { message: 'Grüße, 世界 🌍' }],
      ['get-sum', { a: 2, b: 3.5 }],
      ['get-tiny-image', {}],
      ['get-annotated-message', { messageType: 'error', includeImage: true }],
      ['get-structured-content', { location: 'Chicago' }],
      ['get-resource-links', { count: 3 }],
      ['get-resource-reference', { resourceType: 'Text', resourceId: 1 }],
    ],
    progress: ['trigger-long-running-operation', { duration: 0.5, steps: 5 }],
    more: [
      ['resources/list', {}],
      ['resources/templates/list', {}],
      ['prompts/list', {}],
      ['resources/read', { uri: 'demo://resource/static/document/architecture.md' }],
      ['prompts/get', { name: 'simple-prompt' }],
      ['prompts/get', { name: 'args-prompt', arguments: { city: 'Paris', state: 'Texas' } }],
    ],
  },
  {
    name: 'filesystem',
    command: 'node',
    args: [path.join(npm, '@modelcontextprotocol/server-filesystem/dist/index.js'), files],
    calls: [
      ['list_directory', { path: files }],
      ['read_text_file', { path: path.join(files, 'note.txt') }],
      ['read_media_file', { path: path.join(files, 'pixel.png') }],
      ['directory_tree', { path: files }],
      ['read_text_file', { path: path.join(files, 'missing.txt') }],
      ['list_allowed_directories', {}],
    ],
  },
  {
    name: 'memory',
    command: 'node',
    args: [path.join(npm, '@modelcontextprotocol/server-memory/dist/index.js')],
    env: { MEMORY_FILE_PATH: path.join(work, 'memory.jsonl') },
    calls: [
      ['read_graph', {}],
      ['search_nodes', { query: 'gateway' }],
      ['open_nodes', { names: ['gateway', 'nobody'] }],
      ['create_entities', { entities: [{ name: 'gateway', entityType: 'program', observations: ['passes on'] }] }],
    ],
  },
  {
    name: 'git',
    command: 'python3',
    args: [...python('mcp_server_git'), '--repository', path.join(work, 'repository')],
    calls: [
      ['git_status', { repo_path: path.join(work, 'repository') }],
      ['git_log', { repo_path: path.join(work, 'repository'), max_count: 2 }],
      ['git_show', { repo_path: path.join(work, 'repository'), revision: 'HEAD' }],
      ['git_status', { repo_path: path.join(work, 'no-repository') }],
    ],
  },
  {
    name: 'time',
    command: 'python3',
    args: [...python('mcp_server_time'), '--local-timezone', 'UTC'],
    calls: [
      ['convert_time', { source_timezone: 'UTC', time: '12:30', target_timezone: 'Asia/Tokyo' }],
      ['convert_time', { source_timezone: 'UTC', time: 'noon', target_timezone: 'Asia/Tokyo' }],
    ],
  },
];

const common = { session_mode: 'keep', enkrypt_on_failure: 'continue' };
const ways = {
  direct: { ...common, tool_exposure: 'direct', direct_prefix: false },
  meta: { ...common, tool_exposure: 'gateway' },
};

// The guardrails that a person has who set the gateway up: what is no attack must pass them as it is.
const example = JSON.parse(fs.readFileSync('example_enkrypt_mcp_config.json', 'utf8'));
const policies = Object.fromEntries(
  Object.entries(Object.values(example.mcp_configs)[0].mcp_config[0]).filter(([key]) => key.endsWith('_policy')),
);

function configuration(server, settings) {
  const { name, command, args, env = {} } = server;
  return {
    common_mcp_gateway_config: settings,
    plugins: example.plugins,
    mcp_configs: {
      only: {
        mcp_config_name: 'only',
        mcp_config: [{ server_name: name, config: { command, args, env }, relay_roots: true, ...policies }],
      },
    },
    projects: { project: { project_name: 'interop', mcp_config_id: 'only', users: ['user'] } },
    users: { user: { email: 'interop@example.com' } },
    apikeys: { [key]: { project_id: 'project', user_id: 'user' } },
  };
}

function through(server, way) {
  const file = path.join(work, `${server.name}-${way}.json`);
  fs.writeFileSync(file, JSON.stringify(configuration(server, ways[way])), { mode: 0o600 });
  return { command: gateway, args: ['--config', file], env: { ENKRYPT_GATEWAY_KEY: key } };
}

function plainSteps({ calls, more = [], progress }) {
  const call = ([name, args]) => ({ method: 'tools/call', params: { name, arguments: args } });
  const steps = [{ method: 'tools/list', params: {} }, ...calls.map(call)];
  steps.push(...more.map(([method, params]) => ({ method, params })));
  if (progress) steps.push({ ...call(progress), progress: true });
  return steps;
}

function metaSteps({ name, calls }) {
  const tool = (tool, args) => ({ method: 'tools/call', params: { name: tool, arguments: args } });
  const tool_calls = calls.map(([name, args]) => ({ name, args }));
  return [
    { method: 'tools/list', params: {} },
    tool('enkrypt_discover_all_tools', { server_name: name }),
    tool('enkrypt_secure_call_tools', { server_name: name, tool_calls }),
  ];
}

// The second time comes last: what a clock, a day or a state does meanwhile is seen to differ without the gateway.
const sessions = ['bare', 'direct', 'meta', 'again'].flatMap((way) =>
  servers.map((server) => {
    const { name, command, args, env = {} } = server;
    const steps = way === 'meta' ? metaSteps(server) : plainSteps(server);
    return { server: name, way, steps, ...(ways[way] ? through(server, way) : { command, args, env }) };
  }),
);
fs.writeFileSync(path.join(work, 'plan.json'), JSON.stringify(sessions, null, 1));
