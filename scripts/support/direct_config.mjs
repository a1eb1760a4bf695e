// The configuration of a gateway that passes one server's tools through under their own names.
//
//   node direct_config.mjs KEY PROTOCOL COMMAND [ARGUMENT...]
const [key, protocol, command, ...args] = process.argv.slice(2);

console.log(
  JSON.stringify({
    common_mcp_gateway_config: { tool_exposure: 'direct', direct_prefix: false },
    mcp_configs: {
      only: {
        mcp_config_name: 'only',
        mcp_config: [{ server_name: 'fixture', config: { command, args }, protocol, relay_roots: true }],
      },
    },
    projects: { project: { project_name: 'conformance', mcp_config_id: 'only', users: ['user'] } },
    users: { user: { email: 'conformance@example.com' } },
    apikeys: { [key]: { project_id: 'project', user_id: 'user' } },
  }),
);
