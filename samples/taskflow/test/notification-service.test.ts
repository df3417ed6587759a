import assert from 'node:assert/strict';
import type { TaskMessage } from '../dist/bus/messages.js';
import { type Faults, noFaults } from '../dist/faults.js';
import type { Behaviour } from '../dist/mock/behaviour.js';
import { MockService } from '../dist/mock/mock-service.js';
import {
  defaultNotificationLimits,
  type NotificationLimits,
  NotificationService,
} from '../dist/notify/notification-service.js';
import { NotifyTarget } from '../dist/notify/notify-target.js';
import { DeliveryError } from '../dist/notify/post-json.js';
import { RecipientRepository } from '../dist/notify/recipient-repository.js';
import { Retrier } from '../dist/notify/retrier.js';
import { seededRandom } from '../dist/random.js';
import { unusedPort } from './ports.js';
import { resetData, startApp, testDatabase, until } from './support.js';

interface Received {
  counts: { email: number; webhook: number };
  deliveries: {
    channel: string;
    body: { messages?: { to: string; subject: string; text: string }[]; events?: object[] };
  }[];
}

const quick: NotificationLimits = {
  ...defaultNotificationLimits,
  gatherMs: 5,
  timeoutMs: 10_000,
  retry: { attempts: 4, firstDelayMs: 2, mostDelayMs: 10 },
  closeMs: 50,
};

/** For receivers that hang. */
const impatient: NotificationLimits = { ...quick, timeoutMs: 100 };

const assigned = (taskId: number, userId: number): TaskMessage => ({
  type: 'task.assigned',
  id: `message-${taskId}`,
  at: '2026-01-01T00:00:00.000Z',
  projectId: 1,
  taskId,
  task: {
    id: taskId,
    projectId: 1,
    title: `Task ${taskId}`,
    description: '',
    status: 'in_progress',
    priority: 'low',
    dueDate: null,
    assigneeId: userId,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
  },
  userId,
  previousUserId: null,
  node: 'main',
});

