// A clock that a test sets; what would wait is told to the test instead.

/** `ahead` in milliseconds; `onSleep` happens in place of the time that would pass. */
export function testClock({ ahead = 0, onSleep } = {}) {
  const slept = [];
  let passed = ahead;
  return {
    slept,
    now: () => Date.now() + passed,
    async sleep(milliseconds, signal) {
      signal?.throwIfAborted();
      slept.push(milliseconds);
      if (await onSleep?.(milliseconds, slept.length)) passed += milliseconds;
    },
  };
}
