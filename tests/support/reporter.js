"use strict";

/** Names every skipped test, whose name says why, and ends the run with one line of totals. */
module.exports = class {
  onRunComplete(_contexts, results) {
    const skipped = results.testResults.flatMap(({ testResults }) =>
      testResults.filter(({ status }) => status === "pending" || status === "todo" || status === "skipped"),
    );
    for (const { fullName } of skipped) console.log(`skipped: ${fullName}`);
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    // jest has its own summary, and it comes after this
    process.once("exit", () => {
      console.log(`${results.numPassedTests} passed, ${failed} failed, ${skipped.length} skipped`);
    });
  }
};
