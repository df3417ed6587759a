/** A row of a list that a page shows. */
export interface Row {
  id: number | string;
}

/** One change to what a page shows. */
export type Patch =
  | { op: 'put'; list: string; row: Row }
  | { op: 'remove'; list: string; id: Row['id'] }
  | { op: 'set'; key: string; value: unknown };

/** What the server sends to a page: first everything, then changes. */
export type LiveMessage =
  | { type: 'render'; view: string; assigns: object }
  | { type: 'patch'; patches: Patch[] }
  | { type: 'gone'; message: string };
