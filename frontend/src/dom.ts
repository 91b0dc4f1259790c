// Elements made from data: text is always text, never markup.

import { t } from "./words";

type Child = Node | string | null;
type Value = string | number | boolean | null | ((event: Event) => void);

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Value> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child): child is Node | string => child !== null));
  return element;
}

/** What had the focus keeps it, by its id; where it can no longer be pressed, the button beside it has it, and where it is
 * gone, the first thing to use there. What was unfolded stays so, and tables stay where they were scrolled to. */
export function fill(element: Element, ...children: Child[]): void {
  const active = element.contains(document.activeElement) ? document.activeElement : null;
  const before = tops(element).map((one) => ({ open: one.hasAttribute("open"), top: one.scrollTop, focused: active !== null && held(one) === active }));
  element.replaceChildren(...children.filter((child): child is Node | string => child !== null));
  const after = tops(element);
  if (after.length === before.length) {
    before.forEach(({ open, top, focused }, i) => {
      const one = after[i] as HTMLElement;
      if (open) one.setAttribute("open", "");
      one.scrollTop = top;
      if (focused) held(one)?.focus({ preventScroll: true });
    });
  }
  if (!active?.id) return;
  const again = document.getElementById(active.id) ?? element.querySelector<HTMLElement>(":is(button, input, select):enabled");
  (again?.matches(":disabled") ? again.parentElement?.querySelector<HTMLElement>("button:enabled") : again)?.focus({ preventScroll: true });
}

/** What can be unfolded or scrolled. */
function tops(element: Element): HTMLElement[] {
  return [...element.querySelectorAll<HTMLElement>("details, .scroll")];
}

/** What of it has the focus. */
function held(one: HTMLElement): HTMLElement | null {
  return one.matches("details") ? one.querySelector("summary") : one;
}

/** Fields in a row with their button: Enter in a field does what the button does, once the browser finds the values right. */
export function form(sent: () => void, ...children: Child[]): HTMLFormElement {
  const submit = (event: Event) => {
    event.preventDefault();
    sent();
  };
  return h("form", { class: "row", submit }, ...children);
}

/** What a figure is: simulated, observed or assumed. */
export function mark(what: "simulated" | "observed" | "assumed"): HTMLElement {
  return h("span", { class: `mark ${what}` }, t(what));
}

export function table(caption: string, head: string[], rows: Child[][], textColumns: number | number[] = 1): HTMLElement {
  const isText = (column: number) => (typeof textColumns === "number" ? column < textColumns : textColumns.includes(column));
  const side = (column: number) => (column === 0 || isText(column) ? "" : "number");
  const cells = (row: Child[]) =>
    row.map((cell, i) => (i === 0 ? h("th", { scope: "row" }, cell) : h("td", { class: side(i) }, cell)));
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, ...head.map((name, i) => (name ? h("th", { scope: "col", class: side(i) }, name) : h("td", {}))))),
      h("tbody", {}, ...rows.map((row) => h("tr", {}, ...cells(row)))),
    ),
  );
}

export function save(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = h("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
