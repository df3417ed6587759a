import type { FunctionNode, Holder } from './function-index.ts';

/**
 * The breakpoint condition that stands at a function's start: it tells the agent of the hit and, where the binding can be
 * reached from the frame, replaces it. It is true only when the debugger itself has to act: to write a `const`, or to look
 * at the callers because the agent was told to pause (`pausing`). Only names from the parsed script and a number go into it.
 */
export function entryCondition(agent: string, probe: number, node: FunctionNode): string {
  const a = `globalThis.${agent}`;
  return `(${a}.hit(${probe},${receiver(node)},${argumentsOf(node, a)})&&(${replacement(a, probe, node)}||${a}.pausing(${probe})))`;
}

/** A parameter name that hides no function of the application; minifiers use up the short ones. */
const VALUE = '__nodescope_value';

/** Replaces the binding; true when the debugger has to write it. */
function replacement(a: string, probe: number, node: FunctionNode): string {
  const { binding } = node;
  switch (binding.kind) {
    case 'assignable': {
      const name = identifier(binding.name);
      return `(typeof ${name}==="function"?${name}=${a}.bind(${probe},${name},${VALUE}=>{${name}=${VALUE}}):${a}.exported(${probe}),false)`;
    }
    case 'constant': {
      const name = identifier(binding.name);
      return `(typeof ${name}==="function"?${a}.arm(${probe},${name}):(${a}.exported(${probe}),false))`;
    }
    case 'property':
      return `(${a}.method(${probe},${node.arrow ? 'this' : receiver(node)},${JSON.stringify(binding.key)}${literal(binding.holder)}),false)`;
    case 'none':
      return `(${a}.unbound(${probe}),false)`;
  }
}

/** The object literal that has the function, for arrows and methods that are called without it as receiver. */
function literal(holder: Holder | undefined): string {
  if (holder === undefined) return '';
  const root = identifier(holder.root);
  return `,typeof ${root}==="object"?${root}:undefined,${JSON.stringify(holder.keys)}`;
}

/** The condition at detach: true once the debugger is to put the original back into a `const`. */
export function exitCondition(agent: string, probe: number, node: FunctionNode): string {
  const name = node.binding.kind === 'constant' ? identifier(node.binding.name) : null;
  return `globalThis.${agent}.unarm(${probe},${name === null ? 'undefined' : `typeof ${name}==="function"?${name}:undefined`})`;
}

/**
 * An arrow function's `this` belongs to the code around it and may not be available in its frame; a constructor's is not
 * there yet in a derived class, where naming it throws.
 */
function receiver(node: FunctionNode): string {
  if (node.classConstructor) return 'undefined';
  return node.arrow && node.binding.kind !== 'property' ? 'undefined' : 'this';
}

function argumentsOf(node: FunctionNode, agent: string): string {
  if (!node.arrow) return 'arguments';
  return `[${node.parameters.map((name) => (name === null ? `${agent}.absent` : identifier(name))).join(',')}]`;
}

function identifier(name: string): string {
  if (!/^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u.test(name)) throw new Error(`not an identifier: ${name}`);
  return name;
}