describe('NotificationService', () => {
  let mock: MockService;
  let url: string;
  const open: NotificationService[] = [];
  const failures: unknown[] = [];

  beforeEach(async () => {
    await resetData({ users: 3, projects: 1, tasks: 3 });
    mock = new MockService();
    url = await mock.listen();
    failures.length = 0;
  });

  afterEach(async () => {
    await Promise.all(open.splice(0).map((service) => service.close()));
    await mock.close();
  });

  const start = async (faults: Faults, target = url, limits = quick): Promise<NotificationService> => {
    const service = new NotificationService(
      {
        url: async () => target,
        recipients: new RecipientRepository((await testDatabase()).pool),
        faults,
        random: seededRandom(1),
        failed: (error) => void failures.push(error),
      },
      limits,
    );
    open.push(service);
    return service;
  };

  const received = async (): Promise<Received> => (await fetch(`${url}/received`)).json() as Promise<Received>;

  const behave = async (behaviour: { email?: Partial<Behaviour>; webhook?: Partial<Behaviour> }): Promise<void> => {
    await fetch(`${url}/behaviour`, { method: 'POST', body: JSON.stringify(behaviour) });
  };

  it('gathers what happens in a moment: one mail for each person, one request for all mails, one webhook', async () => {
    const service = await start(noFaults);
    for (const message of [assigned(1, 2), assigned(2, 2), assigned(3, 3)]) service.hear(message);
    service.hear({ ...assigned(1, 2), type: 'task.updated' });
    service.hear({ ...assigned(1, 2), type: 'task.deleted', task: null });
    await until('all is delivered', () => service.stats().emails === 2 && service.stats().webhooks === 1);
    const { deliveries } = await received();
    const mails = deliveries.filter(({ channel }) => channel === 'email');
    assert.equal(mails.length, 1);
    assert.deepEqual(mails[0]?.body.messages, [
      {
        to: 'user2@taskflow.example',
        subject: '2 changes to your tasks',
        text: 'Task 1 is yours now: Task 1\nTask 2 is yours now: Task 2',
      },
      { to: 'user3@taskflow.example', subject: 'Task 3 is yours now: Task 3', text: 'Task 3 is yours now: Task 3' },
    ]);
    const webhook = deliveries.find(({ channel }) => channel === 'webhook');
    assert.equal(webhook?.body.events?.length, 3);
    assert.deepEqual(failures, []);
  });

  it('tells the owner of the project that a task is completed', async () => {
    const service = await start(noFaults);
    service.hear({ ...assigned(1, 2), type: 'task.completed' });
    await until('the mail is delivered', () => service.stats().emails === 1);
    const mail = (await received()).deliveries.find(({ channel }) => channel === 'email');
    assert.equal(mail?.body.messages?.[0]?.to, 'user1@taskflow.example');
    assert.equal(mail?.body.messages?.[0]?.subject, 'Task 1 is completed: Task 1');
  });

  it('fault email-hang on: a mail that is never answered is never given up', async () => {
    await behave({ email: { hang: true } });
    const service = await start(new Set(['email-hang']), url, impatient);
    service.hear(assigned(1, 2));
    await until('the webhook is delivered', () => service.stats().webhooks === 1);
    await until('the mail has arrived', async () => (await received()).counts.email === 1);
    // Whatever has a time limit runs into it meanwhile, four times over.
    await behave({ webhook: { hang: true } });
    service.hear(assigned(2, 999));
    await until('the webhook is given up', () => service.stats().failed === 1);
    assert.equal((await received()).counts.email, 1);
    assert.equal(service.stats().underWay, 1);
    await service.close();
    assert.equal(service.stats().underWay, 0);
  });

  it('fault email-hang off: each attempt ends in time, and after four it is given up', async () => {
    await behave({ email: { hang: true } });
    const service = await start(noFaults, url, impatient);
    service.hear(assigned(1, 2));
    await until('the mail is given up', () => service.stats().failed === 1);
    assert.equal((await received()).counts.email, 4);
    assert.equal(service.stats().underWay, 0);
    assert.ok(failures[0] instanceof DeliveryError);
    assert.match(failures[0].message, /\/email did not answer: .*timeout/);
  });

  for (const [name, faults, attempts] of [
    ['on', new Set(['retry-storm'] as const), 50],
    ['off', noFaults, 4],
  ] as const) {
    it(`fault retry-storm ${name}: a receiver that always fails gets ${attempts} attempts`, async () => {
      await behave({ webhook: { failTimes: 1_000 } });
      const service = await start(faults);
      service.hear(assigned(1, 2));
      await until('the webhook is given up', () => service.stats().failed === 1);
      assert.equal((await received()).counts.webhook, attempts);
      assert.equal(service.stats().retries, attempts - 1);
      assert.equal(service.stats().emails, 1);
      assert.match(String(failures[0]), /\/webhook answered 503/);
    });
  }

  it('what fails twice arrives at the third attempt', async () => {
    await behave({ email: { failTimes: 2 } });
    const service = await start(noFaults);
    service.hear(assigned(1, 2));
    await until('the mail is delivered', () => service.stats().emails === 1);
    assert.equal(service.stats().retries, 2);
  });

  it('is bounded: what cannot be delivered in time is dropped, oldest first, and counted', async () => {
    await behave({ webhook: { hang: true }, email: { hang: true } });
    const service = await start(noFaults, url, { ...quick, atOnce: 1, mostWaiting: 2 });
    for (const id of [1, 2, 3]) {
      service.hear(assigned(id, 2));
      await until(
        'it is queued',
        () => service.stats().underWay + service.stats().waiting + service.stats().dropped === 2 * id,
      );
    }
    assert.deepEqual([service.stats().underWay, service.stats().waiting, service.stats().dropped], [1, 2, 3]);
  });

  it('delivers what was gathered before it closes, and ends what hangs', async () => {
    const service = await start(noFaults, url, { ...quick, gatherMs: 60_000 });
    service.hear(assigned(1, 2));
    await service.close();
    assert.deepEqual((await received()).counts, { email: 1, webhook: 1 });
    await behave({ email: { hang: true }, webhook: { hang: true } });
    const hanging = await start(noFaults, url, quick);
    hanging.hear(assigned(1, 2));
    await hanging.close();
    assert.deepEqual([hanging.stats().failed, hanging.stats().underWay], [2, 0]);
  });

  it('a receiver that is not there costs nobody anything but the notification', async () => {
    const service = await start(noFaults, `http://127.0.0.1:${await unusedPort()}`);
    service.hear(assigned(1, 2));
    await until('both are given up', () => service.stats().failed === 2);
    assert.match(String(failures[0]), /did not answer: connect ECONNREFUSED/);
  });

  it('requests are answered while the receiver hangs', async () => {
    await behave({ email: { hang: true }, webhook: { hang: true } });
    const app = await startApp(new Set(['email-hang']), undefined, { notifyTarget: new NotifyTarget(url) });
    const reply = await app.request('POST', '/tasks/1/assign', { userId: 2 });
    assert.equal(reply.status, 200);
    assert.equal((await app.request('POST', '/tasks/1/complete')).status, 200);
    await until('both have arrived', async () => {
      const { counts } = await received();
      return counts.email > 0 && counts.webhook > 0;
    });
    const { body } = await app.request<{ notifications: { events: number; url: string } }>('GET', '/stats');
    assert.deepEqual([body.notifications.events, body.notifications.url], [2, url]);
    await app.close();
  });
});

describe('Retrier', () => {
  const never = new AbortController().signal;

  it('does not repeat what can only fail again', async () => {
    const retrier = new Retrier(noFaults, seededRandom(1), { attempts: 4, firstDelayMs: 1, mostDelayMs: 1 });
    for (const error of [new DeliveryError('answered 400', false), new TypeError('a mistake')]) {
      let attempts = 0;
      const attempt = async (): Promise<void> => {
        attempts += 1;
        throw error;
      };
      await assert.rejects(retrier.run(attempt, never), error);
      assert.equal(attempts, 1);
    }
  });

  it('stops waiting for the next attempt when it is told to', async () => {
    const retrier = new Retrier(noFaults, seededRandom(1), { attempts: 4, firstDelayMs: 60_000, mostDelayMs: 60_000 });
    const stop = new AbortController();
    const attempt = async (): Promise<void> => {
      setImmediate(() => stop.abort());
      throw new DeliveryError('answered 503', true);
    };
    await assert.rejects(retrier.run(attempt, stop.signal), { name: 'AbortError' });
  });
});
