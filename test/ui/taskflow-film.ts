import type { EventSeq, Nanoseconds, ObjectId } from '../../src/tracer/event/ids.ts';
import type { SourceLocation } from '../../src/tracer/event/location.ts';
import type { CapturedValue } from '../../src/tracer/event/value.ts';
import type { Finding } from '../../src/tracer/finding/finding.ts';
import type { Recording } from '../../src/tracer/store/recording.ts';
import { Film, MS, type Span } from './film.ts';

const place = (file: string, line: number, name: string): SourceLocation => ({
  file: `/app/src/${file}`,
  line,
  column: 2,
  function: name,
});

/** Deterministic stand-in for chance (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export interface TaskFlowFilm {
  readonly film: Film;
  readonly findings: readonly Finding[];
  /** The two overlapping calls. */
  readonly lost: Span;
  readonly by: Span;
  /** A call that throws. */
  readonly failed: Span;
  /** A call whose arguments try everything. */
  readonly hostile: Span;
  recording(): Recording;
}

const MEGABYTE = 'x'.repeat(1_048_576);

/** Strings that would do harm in a page that took them for anything but text. */
export const HOSTILE: readonly string[] = [
  '<img src=x onerror="document.title=\'pwned\'">',
  "</script><script>document.title='pwned'</script>",
  'admin\u202egnp.exe',
  'line\u2028separator\u0000nul\u001b[31mred',
  MEGABYTE,
];

const slots = (entries: readonly (readonly [number, CapturedValue])[]): CapturedValue => ({ $: 'map', entries });
const task = (id: number, title: string, assignee: number | null): CapturedValue => ({
  $: 'object',
  class: 'Task',
  entries: [
    ['id', id],
    ['title', title],
    ['assignee', assignee],
    ['status', 'todo'],
  ],
});

