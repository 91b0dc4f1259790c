// Two policies side by side: central runs at once, differences with their probability from paired ensembles.

import { finished, guarded } from "./actions";
import { api } from "./api";
import { fill, h, table } from "./dom";
import { chance } from "./likelihood";
import { count, exact, interval, signed } from "./numbers";
import { on, state } from "./state";
import { policyTitle, t, title } from "./words";
import type { Changes, Comparison, Difference, Job, Quantity, Run } from "./types";

export function comparePanel(into: HTMLElement): void {
  let found: Comparison | null = null;
  let waiting = "";
  const paint = () => {
    const [network, before, after] = [state.network, state.central, state.compareRun];
    if (!network || !before || !after || !state.compareWith) {
      fill(into);
      return;
    }
    const names = { before: policyTitle(network.policies, state.changes.policies.join("+")), after: policyTitle(network.policies, state.compareWith) };
    fill(
      into,
      h("h2", {}, `${t("compare")}: ${names.after}`),
      found
        ? table(t("compare_ready", names), [t("what"), t("before"), t("after"), t("difference"), t("interval_90"), t("probability")], found.differences.map((one) => row(one, before.quantities, found?.before.replicates ?? 0)))
        : table(t("compare_central", names), [t("what"), t("before"), t("after"), t("difference")], central(before, after)),
      found?.differences.some((one) => one.by_definition) ? h("p", { class: "note" }, t("by_definition")) : null,
      (found ? found.differences.some((one) => one.sign_open) : before.totals.some((one) => one.modelled && one.deaths)) ? h("p", { class: "note" }, t("sign_open")) : null,
      h("button", { type: "button", id: "compare-start", disabled: waiting !== "", click: () => void fillIn() }, t("compare_button")),
      h("p", { role: "status", id: "compare-state" }, waiting),
    );
  };
  const fillIn = () =>
    guarded(async () => {
      const network = state.network;
      if (!network) return;
      const field = document.getElementById("replicates");
      const replicates = field instanceof HTMLInputElement ? Number(field.value) : 100;
      const other: Changes = { ...state.changes, policies: [state.compareWith] };
      const done: Job[] = [];
      try {
        for (const changes of [state.changes, other]) {
          const job = await api.start(network.id, changes, replicates, 1);
          done.push(await finished(job, (now) => tellOf(now, done.length)));
        }
        const [before, after] = done;
        if (before?.state === "done" && after?.state === "done") found = await api.compare(before.id, after.id);
      } finally {
        waiting = "";
        paint();
      }
    });
  const tellOf = (job: Job, before: number) => {
    waiting = `${before + 1}/2: ${t("progress", { done: job.done, n: job.replicates })}`;
    paint();
  };
  on(["network", "compare", "changes"], () => (found = null));
  on(["network", "compare", "language"], paint);
}

function central(before: Run, after: Run): string[][] {
  const others = new Map(after.totals.map((total) => [total.name, total]));
  return before.totals
    .filter((total) => total.modelled || others.get(total.name)?.modelled)
    .map((total) => {
      const other = others.get(total.name)?.median ?? 0;
      const plain = total.deaths ? exact : count;
      // a single run says nothing of the sign of a difference in deaths
      const change = total.deaths ? "†" : signed(other - total.median);
      return [title(before.quantities, total.name, total.title), plain(total.median), plain(other), change];
    });
}

function row(one: Difference, quantities: Quantity[], replicates: number): string[] {
  const plain = one.deaths ? exact : count;
  const marks = `${one.by_definition ? " *" : ""}${one.sign_open ? " †" : ""}`;
  const likely = one.sign_open ? "†" : chance(one.probability, replicates);
  return [title(quantities, one.name, one.title) + marks, plain(one.before), plain(one.after), signed(one.median, !one.deaths), interval(one.low, one.high, !one.deaths), likely];
}
