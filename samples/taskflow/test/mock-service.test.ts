import assert from 'node:assert/strict';
import { MockService } from '../dist/mock/mock-service.js';
import { until } from './support.js';

interface Received {
  counts: { email: number; webhook: number };
  deliveries: { channel: string; status: number | string; body: unknown }[];
}

describe('MockService', () => {
  let mock: MockService;
  let url: string;

  beforeEach(async () => {
    mock = new MockService();
    url = await mock.listen();
  });

  afterEach(() => mock.close());

  const post = async (path: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }> => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(url + path, { method: 'POST', body: text });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  const received = async (): Promise<Received> => (await fetch(`${url}/received`)).json() as Promise<Received>;

  it('accepts deliveries and lists them in order', async () => {
    assert.equal((await post('/email', { to: 'a' })).status, 202);
    assert.equal((await post('/webhook', { events: [] })).status, 202);
    const { counts, deliveries } = await received();
    assert.deepEqual(counts, { email: 1, webhook: 1 });
    assert.deepEqual(
      deliveries.map(({ channel, status, body }) => [channel, status, body]),
      [
        ['email', 202, { to: 'a' }],
        ['webhook', 202, { events: [] }],
      ],
    );
  });

  it('fails as often as it is told to, on that channel only', async () => {
    await post('/behaviour', { email: { failTimes: 2 } });
    const statuses = [];
    for (const path of ['/email', '/webhook', '/email', '/email']) statuses.push((await post(path, {})).status);
    assert.deepEqual(statuses, [503, 202, 503, 202]);
  });

  it('hangs until it is told not to; a query does it for one request', async () => {
    const abort = new AbortController();
    const hanging = fetch(`${url}/email?hang=true`, { method: 'POST', body: '{}', signal: abort.signal });
    await until('the delivery has arrived', async () => (await received()).counts.email === 1);
    abort.abort();
    await assert.rejects(hanging, { name: 'AbortError' });
    assert.equal((await received()).deliveries[0]?.status, 'unanswered');
    assert.equal((await post('/email', {})).status, 202);
  });

  it('answers late when it is told to', async () => {
    const order: string[] = [];
    const late = post('/webhook?delayMs=500', {}).then(({ status }) => order.push(`late ${status}`));
    await until('the delivery has arrived', async () => (await received()).counts.webhook === 1);
    const prompt = post('/webhook', {}).then(({ status }) => order.push(`prompt ${status}`));
    await Promise.all([late, prompt]);
    assert.deepEqual(order, ['prompt 202', 'late 202']);
  });

  it('says what it does not understand', async () => {
    const cases: [string, unknown, number, RegExp][] = [
      ['/behaviour', { fax: {} }, 400, /^There is no channel "fax"; use email or webhook\.$/],
      [
        '/behaviour',
        { email: { delayMs: -1 } },
        400,
        /^"delayMs" cannot be -1; use delayMs, failTimes \(numbers\) or hang/,
      ],
      ['/behaviour', { email: { colour: 1 } }, 400, /^"colour" cannot be 1; use delayMs/],
      ['/behaviour', '[]', 400, /^Send a JSON object\.$/],
      ['/email', '{"to":', 400, /JSON/],
      ['/fax', {}, 404, /^Use POST \/email/],
    ];
    for (const [path, body, status, message] of cases) {
      const answer = await post(path, body);
      assert.equal(answer.status, status);
      assert.match(String(answer.body.message), message);
    }
  });
});
