// Prints `<passed> <failed>` from the JSON report of a test run. A file that could not be loaded, an error outside
// any test, or no report at all is a failure too.
//
//   node count-results.js <report> <exit code of the test run>

import fs from 'node:fs';

const [report, exitCode] = process.argv.slice(2);
const {passed, failed} = count(report);
console.log(passed, exitCode === '0' ? failed : Math.max(failed, 1));

function count(file) {
  if (!fs.existsSync(file)) return {passed: 0, failed: 1};
  const {numPassedTests, numFailedTests, testResults} = JSON.parse(fs.readFileSync(file, 'utf8'));
  const unloaded = testResults.filter(
    ({status, assertionResults}) => status === 'failed' && !assertionResults.some(test => test.status === 'failed'),
  );
  return {passed: numPassedTests, failed: numFailedTests + unloaded.length};
}
