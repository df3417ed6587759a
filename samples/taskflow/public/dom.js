/**
 * Makes an element. `props` are properties (`className`, `textContent`, ...), except `on` (listeners by event) and
 * `attributes`. Text is always text: nothing here reads HTML.
 */
export function el(tag, props = {}, ...children) {
  const { on = {}, attributes = {}, ...rest } = props;
  const element = Object.assign(document.createElement(tag), rest);
  for (const [event, listener] of Object.entries(on)) element.addEventListener(event, listener);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** The element with this id. */
export const byId = (id) => document.getElementById(id);

/**
 * Makes the children of a list those of `items`, in this order. An item that looks as it did keeps its element, so that
 * what somebody is using there (a menu, the focus) survives a change elsewhere; changed and new ones flash.
 */
export function syncList(list, items, render, context = '') {
  const first = list.dataset.filled === undefined;
  const old = new Map([...list.children].map((child) => [child.dataset.key, child]));
  let place = list.firstElementChild;
  for (const item of items) {
    const key = String(item.id);
    const looks = JSON.stringify(item) + context;
    let element = old.get(key);
    if (element?.looks !== looks) {
      element?.remove();
      if (element === place) place = list.firstElementChild;
      element = render(item);
      element.dataset.key = key;
      element.looks = looks;
      if (!first) element.classList.add('flash');
    }
    old.delete(key);
    place = nextAfter(list, element, place);
  }
  for (const gone of old.values()) gone.remove();
  list.dataset.filled = '';
}

function nextAfter(list, element, place) {
  const at = place?.parentElement === list ? place : null;
  if (element === at) return at.nextElementSibling;
  list.insertBefore(element, at);
  return at;
}

/** Says something about a form or a page: an error in red, or all else in green; nothing clears it. */
export function say(output, text = '', good = false) {
  output.textContent = text;
  output.className = `message ${text ? (good ? 'good' : 'bad') : ''}`;
}

/** Runs `work` with a form's values at every submit; shows why it failed in the form's output. */
export function onSubmit(form, work) {
  const output = form.querySelector('output');
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const button = event.submitter ?? form.querySelector('button');
    button.disabled = true;
    say(output);
    try {
      const done = await work(Object.fromEntries(new FormData(form)));
      if (done) say(output, done, true);
    } catch (error) {
      say(output, error.message);
    } finally {
      button.disabled = false;
    }
  });
}

/** A coloured disc with the first letters of a name. */
export function avatar(name, title = name) {
  let hue = 0;
  for (const letter of name) hue = (hue * 31 + letter.codePointAt(0)) % 12;
  const digits = /\d+$/.exec(name)?.[0] ?? '';
  const letters = `${[...name][0]}${digits || ([...name][1] ?? '')}`.slice(0, 3);
  return el('span', { className: `avatar hue-${hue}`, title, textContent: letters.toUpperCase() });
}
