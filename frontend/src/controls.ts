// What may be changed. Policies are switched and scaled; nothing here says where anyone stands.

import { change, compareWith } from "./actions";
import { fill, form, h } from "./dom";
import { exact } from "./numbers";
import { on, noChanges, state } from "./state";
import { spaced, t, told } from "./words";
import type { Network } from "./types";

const ACTUAL = "actual";

export function controls(into: HTMLElement): void {
  const paint = () => {
    const network = state.network;
    if (!network) return;
    into.setAttribute("aria-label", t("change"));
    fill(
      into,
      h("h2", {}, t("change")),
      policy(network),
      more(network),
      strength(),
      network.rule === "goal" ? departures() : null,
      network.health || network.disease ? health(network) : null,
      network.places.some((place) => place.beds) ? adder(network, "beds") : null,
      network.places.some((place) => place.clinics) ? adder(network, "clinics") : null,
      comparison(network),
      h("button", { type: "button", id: "reset", click: () => void change(fresh(network)) }, t("reset")),
    );
  };
  on(["network", "changes", "language"], paint);
}

function fresh(network: Network) {
  const base = network.policies.some((policy) => policy.name === ACTUAL) ? ACTUAL : (network.policies[0]?.name ?? ACTUAL);
  return { ...noChanges(), policies: [base] };
}

function labelled(id: string, text: string, control: HTMLElement, hint = "", lang = ""): HTMLElement {
  control.id = id;
  if (hint) control.setAttribute("aria-describedby", `${id}-hint`);
  return h(
    "p",
    { class: "field" },
    h("label", { for: id }, text),
    control,
    hint ? h("small", { id: `${id}-hint`, ...(lang ? { lang } : {}) }, hint) : null,
  );
}

function choice(network: Network, chosen: string, blank: boolean, then: (name: string) => void): HTMLSelectElement {
  const select = h("select", { change: () => then(select.value) });
  if (blank) select.append(h("option", { value: "" }, t("none")));
  for (const policy of network.policies) {
    select.append(h("option", { value: policy.name, title: policy.note }, told(policy.title, policy.name)));
  }
  select.value = chosen;
  return select;
}

function policy(network: Network): HTMLElement {
  const [first = ACTUAL, ...rest] = state.changes.policies;
  const note = network.policies.find((one) => one.name === first)?.note ?? "";
  const select = choice(network, first, false, (name) => void change({ policies: [name, ...rest.filter((other) => other !== name)] }));
  return labelled("policy", t("policy"), select, note, "en");
}

function more(network: Network): HTMLElement {
  const [first = ACTUAL, second = ""] = state.changes.policies;
  const select = choice(network, second, true, (name) => void change({ policies: name && name !== first ? [first, name] : [first] }));
  return labelled("policy-more", t("policy_more"), select);
}

function slider(id: string, text: string, value: number, most: number, then: (value: number) => void, hint = ""): HTMLElement {
  const shown = h("output", { for: id }, `× ${exact(value)}`);
  const range = h("input", {
    type: "range",
    min: 0,
    max: most,
    step: 0.1,
    value,
    input: () => (shown.textContent = `× ${exact(Number(range.value))}`),
    change: () => then(Number(range.value)),
  });
  const field = labelled(id, text, range, hint);
  range.after(shown);
  return field;
}

function strength(): HTMLElement {
  const then = (enforcement: number) => void change({ enforcement });
  return slider("enforcement", t("enforcement"), state.changes.enforcement, 2, then, t("enforcement_hint"));
}

function departures(): HTMLElement {
  return slider("departures", t("departures"), state.changes.departures, 3, (value) => void change({ departures: value }));
}

function health(network: Network): HTMLElement {
  const box = h("input", { type: "checkbox", change: () => void change({ health: box.checked }) });
  box.checked = state.changes.health ?? network.health;
  return labelled("health", t("health", { disease: network.disease }), box);
}

function adder(network: Network, what: "beds" | "clinics"): HTMLElement {
  const number = h("input", { type: "number", required: true, min: 1, max: 100000, value: what === "beds" ? 100 : 50, id: what });
  const place = h("select", { "aria-label": `${t(what)}: ${t("place")}`, id: `${what}-place` });
  for (const one of network.places) {
    if (one[what]) place.append(h("option", { value: one.place }, `${one.name} (${spaced(one.country)})`));
  }
  const add = () => {
    const people = Number(number.value);
    if (place.value) void change({ [what]: { ...state.changes[what], [place.value]: people } });
  };
  const items = Object.entries(state.changes[what]).map(([id, people]) => {
    const name = network.places.find((one) => one.place === id)?.name ?? id;
    const rest = Object.fromEntries(Object.entries(state.changes[what]).filter(([other]) => other !== id));
    const taken = () => {
      document.getElementById(`${what}-add`)?.focus();
      void change({ [what]: rest });
    };
    const remove = h("button", { type: "button", "aria-label": t("remove", { what: name }), click: taken }, "×");
    return h("li", {}, `${name}: +${exact(people)} `, remove);
  });
  return h(
    "fieldset",
    {},
    h("legend", {}, h("label", { for: what }, t(what))),
    form(add, number, h("span", {}, t("add_at")), place, h("button", { id: `${what}-add` }, t("add"))),
    items.length ? h("ul", {}, ...items) : null,
  );
}

function comparison(network: Network): HTMLElement {
  return labelled("compare", t("compare"), choice(network, state.compareWith, true, (name) => void compareWith(name)));
}
