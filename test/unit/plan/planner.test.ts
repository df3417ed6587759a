import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { CodeAnalysis } from '../../../src/tracer/plan/analysis/model.ts';
import { WorkspaceAnalyser } from '../../../src/tracer/plan/analysis/workspace.ts';
import type { FunctionProbe, Plan, Strategy, WatchProbe } from '../../../src/tracer/plan/plan.ts';
import { planLocally } from '../../../src/tracer/plan/planner.ts';
import { LocalPlanProvider, type PlanProvider } from '../../../src/tracer/plan/provider.ts';
import { renderPlan } from '../../../src/tracer/plan/render.ts';
import type { RunningCounts, RunningFunction } from '../../../src/tracer/plan/running.ts';
import { parsePlan } from '../../../src/tracer/plan/schema.ts';

const FIXTURES = join(import.meta.dirname, 'fixtures');
const analyses = new Map<string, Promise<CodeAnalysis>>();

function analysisOf(workspace: string): Promise<CodeAnalysis> {
  let analysis = analyses.get(workspace);
  if (!analysis) {
    analysis = new WorkspaceAnalyser(join(FIXTURES, workspace)).analyse();
    analyses.set(workspace, analysis);
  }
  return analysis;
}

async function ask(
  workspace: string,
  question: string,
  strategy: Strategy = 'balanced',
  running: RunningCounts | null = null,
): Promise<Plan> {
  const plan = planLocally({ question, strategy, analysis: await analysisOf(workspace), running });
  const { notes: _notes, ...rest } = parsePlan(JSON.stringify(plan), 'the plan');
  const { notes: _same, ...made } = plan;
  assert.deepEqual(rest, made, 'what the planner makes is a valid plan');
  return plan;
}

const functionsOf = (plan: Plan): FunctionProbe[] =>
  plan.probes.filter((probe): probe is FunctionProbe => probe.kind === 'function');
const watchesOf = (plan: Plan): WatchProbe[] =>
  plan.probes.filter((probe): probe is WatchProbe => probe.kind === 'watch');
const namesOf = (plan: Plan): string[] => functionsOf(plan).map((probe) => probe.at.split('#')[1] ?? '');

interface Case {
  readonly workspace: string;
  /** The function that answers the questions. */
  readonly wanted: string;
  readonly because: RegExp;
  readonly questions: readonly string[];
  /** Questions about something else: the function must not be among the first three. */
  readonly unrelated: readonly string[];
}

const CASES: readonly Case[] = [
  {
    workspace: 'dispatch',
    wanted: 'WorkBoard.hand',
    because:
      /reads this\.holders \(line \d+\), awaits \(line \d+\), then writes it \(line \d+\): two overlapping calls can lose an update/,
    questions: [
      'why do two users get the same task?',
      'a job is sometimes given to two people',
      'tasks are assigned twice under load',
      'Is there a race condition when somebody takes a job?',
      'Assignments go missing when many users work at once',
      'POST /tasks/17/assign answers yes to both requests',
    ],
    unrelated: [
      'why is the yearly report so slow?',
      'the CSV of the report has a wrong line',
      'why does the project page take so long?',
    ],
  },
  {
    workspace: 'dispatch',
    wanted: 'ProjectView.collect',
    because:
      /calls this\.store\.findJob in a loop \(line \d+\), a query for each element, one after the other: N\+1 queries/,
    questions: [
      'why is the project page slow?',
      'opening a project takes forever',
      'too many queries when a project is shown',
      'GET /projects/3 has a high latency',
      'what is slow?',
      'N+1 queries on projects',
    ],
    unrelated: ['why do two users get the same task?', 'the report of a year cannot be downloaded'],
  },
  {
    workspace: 'orders',
    wanted: 'AccountService.withdraw',
    because: /reads this\.balances .* can lose an update/,
    questions: [
      'customers lose money when they pay twice at the same time',
      'the balance of an account is wrong',
      'why is the money on an account sometimes too high after a checkout?',
      'lost updates of balances',
      'what can go wrong?',
    ],
    unrelated: ['why is the shipping quote slow?', 'a coupon can be redeemed more often than allowed'],
  },
  {
    workspace: 'orders',
    wanted: 'redeemCoupon',
    because: /reads table coupons \(line \d+\) and later updates it in another query \(line \d+\)/,
    questions: [
      'a coupon can be redeemed more often than allowed',
      'vouchers are used twice',
      'two customers redeem the same coupon at once',
    ],
    unrelated: ['the carrier does not answer', 'the balance of an account is wrong'],
  },
  {
    workspace: 'orders',
    wanted: 'quoteShipping',
    because: /awaits inside a loop/,
    questions: [
      'why is the shipping price slow?',
      'the carrier times out',
      'Error: the carrier does not answer\n    at quoteShipping (/srv/app/src/shipping.ts:7:9)',
    ],
    unrelated: ['customers lose money', 'coupons are used twice'],
  },
  {
    workspace: 'library',
    wanted: 'AuthorRepository.catalogue',
    because: /calls this\.titlesOf in a loop \(line \d+\), a query for each element, in parallel: N\+1 queries/,
    questions: [
      'why is the list of authors slow?',
      'the database gets very many selects for books',
      'which code runs SELECT title FROM books WHERE author_id = 12 so often?',
      'why does GET /authors take seconds?',
      'what is slow?',
    ],
    unrelated: ['a loan is not given back', 'memory grows with every reminder'],
  },
  {
    workspace: 'library',
    wanted: 'remind',
    because: /changes reminders/,
    questions: [
      'memory grows with every reminder',
      'is there a memory leak?',
      'the heap keeps growing when readers are reminded',
    ],
    unrelated: ['why is the list of authors slow?'],
  },
  {
    workspace: 'inventory',
    wanted: 'reserve',
    because: /reads shelves .* can lose an update/,
    questions: [
      'we sell more lamps than we have in stock',
      'two customers buy the last product',
      'the stock is negative after a busy day',
      'why are products oversold?',
      'stock.js is wrong',
    ],
    unrelated: ['receipts are not sent', 'the mail with the receipt takes too long'],
  },
];

