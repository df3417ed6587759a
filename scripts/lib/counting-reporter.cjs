/**
 * Mocha's usual output; the names of failing tests at once, the slowest at the end, and the numbers of passed, failed and pending tests
 * in the file that NODESCOPE_TEST_COUNTS names.
 */
const { writeFileSync } = require('node:fs');
const Mocha = require('mocha');

const SLOW_MS = 10_000;
const SHOWN = 5;

module.exports = class CountingReporter extends Mocha.reporters.Dot {
  constructor(runner, options) {
    super(runner, options);
    const { EVENT_RUN_END, EVENT_TEST_FAIL, EVENT_TEST_PASS } = Mocha.Runner.constants;
    const slow = [];
    runner.on(EVENT_TEST_FAIL, (test) => console.log(`\n  failed: ${test.fullTitle()}`));
    runner.on(EVENT_TEST_PASS, (test) => {
      if (test.duration > SLOW_MS) slow.push(test);
    });
    runner.once(EVENT_RUN_END, () => {
      slow.sort((one, other) => other.duration - one.duration);
      for (const test of slow.slice(0, SHOWN))
        console.log(`  ${Math.round(test.duration / 1000)} s: ${test.fullTitle()}`);
      const file = process.env.NODESCOPE_TEST_COUNTS;
      const { passes = 0, failures = 0, pending = 0 } = runner.stats ?? {};
      if (file) writeFileSync(file, JSON.stringify({ passed: passes, failed: failures, pending }));
    });
  }
};
