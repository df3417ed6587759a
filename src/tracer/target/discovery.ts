import { get } from 'node:http';

/** What answers at a port: an inspector with its WebSocket URL, something else, or nothing. */
export type Discovery =
  | { readonly kind: 'inspector'; readonly url: string }
  | { readonly kind: 'other'; readonly why: string }
  | { readonly kind: 'nothing' };

const MAX_ANSWER = 1 << 20;

/** Asks `host:port` for its inspector targets (`GET /json/list`, documented with Node's --inspect). `ms` bounds the wait. */
export function inspectorAt(host: string, port: number, ms: number): Promise<Discovery> {
  return new Promise((resolve) => {
    const request = get({ host, port, path: '/json/list', timeout: ms, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MAX_ANSWER) request.destroy();
      });
      response.on('end', () => resolve(read(text, host, port)));
      response.on('error', () => resolve({ kind: 'other', why: 'the answer broke off' }));
    });
    request.on('timeout', () => {
      request.destroy();
      resolve({ kind: 'other', why: `no answer within ${ms} ms` });
    });
    request.on('error', (error: NodeJS.ErrnoException) =>
      resolve(
        error.code === 'ECONNREFUSED' || error.code === 'ENOTFOUND'
          ? { kind: 'nothing' }
          : { kind: 'other', why: error.code ?? 'it does not speak HTTP' },
      ),
    );
  });
}

function read(text: string, host: string, port: number): Discovery {
  try {
    const list = JSON.parse(text) as unknown;
    const first: unknown = Array.isArray(list) ? list[0] : undefined;
    const record = (first ?? {}) as { type?: unknown; webSocketDebuggerUrl?: unknown; id?: unknown };
    if (record.type !== 'node') return { kind: 'other', why: 'it serves no Node.js target' };
    // Another client connected may leave the URL out; the id is always there. The host is ours: the answer is not trusted to send us elsewhere.
    const id = typeof record.id === 'string' && /^[\w-]+$/.test(record.id) ? record.id : null;
    return id === null
      ? { kind: 'other', why: 'its target has no id' }
      : { kind: 'inspector', url: `ws://${host.includes(':') ? `[${host}]` : host}:${port}/${id}` };
  } catch {
    return { kind: 'other', why: 'its answer is not JSON' };
  }
}
