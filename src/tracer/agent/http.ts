import type { Context } from './context.ts';
import type { Host } from './host.ts';
import type { Recorder } from './recorder.ts';
import { Rec } from './wire.ts';

const START = 'http.server.request.start';
const FINISH = 'http.server.response.finish';
const MAX_IN_FLIGHT = 50_000;
const MAX_URL = 2000;

interface Exchange {
  readonly request: { readonly method?: string; readonly url?: string };
  readonly response: { readonly statusCode: number; readonly closed: boolean; readonly destroyed: boolean };
}

/**
 * HTTP requests served, from Node's own diagnostics channels (`http.server.request.start`, `http.server.response.finish`).
 * The request's span is entered for everything that follows from it. HTTP/2 has no such channel and is not seen.
 */
export class HttpServerProbe {
  private readonly inFlight = new Map<object, number>();
  calls = 0;

  constructor(
    private readonly recorder: Recorder,
    private readonly context: Context,
    private readonly host: Host,
    private readonly newCall: () => number,
    private readonly probe: number,
  ) {
    host.channels.subscribe(START, this.start);
    host.channels.subscribe(FINISH, this.finish);
  }

  remove(): void {
    this.host.channels.unsubscribe(START, this.start);
    this.host.channels.unsubscribe(FINISH, this.finish);
    this.inFlight.clear();
  }

  private readonly start = (message: unknown): void => {
    const { recorder } = this;
    try {
      const { request, response } = message as Exchange;
      if (this.inFlight.size >= MAX_IN_FLIGHT || !recorder.begin(Rec.httpStart)) return;
      const call = this.newCall();
      recorder.out.varint(call);
      recorder.capture.text(String(request.method).slice(0, 20));
      recorder.capture.text(this.withoutSecrets(String(request.url).slice(0, MAX_URL)));
      recorder.end();
      this.calls++;
      this.inFlight.set(response, call);
      // The application's handler runs later in this same synchronous stretch, inside the context entered here.
      this.context.storage.enterWith(call);
    } catch (error) {
      recorder.abort(error, this.probe);
    }
  };

  private readonly finish = (message: unknown): void => {
    this.end((message as Exchange).response, 1);
  };

  private end(response: Exchange['response'], outcome: 0 | 1): void {
    const call = this.inFlight.get(response);
    if (call === undefined) return;
    this.inFlight.delete(response);
    const { recorder } = this;
    try {
      if (!recorder.begin(Rec.httpEnd)) return;
      recorder.out.varint(call);
      recorder.out.varint(response.statusCode);
      recorder.out.byte(outcome);
      recorder.end();
    } catch (error) {
      recorder.abort(error, this.probe);
    }
  }

  /** Responses whose connection went away before they finished have no event of their own: found here, now and then. */
  sweep(): void {
    for (const response of this.inFlight.keys()) {
      const { closed, destroyed } = response as Exchange['response'];
      if (closed || destroyed) this.end(response as Exchange['response'], 0);
    }
  }

  private withoutSecrets(url: string): string {
    const query = url.indexOf('?');
    if (query < 0) return url;
    const pairs = url.slice(query + 1).split('&');
    const shown = pairs.map((pair) => {
      const name = pair.slice(0, pair.indexOf('='));
      return name !== '' && this.recorder.capture.isSecret(name) ? `${name}=[redacted]` : pair;
    });
    return `${url.slice(0, query + 1)}${shown.join('&')}`;
  }
}
