"use strict";

const { availableParallelism } = require("node:os");

const shared = {
  rootDir: __dirname,
  transform: { "^.+\\.ts$": ["ts-jest", { diagnostics: false }] },
  testPathIgnorePatterns: ["/node_modules/"],
  // what others get built, this repository takes from the sources
  moduleNameMapper: { "^@vapora/infrastructure-outputs$": "<rootDir>/outputs/index.ts" },
};

/** Types are checked by `npm run check`; here TypeScript is only compiled. */
module.exports = {
  // the tests wait for other processes more than they compute: with a worker per core the machine is idle for a third
  // of the time, and jest by itself would take one less
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
  reporters: ["default", "summary", "<rootDir>/tests/support/reporter.js"],
  projects: [
    {
      ...shared,
      displayName: "unit",
      testMatch: ["<rootDir>/tests/unit/**/*.test.ts", "<rootDir>/examples/**/*.test.ts"],
      testPathIgnorePatterns: [...shared.testPathIgnorePatterns, "\\.slow\\.test\\.ts$"],
    },
    { ...shared, displayName: "slow", testMatch: ["<rootDir>/tests/unit/**/*.slow.test.ts"] },
    {
      ...shared,
      displayName: "cluster",
      testMatch: ["<rootDir>/tests/(cluster|engine)/**/*.test.ts"],
    },
    { ...shared, displayName: "servers", testMatch: ["<rootDir>/tests/servers/**/*.test.ts"] },
    { ...shared, displayName: "faults", testMatch: ["<rootDir>/tests/faults/**/*.test.ts"] },
  ],
};
