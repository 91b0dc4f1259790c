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

/** What had the focus keeps it, if it has an id; where it can no longer be pressed, the button beside it has it. */
export function fill(element: Element, ...children: Child[]): void {
  const held = element.contains(document.activeElement) ? (document.activeElement?.id ?? "") : "";
  element.replaceChildren(...children.filter((child): child is Node | string => child !== null));
  const again = held ? document.getElementById(held) : null;
  (again?.matches(":disabled") ? again.parentElement?.querySelector<HTMLElement>("button:enabled") : again)?.focus();
}

/** What a figure is: simulated, observed or assumed. */
export function mark(what: "simulated" | "observed" | "assumed"): HTMLElement {
  return h("span", { class: `mark ${what}` }, t(what));
}

export function table(caption: string, head: string[], rows: Child[][], textColumns: number | number[] = 1): HTMLElement {
  const isText = (column: number) => (typeof textColumns === "number" ? column < textColumns : textColumns.includes(column));
  const cells = (row: Child[]) =>
    row.map((cell, i) =>
      i === 0 ? h("th", { scope: "row" }, cell) : h("td", { class: isText(i) ? "" : "number" }, cell),
    );
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, ...head.map((name) => h("th", { scope: "col" }, name)))),
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
