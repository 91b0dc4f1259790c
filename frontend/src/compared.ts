// A comparison that was written to a folder: one policy beside the first, with differences and their probability.

import { openFolder, compareWith } from "./actions";
import { fill, h } from "./dom";
import type { Told } from "./inlined";
import { paintPolicies } from "./policies";
import { on, state } from "./state";
import { label, policyTitle, t, told } from "./words";

export function comparedPanel(into: HTMLElement): void {
  let chosen = "";
  const paint = () => {
    const found = state.compared;
    if (!found) {
      fill(into);
      return;
    }
    const policies = [...new Set(found.cases.map((one) => one.policy))];
    if (!policies.includes(chosen)) chosen = policies[0] ?? "";
    const all: Told = { network: found, run: found, cases: found.cases.filter((one) => one.policy === chosen) };
    const select = h("select", { id: "compared-policy", change: () => choose(select.value) });
    for (const one of policies) select.append(h("option", { value: one }, policyTitle(found.policies, one)));
    select.value = chosen;
    const picture = h("div", { id: "policies" });
    const first = found.cases[0]?.reference ?? "";
    fill(
      into,
      h("h2", {}, `${t("comparison")}: ${told(found.title, found.id)}`),
      h("p", {}, t(found.paired ? "compared_pairs" : "compared_central", { n: found.replicates, seed: found.seed, before: policyTitle(found.policies, first) })),
      h("p", { class: "note" }, label(found.sensitivity)),
      h("p", { class: "row" }, h("label", { for: "compared-policy" }, t("policy")), select),
      found.scenario ? h("button", { type: "button", id: "compared-open", click: () => void open(found.scenario) }, t("compared_map")) : null,
      picture,
    );
    paintPolicies(picture, all);
  };
  const choose = (policy: string) => {
    chosen = policy;
    paint();
  };
  const open = async (scenario: string) => {
    document.getElementById("scenario")?.focus(); // what was pressed goes with the comparison
    await openFolder(scenario);
    if (!chosen.includes("+")) await compareWith(chosen);
  };
  on(["compared", "language"], paint);
}
