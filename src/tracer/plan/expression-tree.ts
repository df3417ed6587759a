/**
 * A checked condition as plain JSON: what `plan/expression.ts` makes of a plan's `when` and what the agent interprets
 * (`agent/evaluate.ts`) without `eval`. There is no node for a call, an assignment or a constructor, so none can happen.
 */
export type ExpressionTree =
  /** A literal; numbers are finite, so the tree survives JSON. */
  | { readonly kind: 'literal'; readonly value: string | number | boolean | null }
  | { readonly kind: 'undefined' }
  /** Decimal digits of a BigInt literal, which JSON cannot carry. */
  | { readonly kind: 'bigint'; readonly digits: string }
  /** `this` or `args`: the receiver and the arguments of the call. */
  | { readonly kind: 'root'; readonly root: 'this' | 'args' }
  /** A bare name, to be replaced by `resolveNames` once the function's parameters are known; the agent reads it as undefined. */
  | { readonly kind: 'name'; readonly name: string }
  /** `object[key]`. Reading through null or undefined gives undefined (so `a.b` and `a?.b` are the same node). */
  | { readonly kind: 'member'; readonly object: ExpressionTree; readonly key: ExpressionTree }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: ExpressionTree }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: ExpressionTree;
      readonly right: ExpressionTree;
    }
  | {
      readonly kind: 'logical';
      readonly operator: LogicalOperator;
      readonly left: ExpressionTree;
      readonly right: ExpressionTree;
    };

export const UNARY_OPERATORS = ['!', '-', '+', '~', 'typeof'] as const;
export const BINARY_OPERATORS = [
  ...['==', '!=', '===', '!==', '<', '<=', '>', '>='],
  ...['+', '-', '*', '/', '%', '**', '&', '|', '^', '<<', '>>', '>>>'],
] as const;
export const LOGICAL_OPERATORS = ['&&', '||', '??'] as const;

export type UnaryOperator = (typeof UNARY_OPERATORS)[number];
export type BinaryOperator =
  | ('==' | '!=' | '===' | '!==' | '<' | '<=' | '>' | '>=')
  | ('+' | '-' | '*' | '/' | '%' | '**' | '&' | '|' | '^' | '<<' | '>>' | '>>>');
export type LogicalOperator = (typeof LOGICAL_OPERATORS)[number];
