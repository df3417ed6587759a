import assert from 'node:assert/strict';
import { LoginThrottle } from '../dist/users/login-throttle.js';

describe('LoginThrottle', () => {
  const seconds = (throttle: LoginThrottle, login: string): number => {
    try {
      throttle.check(login);
      return 0;
    } catch (error) {
      return Number(/^Too many wrong passwords; try again in (\d+) s\.$/.exec(String((error as Error).message))?.[1]);
    }
  };

  it('makes each wrong password after the fourth cost twice the wait, up to a minute', () => {
    let now = 0;
    const throttle = new LoginThrottle(() => now);
    const waits: number[] = [];
    for (let time = 1; time <= 12; time += 1) {
      throttle.failed('Ana');
      const wait = seconds(throttle, 'ANA');
      waits.push(wait);
      now += wait * 1_000;
      assert.equal(seconds(throttle, 'ana'), 0);
    }
    assert.deepEqual(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]);
  });

  it('is for one login, and is over with the right password', () => {
    const throttle = new LoginThrottle(() => 0);
    for (let time = 1; time <= 6; time += 1) throttle.failed('ana');
    assert.equal(seconds(throttle, 'ben'), 0);
    throttle.succeeded('ana');
    assert.equal(seconds(throttle, 'ana'), 0);
    throttle.failed('ana');
    assert.equal(seconds(throttle, 'ana'), 0);
  });
});