/** Two seconds of TaskFlow: project pages with their N+1, assignments that lose an update, a failing job, a worker. */
export function taskFlowFilm(): TaskFlowFilm {
  const film = new Film();
  const chance = random(7);
  const server = film.target('server.js');
  const worker = film.target('project-worker.js');
  const getProject = film.probe(
    server,
    'ProjectRepository.load',
    place('projects/project-repository.ts', 31, 'ProjectRepository.load'),
  );
  const getTask = film.probe(
    server,
    'TaskRepository.byId',
    place('tasks/task-repository.ts', 18, 'TaskRepository.byId'),
  );
  const assign = film.probe(
    server,
    'TaskManager.assignTask',
    place('tasks/task-manager.ts', 41, 'TaskManager.assignTask'),
  );
  const notify = film.probe(
    server,
    'NotificationService.send',
    place('notify/notification-service.ts', 22, 'NotificationService.send'),
  );
  const render = film.probe(server, 'renderProject', place('web/project-page.ts', 9, 'renderProject'));
  const crunch = film.probe(
    worker,
    'ProjectWorker.handle',
    place('workers/project-worker.ts', 12, 'ProjectWorker.handle'),
  );
  film.probe(server, 'ReportGenerator.annual', place('reports/report-generator.ts', 77, 'ReportGenerator.annual'), {
    status: 'waiting',
    engine: 'none',
    reason: 'The function has not run since the recording began; the probe is installed at its first call.',
  });
  film.probe(server, 'TaskManager.#pick', null, {
    kind: 'function',
    at: 'src/tasks/task-manager.ts#TaskManager.#pick',
    engine: 'none',
    status: 'failed',
    reason: 'Private methods cannot be rebound; trace the method that calls it, or add a line probe.',
  });
  film.probe(server, 'pg', null);

  const site = place('projects/project-repository.ts', 38, 'ProjectRepository.load');
  const pages: Span[] = [];
  let firstQuery: Span | null = null;
  const page = (at: number, id: number, count: number): void => {
    const request = film.request(server, 'GET', `/projects/${id}`, at, at + (6 + count * 2.6) * MS, 200);
    pages.push(request);
    const load = film.call(getProject, request, at + 0.6 * MS, at + (4 + count * 2.6) * MS, {
      async: true,
      args: [id],
      result: {
        $: 'object',
        class: 'Project',
        entries: [
          ['id', id],
          ['tasks', { $: 'array', items: [], length: count }],
        ],
      },
    });
    film.query(
      load,
      'select id from tasks where project_id = $1 order by id',
      [id],
      at + 0.9 * MS,
      at + 2.8 * MS,
      count,
      site,
    );
    for (let i = 0; i < count; i++) {
      const from = at + (3.2 + i * 2.6) * MS;
      const one = film.call(getTask, load, from, from + 2.3 * MS, {
        async: true,
        args: [id * 100 + i],
        result: task(id * 100 + i, `Task ${i}`, null),
      });
      const query = film.query(
        one,
        'select * from tasks where id = $1',
        [id * 100 + i],
        from + 0.2 * MS,
        from + (1.4 + chance() * 0.7) * MS,
        1,
        place('tasks/task-repository.ts', 21, 'TaskRepository.byId'),
      );
      firstQuery ??= query;
    }
    film.call(render, request, at + (4.4 + count * 2.6) * MS, at + (5.4 + count * 2.6) * MS, {
      args: [id],
      result: '<h1>Project</h1>',
    });
  };
  page(40 * MS, 3, 9);
  page(190 * MS, 4, 14);
  page(212 * MS, 5, 6);
  page(610 * MS, 3, 9);
  page(1_330 * MS, 6, 22);
  page(1_352 * MS, 7, 12);
  page(1_371 * MS, 8, 5);

  const holder = 17;
  const assignTask = (at: number, end: number, taskId: number, userId: number, seen: CapturedValue): Span => {
    const request = film.request(server, 'POST', `/tasks/${taskId}/assign`, at - 0.8 * MS, end + 0.9 * MS, 200);
    const call = film.call(assign, request, at, end, {
      async: true,
      self: holder,
      args: [
        taskId,
        userId,
        {
          $: 'object',
          entries: [
            ['notify', true],
            ['token', { $: 'redacted', why: 'token' }],
            ['lazy', { $: 'missing', why: 'getter' }],
          ],
        },
      ],
      result: task(taskId, 'Write the report', userId),
    });
    film.snapshot(at, call, assign, holder, 'this.slots', 'before', seen);
    film.query(
      call,
      'select * from tasks where id = $1 for update',
      [taskId],
      at + 0.4 * MS,
      end - 1.2 * MS,
      1,
      place('tasks/task-manager.ts', 46, 'TaskManager.assignTask'),
    );
    film.call(notify, call, end - 0.9 * MS, end - 0.2 * MS, { args: [userId, 'assigned'], result: true });
    return call;
  };
  const free = slots([
    [12, null],
    [13, 4],
  ]);
  const lost = assignTask(904 * MS, 921 * MS, 12, 7, free);
  const by = assignTask(909 * MS, 930 * MS, 12, 8, free);
  film.change(919 * MS, lost, assign, holder, 'this.slots', 12, null, 7);
  film.change(928 * MS, by, assign, holder, 'this.slots', 12, 7, 8);
  film.snapshot(
    921 * MS,
    lost,
    assign,
    holder,
    'this.slots',
    'after',
    slots([
      [12, 7],
      [13, 4],
    ]),
  );
  film.snapshot(
    930 * MS,
    by,
    assign,
    holder,
    'this.slots',
    'after',
    slots([
      [12, 8],
      [13, 4],
    ]),
  );

  const failing = film.request(server, 'POST', '/tasks/99/assign', 1_120 * MS, 1_131 * MS, 500);
  const failed = film.call(assign, failing, 1_121 * MS, 1_130 * MS, {
    async: true,
    self: holder,
    args: [99, 7],
    error: {
      $: 'error',
      name: 'NotFoundError',
      message: 'No task 99',
      stack: 'NotFoundError: No task 99\n    at TaskManager.assignTask (/app/src/tasks/task-manager.ts:48:13)',
    },
  });
  const posted = film.request(server, 'POST', '/comments', 1_500 * MS, 1_506 * MS, 201);
  const hostile = film.call(notify, posted, 1_501 * MS, 1_504 * MS, {
    args: [
      ...HOSTILE,
      { $: 'object', entries: HOSTILE.slice(0, 4).map((text) => [text, text] as const) },
      { $: 'string', v: 'begins well', length: 2_000_000 },
    ],
    result: { $: 'cut', why: 'depth' },
  });
  film.request(server, 'GET', `/search?q=${HOSTILE[0]}`, 1_540 * MS, 1_543 * MS, 404);
  for (let i = 0; i < 26; i++) {
    const at = (70 + i * 71 + chance() * 20) * MS;
    film.call(crunch, worker, at, at + (4 + chance() * 38) * MS, {
      args: [
        {
          $: 'object',
          entries: [
            ['kind', 'recount'],
            ['project', i % 9],
          ],
        },
      ],
      result: i,
    });
  }
  for (let i = 0; i < 60; i++) {
    const at = (1_650 + i * 4.1 + chance()) * MS;
    film.call(getTask, film.request(server, 'GET', `/tasks/${i}`, at, at + 3 * MS, 200), at + 0.3 * MS, at + 2.4 * MS, {
      args: [i],
      result: task(i, 'x', null),
    });
  }
  film.dropped(1_720 * MS, server, 412);
  film.call(crunch, worker, 1_960 * MS, 2_000 * MS, { args: ['still at it'], open: true });

  const findings = findingsOf(lost, by, holder, pages, firstQuery as Span | null, site);
  return {
    film,
    findings,
    lost,
    by,
    failed,
    hostile,
    recording: () => film.recording({ findings, dropped: 412, question: 'Why do two users get the same task?' }),
  };
}

