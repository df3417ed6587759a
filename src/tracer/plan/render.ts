import type { Plan, PlanProbe } from './plan.ts';
import { total } from './predict.ts';

/**
 * A plan as short text for the terminal: a heading, per probe one line with its rate and one with its reason, the
 * predicted total, the notes. No colours. Control characters of untrusted plans are shown as spaces.
 */
export function renderPlan(plan: Plan): string {
  const question = plan.question === undefined || plan.question === '' ? '' : ` for "${clean(plan.question)}"`;
  const lines = [
    `Plan (${plan.strategy})${question}: ${plan.probes.length} ${plan.probes.length === 1 ? 'probe' : 'probes'}`,
  ];
  plan.probes.forEach((probe, index) => {
    lines.push(`${String(index + 1).padStart(3)}. ${clean(titleOf(probe))}${rateOf(probe)}`);
    if (probe.because !== undefined) lines.push(`     ${clean(probe.because)}`);
  });
  if (plan.probes.some((probe) => probe.predicted)) {
    const sum = total(plan.probes.map((probe) => probe.predicted));
    const { limits } = plan;
    lines.push(
      `Predicted: ${rounded(sum.eventsPerSecond)} events/s (limit ${limits.eventsPerSecond}), ${percent(sum.overheadPercent)} overhead (limit ${percent(limits.overheadPercent)})`,
    );
  }
  for (const note of plan.notes ?? []) lines.push(`Note: ${clean(note)}`);
  return lines.join('\n');
}

function titleOf(probe: PlanProbe): string {
  switch (probe.kind) {
    case 'function': {
      const paths = probe.capture.filter((entry) => entry !== 'args' && entry !== 'return');
      const capture = paths.length > 0 ? ` + ${paths.join(', ')}` : '';
      const when = probe.when === undefined ? '' : ` when ${probe.when}`;
      return `function ${probe.at}${capture}${when}${probe.sample === undefined || probe.sample === 1 ? '' : ` (${percent(probe.sample * 100)} of calls)`}`;
    }
    case 'watch':
      return `watch ${probe.at} .${probe.path}`;
    case 'library':
      return `library ${probe.library}`;
  }
}

function rateOf(probe: PlanProbe): string {
  if (!probe.predicted) return '';
  return `  [${rounded(probe.predicted.callsPerSecond)} ${probe.kind === 'watch' ? 'accesses' : 'calls'}/s, ${percent(probe.predicted.overheadPercent)}]`;
}

const rounded = (value: number): string => (value >= 10 || value === 0 ? String(Math.round(value)) : value.toFixed(1));
const percent = (value: number): string => (value > 0 && value < 0.01 ? '<0.01%' : `${Number(value.toFixed(2))}%`);
const clean = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
