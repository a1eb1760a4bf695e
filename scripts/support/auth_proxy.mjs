// Adds the gateway's key to what passes, for clients that cannot send one: the conformance suite.
//
//   node auth_proxy.mjs GATEWAY_PORT KEY    prints the port it listens on
//
// All else goes through as it is: method, path, headers (Host and Origin too), and bodies as they stream.
import http from 'node:http';

const [gatewayPort, key] = process.argv.slice(2);

const proxy = http.createServer((request, response) => {
  const onward = http.request({
    host: '127.0.0.1',
    port: Number(gatewayPort),
    method: request.method,
    path: request.url,
    setHost: false,
    headers: [...request.rawHeaders, 'Authorization', `Bearer ${key}`],
  });
  onward.on('response', (answer) => {
    response.writeHead(answer.statusCode, answer.statusMessage, answer.rawHeaders);
    // An event stream may have no event yet, and its client waits for the head.
    response.flushHeaders();
    answer.on('error', () => response.destroy());
    answer.pipe(response);
  });
  onward.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
  // Either side hanging up must be seen on the other.
  response.on('close', () => onward.destroy());
  request.on('error', () => onward.destroy());
  request.pipe(onward);
});
proxy.keepAliveTimeout = 60_000;
proxy.requestTimeout = 0;
proxy.listen(0, '127.0.0.1', () => console.log(proxy.address().port));
