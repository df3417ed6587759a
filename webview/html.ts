/** What the page needs from its surroundings: the extension gives webview URIs, the browser test paths of its own server. */
export interface CinemaPage {
  readonly scriptUri: string;
  readonly styleUri: string;
  /** `webview.cspSource` in VS Code. */
  readonly cspSource: string;
  /** Unguessable, new for each page. */
  readonly nonce: string;
}

/**
 * SHA-256 of nothing. The control library once adds an empty style element to learn whether `:focus-visible` is known; with this it may,
 * and no style element that says anything may.
 */
const EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";

/** The policy of the cinema: one script by nonce, one style sheet, nothing inline, nothing from elsewhere, no connections. */
export function cinemaPolicy(page: Pick<CinemaPage, 'cspSource' | 'nonce'>): string {
  return [
    "default-src 'none'",
    `style-src ${page.cspSource} ${EMPTY_STYLE}`,
    `script-src 'nonce-${page.nonce}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/** The whole page; everything else is built by the script with DOM calls. */
export function cinemaHtml(page: CinemaPage): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${attribute(cinemaPolicy(page))}">
<link rel="stylesheet" href="${attribute(page.styleUri)}">
<title>NodeScope Cinema</title>
</head>
<body>
<main id="cinema" aria-label="NodeScope Cinema"></main>
<script type="module" nonce="${attribute(page.nonce)}" src="${attribute(page.scriptUri)}"></script>
</body>
</html>
`;
}

function attribute(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
