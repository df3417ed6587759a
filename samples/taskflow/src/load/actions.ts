import { seededRandom } from '../random.js';

/** What a virtual user can do, and how often it does, relative to the others. */
export const actionWeights = {
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

export type ActionKind = keyof typeof actionWeights;

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

const kinds = Object.keys(actionWeights) as ActionKind[];
const totalWeight = kinds.reduce((sum, kind) => sum + actionWeights[kind], 0);

/** The endless sequence of one virtual user's actions; the same seed and user number always give the same one. */
export function* actionSequence(seed: number, user: number): Generator<Action, never> {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(user + 1, 0x85ebca6b));
  for (;;) {
    yield { kind: kindAt(random()), place: random(), task: random(), person: random(), pause: random() };
  }
}

function kindAt(roll: number): ActionKind {
  let left = roll * totalWeight;
  for (const kind of kinds) {
    left -= actionWeights[kind];
    if (left < 0) return kind;
  }
  return 'list-projects';
}