describe('local planner', () => {
  for (const { workspace, wanted, because, questions, unrelated } of CASES) {
    describe(`${workspace}: ${wanted}`, () => {
      for (const question of questions) {
        it(`is in the first three for ${JSON.stringify(question.slice(0, 70))}`, async () => {
          const plan = await ask(workspace, question);
          const first = namesOf(plan).slice(0, 3);
          assert.ok(first.includes(wanted), `first three: ${first.join(', ')}`);
          const probe = functionsOf(plan).find(({ at }) => at.endsWith(`#${wanted}`));
          assert.match(probe?.because ?? '', because);
        });
      }
      for (const question of unrelated) {
        it(`is not for ${JSON.stringify(question.slice(0, 70))}`, async () => {
          const first = namesOf(await ask(workspace, question)).slice(0, 3);
          assert.ok(!first.includes(wanted), `first three: ${first.join(', ')}`);
        });
      }
    });
  }

  it('captures and watches the endangered state, also in the methods that share it', async () => {
    const plan = await ask('orders', 'why is the balance wrong?');
    const probe = (name: string) => functionsOf(plan).find(({ at }) => at === `src/accounts.ts#AccountService.${name}`);
    assert.deepEqual(probe('withdraw')?.capture, ['args', 'return', 'this.balances']);
    assert.deepEqual(probe('deposit')?.capture, ['args', 'return', 'this.balances']);
    assert.deepEqual(
      watchesOf(plan).map(({ at, path }) => [at, path]),
      [['src/accounts.ts#AccountService', 'balances']],
    );
    const safe = probe('withdrawSafely');
    assert.ok(
      !safe || /inside what looks like a lock/.test(safe.because ?? '') || !/can lose/.test(safe.because ?? ''),
    );
    const names = namesOf(plan);
    assert.ok(
      names.indexOf('AccountService.withdraw') < names.indexOf('AccountService.withdrawSafely') ||
        !names.includes('AccountService.withdrawSafely'),
    );
  });

  it('adds the libraries that the code imports or the process has', async () => {
    const libraries = (plan: Plan) => plan.probes.flatMap((probe) => (probe.kind === 'library' ? [probe.library] : []));
    assert.deepEqual(libraries(await ask('inventory', 'stock')), ['http']);
    const running: RunningCounts = { seconds: 1, functions: [], libraries: ['pg'] };
    assert.deepEqual(libraries(await ask('inventory', 'stock', 'balanced', running)), ['pg']);
  });

  it('keeps each strategy within its number of functions, the smaller being the start of the larger', async () => {
    const minimal = namesOf(await ask('dispatch', 'what can go wrong?', 'minimal'));
    const balanced = namesOf(await ask('dispatch', 'what can go wrong?', 'balanced'));
    const full = namesOf(await ask('dispatch', 'what can go wrong?', 'full'));
    assert.ok(minimal.length > 0 && minimal.length <= 5 && balanced.length <= 20 && full.length <= 150);
    assert.deepEqual(balanced.slice(0, minimal.length), minimal);
    assert.deepEqual(full.slice(0, balanced.length), balanced);
    assert.ok(full.length > minimal.length);
  });

  it('gives the same plan for the same input', async () => {
    const analysis = await analysisOf('orders');
    const again = await new WorkspaceAnalyser(join(FIXTURES, 'orders')).analyse();
    for (const question of ['why is the balance wrong?', 'what can go wrong?', '']) {
      const request = { question, strategy: 'full', running: null } as const;
      assert.deepEqual(planLocally({ ...request, analysis }), planLocally({ ...request, analysis: again }));
    }
  });

  it('says so when no code mentions what the question is about', async () => {
    const plan = await ask('inventory', 'why are the zebras purple?');
    assert.match(plan.notes?.join('\n') ?? '', /No code mentions "zebras", "purple"/);
  });

  it('says so when there is nothing to trace', () => {
    const analysis: CodeAnalysis = { root: null, files: [], skipped: [] };
    const plan = planLocally({ question: 'why?', strategy: 'minimal', analysis, running: null });
    assert.deepEqual(plan.probes, []);
    assert.match(plan.notes?.join('\n') ?? '', /Nothing was found to trace/);
  });

  it('survives hostile questions', async () => {
    const analysis = await analysisOf('orders');
    for (const question of [
      '',
      '?',
      ' '.repeat(50_000),
      'a'.repeat(50_000),
      '../../../etc/passwd',
      'select '.repeat(5_000),
      '/'.repeat(20_000),
      '"); DROP TABLE x; --',
      'at f (x.ts:1:1)\n'.repeat(5_000),
      '\u0000\ud800',
      'constructor __proto__ toString',
      'a.b'.repeat(3_000),
    ]) {
      const started = performance.now();
      parsePlan(JSON.stringify(planLocally({ question, strategy: 'balanced', analysis, running: null })), 'x');
      assert.ok(performance.now() - started < 1_500, question.slice(0, 30));
    }
  });

  it('is the one plan provider, and obeys its signal', async () => {
    const provider: PlanProvider = new LocalPlanProvider();
    const request = {
      question: 'balance',
      strategy: 'minimal',
      analysis: await analysisOf('orders'),
      running: null,
    } as const;
    assert.deepEqual(await provider.plan(request, new AbortController().signal), planLocally(request));
    await assert.rejects(provider.plan(request, AbortSignal.abort()), { name: 'AbortError' });
  });
});

