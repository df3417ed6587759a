import type { FaultName } from '../faults.js';
import { type Application, at, until } from './application.js';

/** What was seen when a fault was triggered. */
export interface Evidence {
  /** Whether the application did what is wrong in the way that the fault makes it. */
  faulty: boolean;
  /** Whether it did what is right; it may have done neither. */
  correct: boolean;
  /** In the application's own words or numbers. */
  seen: string;
}

export type Proof = (app: Application) => Promise<Evidence>;

interface Task {
  id: number;
  status: string;
  assigneeId: number | null;
}

// The time limit of one attempt to send mail is two seconds: after twice as long, nobody is looking at the clock.
const NOBODY_WAITS_SO_LONG_MS = 4_000;

/** Triggers each fault in an application that has just been started, with the fault or without. */
export const proofs: Record<FaultName, Proof> = {
  'lost-update': async (app) => {
    const tasks = (await tasksOf(app, 1)).filter((task) => task.status !== 'completed' && task.assigneeId !== 2);
    await Promise.all(tasks.map(({ id }) => app.post(`/tasks/${id}/assign`, { userId: 2 })));
    const { body } = await app.get('/stats/slots');
    return {
      faulty: at(body, 'consistent') === false,
      correct: at(body, 'consistent') === true,
      seen: `After ${tasks.length} assignments to one user at once, GET /stats/slots: consistent ${at(body, 'consistent')}, missing ${at(body, 'missing')}.`,
    };
  },

  'n-plus-one': async (app) => {
    const calls = async (name: string): Promise<number> => Number((await app.stat('functions', name, 'entered')) ?? 0);
    const before = await calls('TaskRepository.findById');
    const { body } = await app.get('/projects/1');
    const tasks = (at(body, 'tasks') as Task[]).length;
    const forTasks = (await calls('TaskRepository.findById')) - before;
    for (const name of ['Garden', 'House']) await app.post('/projects', { name });
    (await app.watch('/live/dashboard'))();
    const forProjects = await calls('DashboardLoader.tasksOfOne');
    // User 1 has one project of the seed's.
    return {
      faulty: forTasks === tasks && forProjects === 3,
      correct: tasks > 0 && forTasks === 0 && forProjects === 0,
      seen:
        `GET /projects/1 with ${tasks} tasks: ${forTasks} more calls of TaskRepository.findById in GET /stats; ` +
        `a dashboard with 3 projects: ${forProjects} calls of DashboardLoader.tasksOfOne.`,
    };
  },

  'check-then-act': async (app) => {
    const replies = await Promise.all(Array.from({ length: 8 }, () => app.post('/projects/1/assign-next')));
    const ids = replies.map(({ body }) => Number(at(body, 'task', 'id')));
    return {
      faulty: ids.every((id) => id > 0) && new Set(ids).size < ids.length,
      correct: ids.every((id) => id > 0) && new Set(ids).size === ids.length,
      seen: `Eight times POST /projects/1/assign-next at once: the tasks ${ids.join(', ')} were given away.`,
    };
  },

  'worker-crash': async (app) => {
    const statuses: number[] = [];
    // Until it is given up: the fourth crash does it, unless this machine takes more than five seconds for the four.
    while (statuses.length < 5 || (statuses.at(-1) === 503 && statuses.length < 20)) {
      const { status } = await app.post('/projects/1/worker/budget', { cents: '100000', people: 0 });
      statuses.push(status);
    }
    const { state, report } = await workerReport(app);
    const { status: other } = await app.post('/projects/2/worker/ping');
    return {
      faulty: statuses[0] === 503 && statuses.at(-1) === 409 && state === 'given-up' && other === 200,
      correct: statuses.every((status) => status === 422) && state === 'running' && other === 200,
      seen: `Budgets for nobody are answered ${statuses.join(', ')}. ${report} POST /projects/2/worker/ping is answered ${other}.`,
    };
  },

  'worker-oom': async (app) => {
    const { status } = await app.post('/projects/1/worker/import', { csv: 'Water the plants;low;900000000' });
    const { report } = await workerReport(app);
    return {
      faulty: status === 503,
      correct: status === 422,
      seen: `An import without end is answered ${status}. ${report}`,
    };
  },

  'email-hang': async (app) => {
    await app.mock('/behaviour', { email: { hang: true } });
    await assignOne(app);
    await until('the mail is sent', async () => (await received(app)) > 0);
    const begin = performance.now();
    const retries = async (): Promise<number> => Number(await app.stat('notifications', 'retries'));
    await until(
      'an attempt is given up, or nobody does',
      async () => (await retries()) > 0 || performance.now() - begin > NOBODY_WAITS_SO_LONG_MS,
    );
    const [again, underWay] = [await retries(), await app.stat('notifications', 'underWay')];
    return {
      faulty: again === 0 && underWay === 1,
      correct: again > 0,
      seen: `A mail that is never answered, in GET /stats: ${again} retries, ${underWay} under way.`,
    };
  },

  'retry-storm': async (app) => {
    await app.mock('/behaviour', { email: { failTimes: 1_000 } });
    const begin = performance.now();
    await assignOne(app);
    await until('the mail is given up', async () => Number(await app.stat('notifications', 'failed')) > 0);
    const attempts = await received(app);
    const seconds = ((performance.now() - begin) / 1_000).toFixed(1);
    return {
      faulty: attempts > 10,
      correct: attempts === 4,
      seen: `A mail that is always refused: the mock service got it ${attempts} times within ${seconds} s.`,
    };
  },

  'unhandled-exception': async (app) => {
    const { body } = await app.post('/projects', { name: 'Nothing to do yet' });
    const { status } = await app.get(`/projects/${at(body, 'id')}/export`);
    const thrown = /TypeError: Reduce of empty array[^"\\]*/.exec(app.log)?.[0] ?? 'no error';
    return {
      faulty: status === 500,
      correct: status === 200,
      seen: `The export of an empty project is answered ${status}; the log: ${thrown}.`,
    };
  },

  'blocking-report': async (app) => {
    const begin = performance.now();
    let done = false;
    const report = app.get('/reports/quick').finally(() => {
      done = true;
    });
    let longest = 0;
    while (!done) {
      const sent = performance.now();
      await app.get('/health');
      longest = Math.max(longest, performance.now() - sent);
    }
    const { status } = await report;
    const took = performance.now() - begin;
    return {
      faulty: status === 200 && longest > took / 2,
      correct: status === 200 && longest <= took / 2,
      seen: `GET /reports/quick took ${took.toFixed(0)} ms; meanwhile the slowest GET /health took ${longest.toFixed(0)} ms.`,
    };
  },

  'connection-leak': async (app) => {
    const pages = await Promise.all(Array.from({ length: 5 }, () => app.watch('/live/dashboard')));
    for (const close of pages) close();
    await until('the sockets are closed', async () => (await app.stat('live', 'sockets')) === 0);
    const models = await app.stat('live', 'dashboardModels');
    return {
      faulty: models === 5,
      correct: models === 0,
      seen: `Five dashboards opened and closed, in GET /stats: 0 sockets, ${models} models of dashboards.`,
    };
  },

  'lost-promise': async (app) => {
    await app.post('/projects', { name: 'A long name '.repeat(16) });
    const unhandled = (): boolean => app.log.includes('goes on after an unhandled rejection');
    const kept = async (): Promise<boolean> =>
      (at((await app.get('/me/activity')).body, 'entries') as { action: string }[]).some(
        (entry) => entry.action === 'created project',
      );
    await until('the entry is kept or lost', async () => unhandled() || (await kept()));
    const hasEntry = await kept();
    const reason = /unhandled rejection: (.+)/.exec(app.log)?.[1] ?? 'no unhandled rejection';
    return {
      faulty: unhandled(),
      correct: !unhandled() && hasEntry,
      seen: `A project with a long name; the log: ${reason}; GET /me/activity has the entry: ${hasEntry}.`,
    };
  },

  'cache-stampede': async (app) => {
    const computations = async (): Promise<number> => Number(await app.stat('cache', 'computations'));
    const atOnce = (path: string): Promise<unknown> => Promise.all(Array.from({ length: 30 }, () => app.get(path)));
    // Opens the connections, so that the requests that count arrive together.
    await atOnce('/health');
    let most = 0;
    // Whether requests meet is a matter of moments; each round begins with an empty cache, since a task is new.
    for (let round = 1; round <= 10 && most <= 1; round += 1) {
      await app.post('/projects/1/tasks', { title: `Round ${round}` });
      const before = await computations();
      await atOnce('/projects/1/summary');
      most = Math.max(most, (await computations()) - before);
    }
    return {
      faulty: most > 1,
      correct: most === 1,
      seen: `Thirty times GET /projects/1/summary at once after a change: ${most} computations in GET /stats.`,
    };
  },
};

async function tasksOf(app: Application, project: number): Promise<Task[]> {
  return at((await app.get(`/projects/${project}/tasks`)).body, 'tasks') as Task[];
}

async function assignOne(app: Application): Promise<void> {
  const { body } = await app.post('/projects/1/tasks', { title: 'To be told of' });
  await app.post(`/tasks/${at(body, 'id')}/assign`, { userId: 2 });
}

/** How many mails the mock service has taken. */
async function received(app: Application): Promise<number> {
  return Number(at(await app.mock('/received'), 'counts', 'email'));
}

/** How the worker of project 1 is, once it has come to rest. */
async function workerReport(app: Application): Promise<{ state: unknown; report: string }> {
  const find = async (): Promise<unknown> => (await app.get('/projects/1/worker')).body;
  await until('the worker runs or is given up', async () =>
    ['running', 'given-up'].includes(String(at(await find(), 'state'))),
  );
  const body = await find();
  const crash = at(body, 'lastCrash', 'reason') ?? 'none';
  const state = at(body, 'state');
  return {
    state,
    report: `GET /projects/1/worker: ${state}, last crash ${crash}, ${at(body, 'restarts')} restarts.`,
  };
}
