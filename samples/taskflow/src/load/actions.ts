import { seededRandom } from '../random.js';

/** What a virtual user can do with projects and tasks alone, and how often it does, relative to the others. */
const taskWeights = {
  'list-projects': 15,
  'open-project': 18,
  'list-tasks': 18,
  'create-task': 12,
  'edit-task': 8,
  'assign-task': 10,
  'assign-burst': 5,
  'assign-next': 2,
  'complete-task': 7,
  'delete-task': 12,
} as const;

const otherWeights = {
  'read-summary': 8,
  'write-comment': 7,
  'read-comments': 6,
  'watch-dashboard': 3,
  'watch-project': 2,
  recalculate: 2,
  'make-project': 2,
  'log-in-again': 1,
  'make-report': 0.25,
} as const;

export type ActionKind = keyof typeof taskWeights | keyof typeof otherWeights;

/** `all` is everything TaskFlow can do; `tasks` is what changes and shows tasks, steady and without heavy work. */
export const mixes: Record<'all' | 'tasks', Readonly<Partial<Record<ActionKind, number>>>> = {
  all: { ...taskWeights, ...otherWeights },
  tasks: taskWeights,
};

export type Mix = keyof typeof mixes;

/** One planned action. Its rolls, all in [0, 1), decide every detail, so that no answer changes what comes next. */
export interface Action {
  kind: ActionKind;
  /** Which project. */
  place: number;
  /** Which task, or the first of several. */
  task: number;
  /** Which user to assign to. */
  person: number;
  /** How long to wait before it. */
  pause: number;
}

/** The endless sequence of one virtual user's actions; the same seed, user number and mix always give the same one. */
export function* actionSequence(seed: number, user: number, mix: Mix = 'all'): Generator<Action, never> {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(user + 1, 0x85ebca6b));
  const weights = Object.entries(mixes[mix]) as [ActionKind, number][];
  for (;;) {
    yield { kind: kindAt(weights, random()), place: random(), task: random(), person: random(), pause: random() };
  }
}

function kindAt(weights: [ActionKind, number][], roll: number): ActionKind {
  let left = roll * weights.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [kind, weight] of weights) {
    left -= weight;
    if (left < 0) return kind;
  }
  return 'list-projects';
}
