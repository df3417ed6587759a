import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { Broker } from '../dist/bus/broker.js';
import type { Bus } from '../dist/bus/bus.js';
import { FrameReader, frame } from '../dist/bus/frames.js';
import { MemoryBus } from '../dist/bus/memory-bus.js';
import { openBus } from '../dist/bus/open-bus.js';
import { unusedPort } from './ports.js';
import { until } from './support.js';

const silent = (): void => {};

/** What a listener heard, as text. */
function hear(bus: Bus, topic: string): { heard: string[]; stop: () => void } {
  const heard: string[] = [];
  return { heard, stop: bus.subscribe(topic, (message) => heard.push(JSON.stringify(message))) };
}

describe('bus within one process', () => {
  it('delivers to every listener of the topic before publish returns, and to no other', () => {
    const bus = new MemoryBus();
    const [first, second, other] = [hear(bus, 'project:1'), hear(bus, 'project:1'), hear(bus, 'project:2')];
    void bus.publish('project:1', { n: 1 });
    second.stop();
    void bus.publish('project:1', { n: 2 });
    assert.deepEqual([first.heard, second.heard, other.heard], [['{"n":1}', '{"n":2}'], ['{"n":1}'], []]);
  });

  it('is silent after it was closed', async () => {
    const bus = await openBus({ redisUrl: undefined, brokerUrl: undefined }, silent);
    const { heard } = hear(bus, 'a');
    await bus.close();
    await bus.publish('a', 1);
    assert.deepEqual(heard, []);
  });
});

interface Link {
  name: string;
  /** Another node's bus at each call. */
  open(): Promise<Bus>;
  close(): Promise<void>;
}

async function brokerLink(): Promise<Link> {
  const broker = new Broker();
  const brokerUrl = await broker.listen();
  return {
    name: 'broker',
    open: () => openBus({ redisUrl: undefined, brokerUrl }, silent),
    close: () => broker.close(),
  };
}

function redisLink(redisUrl: string): () => Promise<Link> {
  return async () => ({
    name: 'Redis',
    open: () => openBus({ redisUrl, brokerUrl: undefined }, silent),
    close: async () => {},
  });
}

const links: [string, () => Promise<Link>][] = [['a broker', brokerLink]];
// The same for Redis when `npm run test:real` has started one.
if (process.env.REDIS_URL) links.push(['Redis', redisLink(process.env.REDIS_URL)]);

for (const [name, start] of links) {
  describe(`bus through ${name}`, () => {
    let link: Link;
    const buses: Bus[] = [];
    const open = async (): Promise<Bus> => {
      const bus = await link.open();
      buses.push(bus);
      return bus;
    };

    before(async () => {
      link = await start();
    });
    afterEach(() => Promise.all(buses.splice(0).map((bus) => bus.close())));
    after(() => link.close());

    it('reaches all nodes once each, in the order of one sender, and its own listeners at once', async () => {
      const [a, b, c] = [await open(), await open(), await open()];
      const [onA, onB, onC, elsewhere] = [hear(a, 't'), hear(b, 't'), hear(c, 't'), hear(b, 'u')];
      const sent = Array.from({ length: 200 }, (_, n) => JSON.stringify({ n, text: 'Zeile\n"ü"' }));
      const told = sent.map((text) => a.publish('t', JSON.parse(text)));
      assert.deepEqual(onA.heard, sent);
      await Promise.all(told);
      await until('all have heard all', () => onB.heard.length >= 200 && onC.heard.length >= 200);
      assert.deepEqual(onB.heard, sent);
      assert.deepEqual(onC.heard, sent);
      // An echo would be here before what another node says now.
      await b.publish('t', 'last');
      await until('the answer has come', () => onA.heard.at(-1) === '"last"');
      assert.equal(onA.heard.length, 201);
      assert.deepEqual(elsewhere.heard, []);
    });

    it('a node hears what is said from the moment it is open, and nothing after it has closed', async () => {
      const a = await open();
      const b = await link.open();
      const { heard } = hear(b, 't');
      await a.publish('t', 1);
      await until('b has heard', () => heard.length === 1);
      await b.close();
      const c = hear(await open(), 't');
      await a.publish('t', 2);
      await until('c has heard', () => c.heard.length === 1);
      assert.deepEqual(heard, ['1']);
    });
  });
}

describe('bus whose server is away', () => {
  for (const kind of ['redisUrl', 'brokerUrl'] as const) {
    it(`${kind}: says so once, serves this process, and rejects what others should have heard`, async () => {
      const port = await unusedPort();
      const said: string[] = [];
      const url = kind === 'redisUrl' ? `redis://127.0.0.1:${port}` : `tcp://127.0.0.1:${port}`;
      const bus = await openBus({ redisUrl: undefined, brokerUrl: undefined, [kind]: url }, (text) => said.push(text));
      const { heard } = hear(bus, 't');
      await assert.rejects(bus.publish('t', 1));
      await bus.close();
      assert.deepEqual(heard, ['1']);
      assert.equal(said.length, 1);
      assert.match(said[0] ?? '', /cannot be used \(.*ECONNREFUSED.*\); check (REDIS_URL|TASKFLOW_BUS)/);
    });
  }

  it('a broker that comes back is used again', async () => {
    const port = await unusedPort();
    const bus = await openBus({ redisUrl: undefined, brokerUrl: `tcp://127.0.0.1:${port}` }, silent);
    const broker = new Broker();
    await broker.listen(port);
    await until('the broker is used', () =>
      bus.publish('t', 1).then(
        () => true,
        () => false,
      ),
    );
    await bus.close();
    await broker.close();
  });
});

describe('broker protocol', () => {
  it('values arrive whole however the stream is cut; lines that are not JSON are left out', () => {
    const reader = new FrameReader();
    const text = `${frame({ n: 1 })}nonsense\n${frame([2])}`;
    assert.deepEqual(
      [...text].flatMap((character) => reader.push(character)),
      [{ n: 1 }, [2]],
    );
  });

  it('who speaks another protocol is disconnected, and nobody else', async () => {
    const broker = new Broker();
    const brokerUrl = await broker.listen();
    const [a, b] = await Promise.all([1, 2].map(() => openBus({ redisUrl: undefined, brokerUrl }, silent)));
    assert.ok(a && b);
    const { heard } = hear(b, 't');
    const stranger = connect(Number(new URL(brokerUrl).port), '127.0.0.1');
    let gone = false;
    stranger.on('close', () => {
      gone = true;
    });
    stranger.on('error', silent);
    stranger.resume();
    stranger.write('x'.repeat(1_100_000));
    await until('the stranger is disconnected', () => gone);
    await a.publish('t', 1);
    await until('b has heard', () => heard.length === 1);
    await Promise.all([a.close(), b.close()]);
    await broker.close();
  });
});
