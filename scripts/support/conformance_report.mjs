// What one run of the conformance suite came to, read from its `checks.json` files.
//
//   node conformance_report.mjs NAME EXIT_CODE RESULTS [REQUIREMENTS.yaml]
//
// Exits with 1 on a failed check or a warning, in scenarios the suite does not score as well. Only those of
// optional extensions are let off: they are counted, and named.
import fs from 'node:fs';
import path from 'node:path';

const [name, exitCode, results, requirements] = process.argv.slice(2);
const extensions = new Set();
if (requirements) {
  const entry = /- scenario: (\S+)\s+leg: \S+\s+reason: extension/g;
  for (const [, scenario] of fs.readFileSync(requirements, 'utf8').matchAll(entry)) extensions.add(scenario);
}

// A scenario that broke off has written none.
function readChecks(file) {
  if (fs.existsSync(file)) return JSON.parse(fs.readFileSync(file, 'utf8'));
  return [{ id: 'scenario', status: 'FAILURE', description: 'the scenario broke off' }];
}

const runs = fs.readdirSync(results, { withFileTypes: true }).filter((entry) => entry.isDirectory());
let passed = 0;
const bad = [];
const optional = [];
for (const { name: folder } of runs) {
  // Of a server scenario the folder is `server-NAME-TIME`, of a client scenario `NAME-TIME`.
  const scenario = folder.replace(/^server-/, '').replace(/-\d{4}-\d\d-\d\dT.*/, '');
  const checks = readChecks(path.join(results, folder, 'checks.json'));
  passed += checks.filter((check) => check.status === 'SUCCESS').length;
  const wrong = checks.filter((check) => check.status === 'FAILURE' || check.status === 'WARNING');
  if (wrong.length === 0) continue;
  if (extensions.has(scenario)) optional.push(scenario);
  else bad.push([scenario, wrong]);
}

// A suite that broke off has fewer results, and says so by its exit code.
const brokeOff = Number(exitCode) !== 0 && bad.length === 0;
const verdict = bad.length > 0 || brokeOff || passed === 0 ? 'FAILED' : 'passed';
const wrong = bad.reduce((sum, [, checks]) => sum + checks.length, 0);
console.log(`${verdict}  ${name}: ${runs.length} scenarios, ${passed} checks passed, ${wrong} did not`);
if (optional.length > 0) console.log(`        optional extensions not served: ${optional.join(', ')}`);
for (const [scenario, checks] of bad) {
  for (const { id, status, errorMessage, description } of checks) {
    const reason = (errorMessage ?? description).replace(/\s+/g, ' ').slice(0, 400);
    console.log(`        ${status.toLowerCase()} ${scenario} / ${id}: ${reason}`);
  }
}
if (brokeOff) console.log(`        the suite ended with code ${exitCode}`);
process.exit(verdict === 'passed' ? 0 : 1);
