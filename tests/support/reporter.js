"use strict";

const { writeFileSync } = require("node:fs");
const { relative } = require("node:path");

/**
 * Tells tools/commands/test/run.ts what came of the tests; it names every skipped one, whose name says why, and the
 * slowest files, and adds up.
 */
module.exports = class {
  onRunComplete(_contexts, results) {
    const skipped = results.testResults
      .flatMap(({ testResults }) => testResults)
      .filter(({ status }) => status === "pending" || status === "todo" || status === "skipped")
      .map(({ fullName }) => fullName);
    const { numPassedTests: passed, numFailedTests, numRuntimeErrorTestSuites } = results;
    const file = process.env.VAPORA_TEST_RESULTS;
    if (file === undefined) return;
    const files = results.testResults.map(({ testFilePath, perfStats }) => ({
      file: relative(process.cwd(), testFilePath),
      seconds: perfStats.runtime / 1000,
    }));
    writeFileSync(file, JSON.stringify({ passed, failed: numFailedTests + numRuntimeErrorTestSuites, skipped, files }));
  }
};
