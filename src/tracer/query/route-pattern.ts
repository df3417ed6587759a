const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const HEX = /^[0-9a-f]{12,}$/i;
const TOKEN = /^[\w-]{16,}$/;
const MAX_SEGMENTS = 32;
const MAX_LENGTH = 300;

/**
 * Method and path with every segment that looks like an id replaced, without query: `GET /projects/12?full=1` becomes
 * `GET /projects/:id`. Ids are numbers, UUIDs, long hexadecimal text, and long tokens that mix letters and digits.
 */
export function routePattern(method: string, url: string): string {
  const path = url.slice(0, MAX_LENGTH).split(/[?#]/, 1)[0] as string;
  const segments = path.split('/', MAX_SEGMENTS + 1).map((segment) => (isId(segment) ? ':id' : segment));
  if (segments.length > MAX_SEGMENTS) segments[MAX_SEGMENTS] = '…';
  return `${method} ${segments.join('/') || '/'}`;
}

function isId(segment: string): boolean {
  if (/^\d+$/.test(segment) || UUID.test(segment)) return true;
  if (!/\d/.test(segment)) return false;
  return HEX.test(segment) || (TOKEN.test(segment) && /[a-z]/i.test(segment) && digits(segment) >= 3);
}

const digits = (text: string): number => text.replace(/\D/g, '').length;