/** Counts as V8 gives them for the functions of a fixture. */
async function countsOf(workspace: string, rates: Record<string, number>): Promise<RunningFunction[]> {
  const analysis = await analysisOf(workspace);
  return analysis.files.flatMap((file) =>
    file.functions.map((fn) => ({
      file: file.path,
      line: fn.line,
      column: fn.column,
      name: fn.kind === 'handler' ? '' : (fn.name.split('.').at(-1) ?? ''),
      callsPerSecond: rates[fn.name] ?? 0,
    })),
  );
}

describe('prediction', () => {
  it('predicts from the counts: 3 events per async call, 2 more per captured path, sum within the limits', async () => {
    const functions = await countsOf('orders', { 'AccountService.withdraw': 40, 'AccountService.audit': 2, pay: 40 });
    functions.push({
      file: '/srv/node_modules/pg/lib/client.js',
      line: 500,
      column: 2,
      name: 'query',
      callsPerSecond: 25,
    });
    const plan = await ask('orders', 'why is the balance wrong?', 'balanced', {
      seconds: 2,
      functions,
      libraries: ['http', 'pg'],
    });
    const probe = functionsOf(plan).find(({ at }) => at.endsWith('AccountService.withdraw'));
    assert.equal(probe?.predicted?.callsPerSecond, 40);
    assert.equal(probe?.predicted?.eventsPerSecond, 40 * 5);
    assert.ok((probe?.predicted?.overheadPercent ?? 0) > 0.01 && (probe?.predicted?.overheadPercent ?? 1) < 0.1);
    assert.ok(
      plan.probes.every((item) => item.predicted),
      'every probe is predicted',
    );
    const pg = plan.probes.find((item) => item.kind === 'library' && item.library === 'pg');
    assert.equal(pg?.predicted?.eventsPerSecond, 50);
    assert.match(functionsOf(plan).find(({ at }) => at.endsWith('deposit'))?.because ?? '', /not seen running/);
    assert.match(renderPlan(plan), /AccountService\.withdraw \+ this\.balances {2}\[40 calls\/s, 0\.02%\]/);
    assert.match(renderPlan(plan), /Predicted: \d+ events\/s \(limit 20000\), [\d.]+% overhead \(limit 5%\)/);
  });

  it('prefers functions that run', async () => {
    const functions = await countsOf('orders', { redeemCoupon: 5 });
    const still = namesOf(
      await ask('orders', 'coupons', 'balanced', {
        seconds: 1,
        functions: await countsOf('orders', { countRedemption: 5 }),
      }),
    );
    const run = namesOf(await ask('orders', 'coupons', 'balanced', { seconds: 1, functions }));
    assert.ok(run.indexOf('redeemCoupon') < run.indexOf('countRedemption'));
    assert.ok(still.includes('countRedemption'));
    assert.ok(still.indexOf('countRedemption') <= run.indexOf('countRedemption'));
  });

  it('drops state, samples or leaves out what would break the limits, and says so', async () => {
    const within = (plan: Plan): void => {
      const events = plan.probes.reduce((sum, probe) => sum + (probe.predicted?.eventsPerSecond ?? 0), 0);
      const percent = plan.probes.reduce((sum, probe) => sum + (probe.predicted?.overheadPercent ?? 0), 0);
      assert.ok(events <= plan.limits.eventsPerSecond, `${events} events/s`);
      assert.ok(percent <= plan.limits.overheadPercent, `${percent}%`);
    };
    const planAt = async (rate: number) => {
      const functions = await countsOf('orders', { 'AccountService.withdraw': rate, 'AccountService.deposit': rate });
      const plan = await ask('orders', 'why is the balance wrong?', 'balanced', { seconds: 1, functions });
      within(plan);
      return plan;
    };
    const withdraw = (plan: Plan) => functionsOf(plan).find(({ at }) => at.endsWith('AccountService.withdraw'));
    const slim = await planAt(5_000);
    assert.deepEqual(withdraw(slim)?.capture, ['args', 'return']);
    assert.match(slim.notes?.join('\n') ?? '', /withdraw: state is not captured, because 5000 calls per second/);
    const sampled = await planAt(30_000);
    assert.equal(withdraw(sampled)?.sample, 0.2);
    assert.equal(withdraw(sampled)?.predicted?.eventsPerSecond, 18_000);
    assert.match(sampled.notes?.join('\n') ?? '', /withdraw: 1 of 5 calls is recorded/);
    const dropped = await planAt(5_000_000);
    assert.equal(withdraw(dropped), undefined);
    assert.match(
      dropped.notes?.join('\n') ?? '',
      /withdraw was left out, because 5000000 calls per second would break the limits/,
    );
  });

  it('takes limits given with the request', async () => {
    const analysis = await analysisOf('orders');
    const functions = await countsOf('orders', { 'AccountService.withdraw': 100 });
    const plan = planLocally({
      question: 'balance',
      strategy: 'minimal',
      analysis,
      running: { seconds: 1, functions },
      limits: { eventsPerSecond: 50 },
    });
    assert.deepEqual(plan.limits, { overheadPercent: 5, eventsPerSecond: 50, memoryMB: 64 });
    assert.equal(functionsOf(plan).find(({ at }) => at.endsWith('withdraw'))?.sample, 0.1);
  });
});

describe('plan as text', () => {
  it('shows kind, place, conditions and reasons, and defuses control characters', () => {
    const text = renderPlan({
      version: 1,
      question: 'why\u001b[31m?',
      strategy: 'minimal',
      limits: { overheadPercent: 5, eventsPerSecond: 100, memoryMB: 64 },
      probes: [
        {
          kind: 'function',
          at: 'a.ts#f',
          capture: ['args', 'this.x'],
          when: 'args[0] > 1',
          sample: 0.1,
          because: 'a\nb',
        },
        { kind: 'watch', at: 'a.ts#A', path: 'x' },
        { kind: 'library', library: 'pg' },
      ],
      notes: ['left out\u202e'],
    });
    assert.equal(
      text,
      [
        'Plan (minimal) for "why [31m?": 3 probes',
        '  1. function a.ts#f + this.x when args[0] > 1 (10% of calls)',
        '     a b',
        '  2. watch a.ts#A .x',
        '  3. library pg',
        'Note: left out',
      ].join('\n'),
    );
  });
});
