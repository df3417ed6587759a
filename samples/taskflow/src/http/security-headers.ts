const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
];

/** For every page: nothing but our own files is loaded, and nothing inside the page is run. */
export const pageHeaders = {
  'content-security-policy': policy.join('; '),
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
} as const;
