/** Small helpers of the page's scripts. Text reaches the document as text nodes only. */

type Content = Node | string | null;

/** An element with attributes (null: without) and children. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | null>> = {},
  ...children: readonly Content[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(name, value);
  element.append(...children.filter((c) => c !== null));
  return element;
}

/** The element that must be there: the page's own markup. */
export function must<E extends Element>(root: ParentNode, selector: string): E {
  const found = root.querySelector<E>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}

const svgNamespace = 'http://www.w3.org/2000/svg';

export function svgEl(tag: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const element = document.createElementNS(svgNamespace, tag) as SVGElement;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}

/** Puts markup that the report's own functions made in the place of an element's children. */
export function setMarkup(element: Element, markup: string): void {
  element.innerHTML = markup;
}

/** Keys that belong to a control which is being typed into, or come with a modifier, are not the page's. */
export const isPlainKey = (event: KeyboardEvent): boolean =>
  !event.ctrlKey &&
  !event.metaKey &&
  !event.altKey &&
  !(event.target instanceof HTMLElement && /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName));
