const TITLES: Record<number, string> = {
  401: 'Please log in',
  403: 'Not allowed',
  404: 'Not found',
  500: 'Something went wrong',
};

/** A page for people about a request that failed. */
export function errorPage(statusCode: number, message: string): string {
  const title = TITLES[statusCode] ?? 'This did not work';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · TaskFlow</title>
<link rel="icon" href="/assets/icon.svg">
<link rel="stylesheet" href="/assets/app.css">
</head>
<body class="centred">
<main class="card error-page">
<p class="error-code">${statusCode}</p>
<h1>${title}</h1>
<p>${escapeHtml(message)}</p>
<p><a class="button" href="/">Back to TaskFlow</a></p>
</main>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
