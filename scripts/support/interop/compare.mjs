// Holds what each client got through the gateway against what it got without, field by field.
//
//   node compare.mjs RESULT.json...    one file per client; prints a table, exits with 1 on any difference
//
// Left out, each for a reason that the run itself or the protocol gives: values that differ between two runs
// without the gateway; and the envelope of 2026-07-28, which is of the peer that answers: its name, its advice
// on caching, and the mark that a result is complete.
import fs from 'node:fs';
import path from 'node:path';

const serverInfo = 'io.modelcontextprotocol/serverInfo';

function withoutEnvelope(result) {
  if (typeof result !== 'object' || result === null) return result;
  const { resultType, ttlMs, cacheScope, _meta, ...rest } = result;
  if (resultType !== undefined && resultType !== 'complete') rest.resultType = resultType;
  const { [serverInfo]: _, ...meta } = _meta ?? {};
  return Object.keys(meta).length > 0 ? { ...rest, _meta: meta } : rest;
}

// Inside an SDK the result may overtake the last report of progress. The client without one gets every report.
function stripped({ result, progress, ...rest }, client) {
  if (result !== undefined) rest.result = withoutEnvelope(result);
  if (progress) rest.progress = client === 'raw' ? progress : progress.filter(({ progress, total }) => progress < total);
  return rest;
}

// Every path at which two values differ, with both values.
function differences(one, other, at = '') {
  if (Object.is(one, other)) return [];
  const compound = (value) => typeof value === 'object' && value !== null;
  if (!compound(one) || !compound(other) || Array.isArray(one) !== Array.isArray(other)) return [{ at, one, other }];
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].flatMap((key) => differences(one[key], other[key], `${at}/${key}`));
}

// What the seven tools say of the same calls, in the terms of the calls themselves.
const expectedOfBatch = ({ result, error }) => {
  const content = result?.content ?? [];
  return {
    failed: error !== undefined || result.isError === true,
    response: content.filter(({ type }) => type === 'text').map(({ text }) => text).join('\n'),
    structured: result?.structuredContent,
    blocks: content.filter(({ type }) => type !== 'text'),
  };
};

// A batch repeats no binary data that stands in a content block of the same call.
function withoutRepeats(value, blocks, written) {
  if (typeof value === 'string') return blocks.some(({ data }) => data === value) ? written : value;
  if (typeof value !== 'object' || value === null) return value;
  const entry = ([key, inner]) => [key, withoutRepeats(inner, blocks, written?.[key])];
  const entries = Object.entries(value).map(entry);
  return Array.isArray(value) ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
}

function batchAnswers({ result }) {
  const [summary, ...blocks] = result.content;
  const of = (index) =>
    blocks
      .filter(({ _meta }) => _meta.enkrypt_call_index === index)
      .map(({ _meta: { enkrypt_call_index, ..._meta }, ...block }) =>
        Object.keys(_meta).length > 0 ? { ...block, _meta } : block,
      );
  return JSON.parse(summary.text).results.map((item, index) => ({
    failed: item.status !== 'success',
    response: item.response,
    structured: item.structured_content,
    blocks: of(index),
  }));
}

function views(client, way, expected, got) {
  if (way === 'direct') return [expected, got].map((answers) => answers.map((answer) => stripped(answer, client)));
  const answers = batchAnswers(got[2]);
  // The list comes first, and what is no tool call comes after the calls.
  const calls = expected.slice(1, 1 + answers.length).map(expectedOfBatch);
  calls.forEach((call, index) => {
    call.structured = withoutRepeats(call.structured, call.blocks, answers[index].structured);
  });
  const tools = JSON.parse(got[1].result.content[0].text).tools.tools;
  return [
    [expected[0].result.tools, ...calls],
    [tools, ...answers],
  ];
}

function compare(client, way, { bare, again, got }) {
  // A client that only lists its servers has one word on each.
  if (got.status) return differences(bare.status, got.status, 'status');
  if (got.failure) return [{ at: 'connection', one: 'connects', other: got.failure }];
  let one, other, volatile;
  try {
    [one, other] = views(client, way, bare.answers, got.answers);
    const [first, second] = [bare, again].map(({ answers }) => views(client, way, answers, got.answers)[0]);
    volatile = differences(first, second).map(({ at }) => at);
  } catch (error) {
    return [{ at: 'answer', one: 'readable', other: `${error.message}: ${JSON.stringify(got.answers)}` }];
  }
  return differences(one, other).filter(({ at }) => !volatile.some((path) => at.startsWith(path)));
}

const files = process.argv.slice(2);
const clients = files.map((file) => [path.basename(file, '.json'), JSON.parse(fs.readFileSync(file, 'utf8'))]);
const find = (results, server, way) => results.find((result) => result.server === server && result.way === way);

const spoken = (session) =>
  session && !session.failure && (session.status || session.answers.some(({ result }) => result));

// A server that does not speak the client's revision is only reached through the gateway. What it says without
// the gateway is then known from a client that does speak with it.
const known = (results, server, way) => {
  const own = find(results, server, way);
  if (spoken(own)) return own;
  const others = clients.filter(([name]) => name.startsWith('python')).map(([, other]) => find(other, server, way));
  return others.find(spoken) ?? own;
};

const servers = [...new Set(clients.flatMap(([, results]) => results.map(({ server }) => server)))];
const report = [];
const table = clients.map(([client, results]) => {
  const cells = servers.map((server) =>
    ['direct', 'meta'].map((way) => {
      const got = find(results, server, way);
      if (!got) return '-';
      const bare = known(results, server, 'bare');
      const found = bare.failure
        ? [{ at: 'without the gateway', one: bare.failure, other: '' }]
        : compare(client, way, { bare, again: known(results, server, 'again') ?? bare, got });
      report.push(...found.map((difference) => ({ client, server, way, ...difference })));
      return found.length === 0 ? 'same' : `${found.length} differ`;
    }),
  );
  return [client, ...cells.map((pair) => pair.join(' / '))];
});

const rows = [['direct / meta', ...servers], ...table];
const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
for (const row of rows) console.log(row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd());
const short = (value) => (JSON.stringify(value) ?? 'nothing').slice(0, 300);
for (const { client, server, way, at, one, other } of report) {
  console.log(`${client} ${server} ${way} ${at}\n    without: ${short(one)}\n    through: ${short(other)}`);
}
process.exit(report.length === 0 ? 0 : 1);