function findingsOf(
  lost: Span,
  by: Span,
  holder: number,
  pages: readonly Span[],
  query: Span | null,
  site: SourceLocation,
): Finding[] {
  const at = (t: number): Nanoseconds => t as Nanoseconds;
  const events: EventSeq[] = [];
  return [
    {
      id: 'lost-update:slots',
      detector: 'lost-update',
      title: 'TaskManager.assignTask overwrites an assignment it has not seen',
      severity: 'error',
      confidence: 'high',
      location: place('tasks/task-manager.ts', 47, 'TaskManager.assignTask'),
      explanation:
        'Two calls ran at the same time. Both read this.slots[12] while it was free, both waited for the database, and both wrote it: the first assignment (user 7) is lost.',
      suggestion: 'Read the slot again after the await, or let only one assignment per task run at a time.',
      count: 1,
      firstAt: at(904 * MS),
      lastAt: at(928 * MS),
      evidence: { events, calls: [lost.call, by.call] },
      details: {
        kind: 'lost-update',
        path: 'this.slots',
        holder: holder as ObjectId,
        key: 12,
        lost: {
          call: lost.call,
          function: 'TaskManager.assignTask',
          args: [12, 7],
          readAt: at(904 * MS),
          read: null,
          wroteAt: at(919 * MS),
          wrote: 7,
        },
        by: {
          call: by.call,
          function: 'TaskManager.assignTask',
          args: [12, 8],
          readAt: at(909 * MS),
          read: null,
          wroteAt: at(928 * MS),
          wrote: 8,
        },
      },
    },
    {
      id: 'n-plus-one:tasks',
      detector: 'n-plus-one',
      title: 'GET /projects/:id queries each task on its own',
      severity: 'warning',
      confidence: 'high',
      location: site,
      explanation: 'One query finds the ids of the tasks, then one query per task follows, one after the other.',
      suggestion: 'Load all tasks in one query: where id = any($1).',
      count: pages.length,
      firstAt: at(40 * MS),
      lastAt: at(1_400 * MS),
      evidence: { events, calls: query === null ? [] : [query.call] },
      details: {
        kind: 'n-plus-one',
        statement: 'select * from tasks where id = ?',
        perRequest: { max: 22, median: 9 },
        requests: pages.length,
        order: 'sequential',
        source: { statement: 'select id from tasks where project_id = ?', rows: 9 },
        root: 'GET /projects/3',
        share: 0.81,
      },
    },
  ];
}

/** Many small calls: `count` spans over `seconds`. */
export function denseFilm(count: number, seconds: number): Film {
  const film = new Film();
  const chance = random(3);
  const server = film.target('busy.js');
  const probes = Array.from({ length: 12 }, (_, i) =>
    film.probe(server, `step${i}`, place('busy.ts', i + 1, `step${i}`)),
  );
  const per = 10;
  const requests = Math.floor(count / per);
  for (let i = 0; i < requests; i++) {
    const at = (i / requests) * seconds * 1e9;
    const length = (0.6 + chance() * 3) * MS;
    const request = film.request(server, 'GET', `/r/${i % 50}`, at, at + length, chance() < 0.01 ? 500 : 200);
    let parent = request;
    for (let c = 1; c < per; c++) {
      const probe = probes[(i + c) % probes.length];
      if (probe === undefined) continue;
      const from = at + (length / per) * (c - 1) * 0.5 + 1_000;
      const call = film.call(probe, c % 3 === 0 ? request : parent, from, Math.min(from + length / per, at + length), {
        args: [c],
        result: c,
      });
      if (c % 3 === 0) parent = call;
    }
  }
  return film;
}
