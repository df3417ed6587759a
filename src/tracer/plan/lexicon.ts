import { stem } from './analysis/words.ts';

/** What a question is after; each makes other shapes of code interesting. */
export type Intent = 'race' | 'slow' | 'query' | 'memory' | 'error';

export const INTENTS: readonly Intent[] = ['race', 'slow', 'query', 'memory', 'error'];

/** How people say it. Matched on the lower-case question; each match counts once. */
export const INTENT_PATTERNS: Readonly<Record<Intent, readonly RegExp[]>> = {
  race: [
    /\brac(?:e|es|ing|y)\b|\brace.?conditions?\b/,
    /\b(?:lost|lose|loses|losing|disappear\w*|vanish\w*|go(?:es)? missing|missing|overwrit\w*|overridden|clobber\w*)\b/,
    /\b(?:duplicat\w*|doubl\w*|twice|two times|more than once|again and again|both)\b/,
    /\b(?:same|identical)\b/,
    /\b(?:two|2|both|several|multiple|many)\s+(?:\w+\s+)?(?:users?|customers?|people|clients?|requests?|calls?|processes|persons?|buyers?|workers?)\b/,
    /\b(?:concurren\w*|parallel|simultaneous\w*|at once|at the same (?:time|moment)|interleav\w*|overlap\w*|atomic\w*)\b/,
    /\b(?:inconsisten\w*|wrong|incorrect\w*|inaccurate|stale|out of sync|outdated|drift\w*|mismatch\w*|do(?:es)?(?:n't| not) (?:add up|match)|off by|corrupt\w*|too (?:high|low|many|few)|negative|oversold|oversell\w*|overbook\w*)\b/,
    /\b(?:under load|when busy|when it is busy|under pressure|at peak)\b/,
    /\b(?:sometimes|intermittent\w*|occasional\w*|flaky|from time to time|once in a while)\b/,
  ],
  slow: [
    /\b(?:slow\w*|sluggish|latenc\w*|lag\w*|delay\w*|performan\w*|bottleneck\w*|fast\w*|speed\w*|response times?)\b/,
    /\b(?:takes?|taking|took|needs?)\s+(?:\w+\s+){0,3}(?:long|forever|ages|seconds?|minutes?|time)\b/,
    /\b(?:time ?outs?|times? out|timed out|hang\w*|stuck|block\w*|wait\w*|freez\w*|cpu|event.?loop)\b/,
  ],
  query: [/\b(?:quer(?:y|ies)|databases?|sql|postgres\w*|n\s?\+\s?1|selects?|inserts?|tables?|db|round.?trips?)\b/],
  memory: [/\b(?:memory|leak\w*|heap|rss|ram|oom|grow(?:s|ing)?|gc|garbage)\b/],
  error: [
    /\b(?:crash\w*|error\w*|exception\w*|fail\w*|throw\w*|thrown|reject\w*|unhandled|broken|breaks?|die[sd]?|dying|restart\w*|50[0234]s?|40[0-9]s?)\b/,
  ],
};

/** Questions that ask for everything. */
export const VAGUE =
  /\b(?:what(?:'s| is| can| could| might)?\s+(?:go(?:es|ing)?\s+wrong|happen\w*|wrong|going on|slow|broken|it do(?:es|ing)?)|any (?:bugs?|problems?|issues?)|overview|find (?:bugs?|problems?|issues?)|anything)\b/;

/** Words that carry a question's grammar or its intent, not its topic. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  (
    'a about above after again against all also always am an and any anybody anyone anything are around as at be because been before being below between both but by can ' +
    'cannot could did do does doing done down during each either else ever every everything few find for from further get gets getting give gives given go goes going got had has have ' +
    'having he her here hers him his how however i if in instead into is it its itself just keep keeps know let lets like look looks made make makes many may maybe me might more most ' +
    'much must my myself need needs never no nobody none nor not nothing now of off often on once one only or other our out over own please problem really reason right say says see ' +
    'seem seems she should show shows so some somebody someone something sometimes somewhere still such take takes tell than that the their them then there these they thing things ' +
    'think this those through time times to too toward try trying two under until up upon us use used uses using very want was way we well were what whatever when where whether which ' +
    'while who whom whose why will with within without would wrong yet you your yours app application code function functions node nodejs process program service system server user-visible ' +
    'same twice lost lose losing duplicate duplicated concurrent parallel race slow slowly fast latency performance long longer load busy issue issues bug bugs happen happens happening explain ' +
    'causes cause caused take taking took crash crashes error errors fail fails failing missing disappear disappears incorrect inconsistent random randomly several multiple new'
  )
    .split(' ')
    .map(stem),
);

/** Words that programmers and users use for one another; the first list a word is in counts. */
const GROUPS: readonly string[] = [
  'user account member customer person people client profile',
  'task todo job ticket item work assignment',
  'order purchase checkout cart basket buy',
  'money balance amount fund wallet credit debit transfer withdraw deposit',
  'pay payment charge bill invoice price',
  'page view screen detail dashboard render display open',
  'assign give allocate claim take grab reserve next',
  'delete remove destroy drop',
  'create add insert make register',
  'update change edit modify save patch set',
  'count counter total number sum statistic stats slot tally figure',
  'stock inventory quantity warehouse product',
  'mail email notification notify message send webhook',
  'login auth authenticate session sign password token',
  'seat booking book reservation reserve room',
  'search filter find lookup query',
  'list index all overview browse',
  'report export download csv pdf',
  'upload file image attachment storage',
  'cache memo cached',
  'job queue worker background schedule cron',
  'finish complete done close resolve',
  'comment reply note post',
  'project board workspace folder',
];

const SYNONYMS: ReadonlyMap<string, readonly string[]> = buildSynonyms();

function buildSynonyms(): Map<string, string[]> {
  const map = new Map<string, string[]>();
  for (const group of GROUPS) {
    const words = group.split(' ').map(stem);
    for (const word of words) map.set(word, [...(map.get(word) ?? []), ...words.filter((other) => other !== word)]);
  }
  return map;
}

/** Stems that mean nearly the same. */
export function synonymsOf(word: string): readonly string[] {
  return SYNONYMS.get(word) ?? [];
}

/** Verbs behind which a question hides the action: "two users *get* the same task" is about giving it to them. */
export const HIDDEN_ACTIONS: readonly { readonly said: RegExp; readonly means: readonly string[] }[] = [
  {
    said: /\b(?:get|gets|got|receive\w*|end(?:s)? up with|have)\s+(?:\w+\s+){0,2}(?:the )?same\b/,
    means: ['assign', 'claim', 'take', 'next', 'reserve', 'book'].map(stem),
  },
  {
    said: /\bpage\b|\bopen(?:s|ing)?\b|\bview\w*\b|\bload(?:s|ing)?\b/,
    means: ['get', 'show', 'load', 'detail', 'view'].map(stem),
  },
  { said: /\bmoney\b|\bpaid\b|\bpay\w*\b/, means: ['balance', 'transfer', 'withdraw', 'charge'].map(stem) },
];
